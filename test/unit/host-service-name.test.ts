import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { plan } from "../../host/plan/plan.ts";
import { announcement } from "../../provider/announcement.ts";
import {
  conf,
  container,
  desired,
  does,
  service,
  settled,
  site,
  socket,
  unit,
  unitFact,
} from "./host-plan-facts.ts";

// A quadlet whose service has another name than its file: ServiceName= (podman-systemd.unit(5)).

const named = (name: string) => `${container}ServiceName=${name}\n`;

function set(name: string) {
  return desired({
    files: [unit("web.container", named(name)), unit("web.socket", `${socket}Service=${name}.service\n`)],
    services: [service("web.socket"), service(`${name}.service`)],
  });
}

describe("a set with ServiceName=", () => {
  test("has nothing to do where it is as desired", () =>
    assert.deepEqual(does(settled(set("front")), set("front")), []));

  test("restarts its service for a change of the quadlet", () => {
    const before = set("front");
    const changed = { ...before, files: before.files.map((file) => ({ ...file })) };
    const [quadlet] = changed.files;
    if (quadlet) quadlet.content += "Environment=A=b\n";
    assert.ok(does(settled(before), changed).includes("restart front.service"));
  });

  test("stops the service of the name before, as systemd forgets it", () => {
    const facts = settled(set("old"));
    facts.units.set("front.service", unitFact({ load: "not-found", active: "inactive" }));
    const steps = does(facts, set("front"));
    assert.equal(steps.filter((one) => one === "stop old.service").length, 2);
    assert.ok(
      steps.includes("reset_failed old.service") && steps.includes("start front.service"),
      steps.join(),
    );
  });

  test("keeps on the host what each file makes, of those that go as well while the steps run", () => {
    const path = "/etc/containers/systemd/web.container";
    const { units } = plan(settled(set("front")), { ...set("front"), files: [unit("a.pod", "[Pod]\n")] }, [
      path,
    ]);
    assert.deepEqual(
      [...units],
      [
        [path, "front.service"],
        ["/etc/systemd/system/web.socket", "web.socket"],
        ["/etc/containers/systemd/a.pod", "a-pod.service"],
      ],
    );
  });

  test("stops what the host's table says that a file makes whose text nobody has read", () => {
    const facts = settled(desired({ files: [], services: [] }));
    const path = "/etc/containers/systemd/web.container";
    const mark = { owner: "urn:web", paths: [path], unfinished: false };
    const gone = { ...set("front"), files: [], services: [], images: [] };
    assert.ok(
      does({ ...facts, set: { ...mark, units: new Map([[path, "front.service"]]) } }, gone).includes(
        "stop front.service",
      ),
    );
    assert.ok(does({ ...facts, set: mark }, gone).includes("stop web.service"));
  });

  test("stops the service that ServiceName= made of a file that goes", () => {
    const gone = { ...set("front"), files: [], services: [], images: [] };
    assert.ok(does(settled(set("front")), gone).includes("stop web.socket front.service"));
  });
});

test("what stands in is called by the service, and has no ServiceName=", () => {
  const before = site(["0.0.0.0:80"]);
  const files = before.files.map((file) =>
    file.key === "web.container"
      ? { ...file, content: file.content.replace("[Container]\n", "[Container]\nServiceName=front\n") }
      : file.key === "web.socket"
        ? { ...file, content: `${file.content}Service=front.service\n` }
        : file,
  );
  const services = [service("web.socket"), service("front.service", { reloadOn: [conf], handover: true })];
  const renamed = { ...before, files, services };
  const changed = {
    ...renamed,
    files: files.map((file) =>
      file.key === "web.container" ? { ...file, content: file.content.replace("nginx:1", "nginx:2") } : file,
    ),
  };
  const { lent, steps } = plan(settled(renamed), changed, []);
  assert.deepEqual(
    steps.flatMap((step) => (step.verb === "lend" ? step.unit : [])),
    ["front-rehearsal.service", "front-handover.service"].slice(-lent.length),
  );
  assert.ok(lent.length > 0);
  for (const text of lent) assert.doesNotMatch(text, /ServiceName/);
});

test("a preview calls it by its name", () => {
  const inputs = (units: Record<string, string>) => ({
    connection: { address: "192.0.2.11" },
    name: "web",
    manager: "system",
    units,
    services: { "front.service": {} },
  });
  const quadlet = { "web.container": named("front") };
  assert.equal(announcement(inputs({}), inputs(quadlet)), "starts front.service");
  assert.equal(announcement(inputs(quadlet), { ...inputs({}), services: {} }), "stops front.service");
});
