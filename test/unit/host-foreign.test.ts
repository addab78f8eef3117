import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ContainerFact } from "../../host/facts/containers.ts";
import type { Desired } from "../../host/desired.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { newContainers } from "../../host/plan/foreign.ts";
import { plan } from "../../host/plan/plan.ts";
import type { UnitFact } from "../../host/facts/unit-facts.ts";
import {
  absent,
  change,
  container,
  desired,
  empty,
  present,
  does,
  service,
  settled,
  state,
  unit,
  unitFact,
} from "./host-plan-facts.ts";

// Things of another owner that are not files in the way: units of the same name, and containers.

const refused = (facts: Facts, wanted = desired()) => plan(facts, wanted, []).refusals;

describe("a unit that is there already", () => {
  const vendor = "/usr/lib/systemd/system/web.service";
  const text = (unit: string, file: string, whose = "does not belong to this resource") =>
    `${unit} already exists: systemd has it from ${file}, which ${whose}. Choose another name, or remove that unit first (adopt takes over only files at the paths of this set).`;
  const has = (unit: string, fact: Partial<UnitFact>, facts = empty()): Facts => ({
    ...facts,
    units: new Map([...facts.units, [unit, unitFact(fact)]]),
  });

  test("of a package: refused, also with adopt, whether it runs or not", () => {
    for (const adopt of [false, true])
      for (const active of ["active", "inactive", "failed"])
        assert.deepEqual(
          refused(has("web.service", { file: vendor, active, enabled: "enabled" }), desired({ adopt })),
          [text("web.service", vendor)],
        );
  });

  test("of every kind of file that is not ours, and of the socket too", () => {
    for (const [unit, file] of [
      ["web.service", "/etc/init.d/web"],
      ["web.service", "/etc/systemd/system/web.service"],
      ["web.service", "/run/systemd/transient/web.service"],
      ["web.service", "/usr/share/containers/systemd/web.container"],
      ["web.service", "/etc/containers/systemd/below/web.container"],
      ["web.socket", "/usr/lib/systemd/system/web.socket"],
      ["web.socket", "/etc/systemd/system/other.socket"],
    ] as const)
      assert.deepEqual(refused(has(unit, { file })), [text(unit, file)]);
  });

  test("of which ours is a deploy already: what has got in its way since", () => {
    const facts = state(settled(desired()), "web.service", { file: "/etc/systemd/system/web.service" });
    assert.deepEqual(refused(facts), [text("web.service", "/etc/systemd/system/web.service")]);
  });

  test("of another set, by its name", () => {
    const file = "/etc/systemd/system/web.service";
    const facts = { ...has("web.service", { file }), others: new Map([[file, "shop"]]) };
    assert.deepEqual(refused(facts), [text("web.service", file, 'belongs to the set "shop"')]);
  });

  test("by the name that ServiceName= gives", () => {
    const files = [unit("web.container", `${container}ServiceName=nginx\n`)];
    const file = "/usr/lib/systemd/system/nginx.service";
    assert.deepEqual(refused(has("nginx.service", { file }), desired({ files, services: [] })), [
      text("nginx.service", file),
    ]);
  });

  test("that a service is named after, without a file of ours: only its state is wanted", () => {
    const wanted = desired({ services: [service("podman.socket", { enabled: true })] });
    const file = "/usr/lib/systemd/system/podman.socket";
    assert.deepEqual(refused(has("podman.socket", { file }), wanted), []);
  });

  test("from our own files, adopted ones and those of before: no conflict", () => {
    const facts = state(
      state(settled(desired()), "web.service", { file: "/etc/containers/systemd/web.container" }),
      "web.socket",
      { file: "/etc/systemd/system/web.socket" },
    );
    assert.deepEqual(does(facts, desired()), []);
    assert.deepEqual(refused({ ...facts, set: undefined }, desired({ adopt: true })), []);
    // Example 3 becomes Example 2 within one set.
    const before = "/etc/systemd/system/web.service";
    const owner = { owner: "urn:web", paths: [before], unfinished: false };
    assert.deepEqual(refused({ ...has("web.service", { file: before }), set: owner }), []);
  });

  test("in a home directory: by its own path, and by where links lead", () => {
    const wanted = desired({
      manager: "user",
      account: "test",
      files: [
        {
          key: "web.container",
          path: "~/.config/containers/systemd/web.container",
          content: container,
          mode: "0644",
          unit: "web.container",
        },
      ],
      services: [service("web.service")],
    });
    const facts = (file: string): Facts => ({
      ...has("web.service", { file }, settled(wanted)),
      home: "/home/test",
      real: new Map([["~/.config/containers/systemd", "/var/home/test/dotfiles/containers"]]),
    });
    for (const file of [
      "/home/test/.config/containers/systemd/web.container",
      "/var/home/test/dotfiles/containers/web.container",
    ])
      assert.deepEqual(refused(facts(file), wanted), []);
    for (const file of [
      "/etc/containers/systemd/users/web.container",
      "/var/home/test/dotfiles/web.container",
    ])
      assert.deepEqual(refused(facts(file), wanted), [text("web.service", file)]);
  });

  test("that is masked: told as such, and once", () => {
    const facts = has("web.service", {
      load: "masked",
      enabled: "masked",
      file: "/etc/systemd/system/web.service",
    });
    const [problem, ...more] = refused(facts);
    assert.match(problem ?? "", /^web\.service is masked/);
    assert.deepEqual(more, []);
  });

  test("under a name that the set gives up, as our file is gone: it is left alone by a delete", () => {
    const gone = desired({ files: [], services: [], images: [] });
    const facts = state(settled(desired()), "web.service", { file: vendor });
    const without = change(facts, "/etc/containers/systemd/web.container", absent());
    const steps = does(without, gone);
    assert.deepEqual(
      steps.filter((step) => step.includes("web.service")),
      [],
    );
    assert.ok(steps.includes("stop web.socket"), steps.join(", "));
    assert.ok(does(settled(desired()), gone).includes("stop web.socket web.service"));
  });
});

describe("a container of a name that a unit of ours needs", () => {
  const apache = `${container}ContainerName=apache\n`;
  const image = "docker.io/library/httpd:2";
  const proxy: Desired = desired({
    manager: "user",
    account: "test",
    files: [
      {
        ...unit("apache.container", apache),
        path: "~/.config/containers/systemd/apache.container",
      },
    ],
    services: [service("apache.service")],
  });
  const has = (found: Partial<ContainerFact>, facts = empty()): Facts => ({
    ...facts,
    home: "/home/test",
    containers: new Map([["manager", [{ name: "apache", unit: "", running: true, image, ...found }]]]),
  });
  const text = (from: string) =>
    `apache.service would replace the container apache (${from}), which the account "test" has already and which does not belong to this resource. Choose another name, or remove it first as that account: podman rm --force apache`;

  test("made by hand, or by a unit of another session's: refused, running or not, also with adopt", () => {
    for (const running of [true, false]) {
      assert.deepEqual(refused(has({ running }), proxy), [text(image)]);
      assert.deepEqual(refused(has({ running, unit: "old.service" }), { ...proxy, adopt: true }), [
        text(`${image}, run by a unit old.service`),
      ]);
    }
  });

  test("of root's", () => {
    const found = { name: "systemd-web", unit: "", running: true, image };
    assert.deepEqual(refused({ ...empty(), containers: new Map([["manager", [found]]]) }), [
      `web.service would replace the container systemd-web (${image}), which root has already and which does not belong to this resource. Choose another name, or remove it first: podman rm --force systemd-web`,
    ]);
  });

  test("of the account that a service of the host's manager runs as: its podman, and not root's", () => {
    const run = "[Service]\nUser=test\nExecStart=/usr/bin/podman run --name systemd-%N --replace image\n";
    const wanted = desired({
      account: "test",
      files: [unit("web.service", run)],
      services: [service("web.service")],
    });
    const found = { name: "systemd-web", unit: "", running: true, image };
    const facts = (podman: "manager" | "account"): Facts => ({
      ...empty(),
      containers: new Map([[podman, [found]]]),
    });
    assert.match(
      refused(facts("account"), wanted).join("\n"),
      /^web\.service would replace .* the account "test" has/,
    );
    assert.deepEqual(refused(facts("manager"), wanted), []);
    assert.deepEqual(newContainers(empty(), wanted), ["account"]);
  });

  test("of another name: no conflict", () => {
    for (const name of ["apache-2", "systemd-apache"]) assert.deepEqual(refused(has({ name }), proxy), []);
  });

  test("of our own unit, whose file somebody has removed while it runs, or that is left over: no conflict", () => {
    const unit = "apache.service";
    const facts = has({ unit });
    assert.deepEqual(refused(state(facts, unit, { active: "active" }), proxy), []);
    assert.deepEqual(refused(state(facts, unit, { active: "activating" }), proxy), []);
    assert.deepEqual(refused(has({ unit, running: false }), proxy), []);
  });

  test("that a unit of the same name runs in the account's other manager", () => {
    const unit = "apache.service";
    for (const facts of [has({ unit }), state(has({ unit }), unit, { active: "inactive" })])
      assert.deepEqual(refused(facts, proxy), [
        text(`${image}, run by a unit apache.service of the other manager`),
      ]);
  });

  test("is looked for where a unit is new, or names its container anew, and nowhere else", () => {
    const path = "~/.config/containers/systemd/apache.container";
    const was = (content: string) => change(settled(proxy), path, present(content));
    assert.deepEqual(newContainers(empty(), proxy), ["manager"]);
    assert.deepEqual(newContainers(change(empty(), path, absent()), proxy), ["manager"]);
    assert.deepEqual(newContainers(was(container), proxy), ["manager"]);
    assert.deepEqual(newContainers(was("[Container\n"), proxy), ["manager"]);
    assert.deepEqual(newContainers(settled(proxy), proxy), []);
    assert.deepEqual(newContainers(was(apache.replace("nginx:1", "nginx:2")), proxy), []);
    // The host does not send the content of a file that is as expected.
    assert.deepEqual(
      newContainers(change(was(""), path, { ...present(apache), content: undefined }), proxy),
      [],
    );
    assert.deepEqual(newContainers(empty(), desired({ files: [], services: [], images: [] })), []);
    const socket = [unit("web.socket", "[Socket]\nListenStream=80\n")];
    assert.deepEqual(newContainers(empty(), desired({ files: socket })), []);
  });
});
