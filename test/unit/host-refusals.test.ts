import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Desired } from "../../host/desired.ts";
import type { Facts } from "../../host/facts/facts.ts";
import type { OpenPort } from "../../host/facts/ports.ts";
import { plan } from "../../host/plan/plan.ts";
import { unitsOf } from "../../host/plan/changes.ts";
import { listens } from "../../units/socket-addresses.ts";
import {
  absent,
  change,
  conf,
  container,
  desired,
  empty,
  present,
  does,
  settled,
  site,
  state,
  unit,
} from "./host-plan-facts.ts";

function refused(facts: Facts, wanted: Desired = desired(), known: string[] = []): string[] {
  const { refusals, steps } = plan(facts, wanted, known);
  assert.equal(refusals.length > 0 && steps.length > 0, false, "refused, and done all the same");
  return refusals;
}

const taken = (address: string, port: number, holder = ""): OpenPort => ({
  address: { family: address.includes(":") ? "ipv6" : "ipv4", address, port },
  holder,
});

test("nothing is refused on a host that is empty, and on one that has it all", () => {
  assert.deepEqual(refused(empty()), []);
  assert.deepEqual(refused(settled(desired())), []);
});

describe("what is not ours", () => {
  test("a foreign file, unless it is adopted; then what is right is left as it runs", () => {
    const foreign: Facts = { ...settled(desired()), set: undefined };
    assert.deepEqual(
      refused(foreign),
      desired().files.map(
        ({ path }) =>
          `${path} exists and does not belong to this resource. Remove it, or take it over with adopt: true.`,
      ),
    );
    assert.deepEqual(does(foreign, desired({ adopt: true })), ["begin", "stage", "commit"]);
  });

  test("a set of another owner, by name", () => {
    // Its files are not told apart.
    assert.deepEqual(refused(settled(desired({ owner: "urn:pulumi:dev::my-fleet::a$b::www" }))), [
      'the set "web" on this host belongs to "www" of the stack "dev" (project "my-fleet"). Choose another name. Only if that stack does not manage it any more, take it over with adopt: true.',
    ]);
  });

  test("a symbolic link and a directory in the way, even when adopted", () => {
    const facts = change(empty(), conf, { ...absent(), type: "link" });
    assert.deepEqual(
      refused(
        change(facts, "/etc/systemd/system/web.socket", { ...absent(), type: "other" }),
        desired({ adopt: true }),
      ),
      [
        `${conf} is a symbolic link (a masked unit also is one: systemctl unmask). Remove it first.`,
        "/etc/systemd/system/web.socket is not a regular file. Remove it first.",
      ],
    );
  });

  test("a file of another set on the host, also with adopt", () => {
    const facts = { ...settled(desired()), set: undefined, others: new Map([[conf, "shop"]]) };
    assert.deepEqual(refused(facts, desired({ adopt: true })), [
      `${conf} belongs to the set "shop" on this host. Remove it from that set first, with its own \`pulumi up\`. If no program has that set any more: \`pulumi destroy --target\` with the URN of its resource.`,
    ]);
  });
});

describe("what the host can't do", () => {
  test("no podman, for a set without containers: it needs none", () => {
    const wanted = desired({
      files: [unit("web.socket", "[Socket]\nListenStream=80\n")],
      services: [],
      images: [],
    });
    assert.deepEqual(refused({ ...empty(), podman: { installed: false } }, wanted), []);
  });

  test("a key that the host's podman does not know: both versions", () => {
    const wanted = desired();
    wanted.files[1] = unit("web.container", `${container}ReloadSignal=SIGHUP\n`);
    assert.deepEqual(refused(empty(), wanted), [
      "web.container: ReloadSignal= in [Container] needs podman 5.5, and the host has 5.4.2. Update podman, or remove the key.",
    ]);
    assert.deepEqual(refused({ ...empty(), podman: { installed: true, version: "5.5.0" } }, wanted), []);
    // If no unit is written, the version was not queried.
    assert.deepEqual(refused({ ...settled(wanted), podman: { installed: true } }, wanted), []);
  });

  test("lines that the host's podman joins in another way, or for ever: file and line", () => {
    const wanted = desired();
    wanted.files[1] = unit("web.container", `${container}Exec=a \\\n\n  b\n`);
    const on = (version: string) => refused({ ...empty(), podman: { installed: true, version } }, wanted);
    assert.deepEqual(on("5.3.2"), [
      'web.container:6: a comment or an empty line among lines that a "\\" joins needs podman 5.4, and the host has 5.3.2, whose generator may hang on it. Remove this line, or update podman.',
    ]);
    assert.deepEqual(on("5.4.0"), []);
    wanted.files[1] = unit("web.container", `${container}Exec=a \\\n  b\n`);
    assert.deepEqual(on("5.3.2"), []);
  });

  test("an account without subordinate ids, or that does not linger", () => {
    const wanted = desired({ account: "test", linger: true });
    assert.deepEqual(refused({ ...empty(), lackingIds: ["uids", "gids"], freeId: 165536 }, wanted), [
      'the account "test" has no subordinate ids, which rootless podman needs (subuid(5)). As root on the host: usermod --add-subuids 165536-231071 --add-subgids 165536-231071 test',
      'the account "test" does not linger. As root on the host: loginctl enable-linger test',
    ]);
    assert.deepEqual(refused({ ...empty(), lingers: true, lackingIds: ["gids"], freeId: 100000 }, wanted), [
      'the account "test" has no subordinate gids, which rootless podman needs (subuid(5)). As root on the host: usermod --add-subgids 100000-165535 test',
    ]);
    assert.deepEqual(refused({ ...empty(), lingers: true }, wanted), []);
  });

  test("linger, for a set without containers as well", () => {
    const wanted = desired({ account: "test", linger: true, images: [] });
    assert.equal(refused(empty(), wanted).length, 1);
  });

  test("no room: the directory, and what is left", () => {
    const facts = { ...empty(), space: new Map([["/etc/systemd/system", 300 * 1024]]) };
    assert.deepEqual(refused(facts), [
      "the file system of /etc/systemd/system has only 300 KiB free, too little for the files. Make room there.",
    ]);
    assert.deepEqual(refused({ ...facts, space: new Map([["/etc/systemd/system", 2 * 1024 * 1024]]) }), []);
  });

  test("no room for a large file that is there already is no matter", () => {
    const wanted = desired();
    const large = "#".repeat(1024 * 1024);
    wanted.files[0] = { key: conf, path: conf, content: large, mode: "0644" };
    const space = new Map([["/etc", 2 * 1024 * 1024]]);
    assert.deepEqual(refused({ ...settled(wanted), space }, wanted), []);
    assert.equal(refused({ ...change(settled(wanted), conf, present("old")), space }, wanted).length, 1);
  });
});

describe("a masked unit", () => {
  const says =
    "web.service is masked, so it can't be started. If this is no longer intended: systemctl unmask web.service";

  test("by its state, and by that of its file", () => {
    for (const fact of [{ load: "masked" }, { enabled: "masked" }, { enabled: "masked-runtime" }])
      assert.deepEqual(refused(state(settled(desired()), "web.service", fact)), [says], JSON.stringify(fact));
  });

  test("of a user manager", () => {
    const wanted = desired({ manager: "user", account: "test" });
    assert.deepEqual(refused(state(settled(wanted), "web.service", { load: "masked" }), wanted), [
      says.replace("systemctl", "systemctl --user"),
    ]);
  });

  test("that the set no longer has can be removed", () => {
    const before = site(["0.0.0.0:80", "0.0.0.0:81"]);
    const facts = state(settled(before), "web-81.socket", { load: "masked", active: "inactive" });
    assert.deepEqual(refused(facts, site(["0.0.0.0:80"])), []);
  });
});

describe("a port that is taken", () => {
  const text = (holder: string) =>
    `web.socket: 0.0.0.0:80 is taken on the host by ${holder}. Stop that, or listen on another address.`;

  test("by a process, by another socket unit, by who can't be seen", () => {
    const cases: [string, string][] = [
      ["apache2 (process 812)", "apache2 (process 812)"],
      ["systemd (process 1)", "another socket unit (systemctl list-sockets)"],
      ["", "another process"],
    ];
    for (const [holder, named] of cases)
      assert.deepEqual(refused({ ...empty(), ports: [taken("0.0.0.0", 80, holder)] }), [text(named)]);
  });

  test("also by one address of it", () => {
    assert.equal(refused({ ...empty(), ports: [taken("127.0.0.1", 80)] }).length, 1);
  });

  test("not by an IPv6 wildcard, which may be for IPv6 alone", () => {
    assert.deepEqual(refused({ ...empty(), ports: [taken("::", 80)] }), []);
  });

  test("not on another port, by another address, or by an IPv6 address", () => {
    const wanted = desired();
    wanted.files[2] = unit("web.socket", "[Socket]\nListenStream=192.0.2.11:80\n");
    for (const port of [taken("192.0.2.11", 81), taken("192.0.2.12", 80), taken("2001:db8::1", 80)])
      assert.deepEqual(refused({ ...empty(), ports: [port] }, wanted), []);
  });

  test("an IPv4 port does not matter to IPv6 alone", () => {
    const wanted = desired();
    const socket = "[Socket]\nListenStream=[::]:80\n";
    wanted.files[2] = unit("web.socket", `${socket}BindIPv6Only=ipv6-only\n`);
    const facts = { ...empty(), ports: [taken("0.0.0.0", 80)] };
    assert.deepEqual(refused(facts, wanted), []);
    wanted.files[2] = unit("web.socket", socket);
    assert.equal(refused(facts, wanted).length, 1);
  });

  test("by a unit of ours that has it until now: no conflict", () => {
    const old = "/etc/systemd/system/old.socket";
    const facts = change(empty(), old, present("[Socket]\nListenStream=0.0.0.0:80\n"));
    const known = { ...facts, ports: [taken("0.0.0.0", 80, "systemd (process 1)")] };
    assert.deepEqual(refused(known, desired(), [old]), []);
    const other = change(known, old, present("[Socket]\nListenStream=0.0.0.0:81\n"));
    assert.equal(refused(other, desired(), [old]).length, 1);
  });

  test("by our own socket for the other family, which runs: no conflict", () => {
    const wanted = desired();
    wanted.files.push(
      unit(
        "web-ipv6-80.socket",
        "[Socket]\nListenStream=[::]:80\nBindIPv6Only=ipv6-only\nService=web.service\n",
      ),
    );
    // The facts have no content of files that are as expected.
    const facts = state(settled(wanted), "web.socket", { active: "failed" });
    for (const [path, fact] of facts.files) facts.files.set(path, { ...fact, content: undefined });
    const running = state(facts, "web-ipv6-80.socket", { active: "active" });
    assert.deepEqual(refused({ ...running, ports: [taken("::", 80, "systemd (process 1)")] }, wanted), []);
  });

  test("a socket that runs has its port itself", () => {
    assert.deepEqual(refused({ ...settled(desired()), ports: [taken("0.0.0.0", 80)] }), []);
  });

  test("a socket that runs, and shall move to a port that is taken", () => {
    const facts = change(
      settled(desired()),
      "/etc/systemd/system/web.socket",
      present("[Socket]\nListenStream=0.0.0.0:8080\n"),
    );
    assert.deepEqual(refused({ ...facts, ports: [taken("0.0.0.0", 80, "apache2 (process 812)")] }), [
      text("apache2 (process 812)"),
    ]);
  });
});

test("everything at once", () => {
  const facts: Facts = {
    ...state({ ...settled(desired()), set: undefined }, "web.service", { load: "masked" }),
    podman: { installed: false },
    space: new Map([["/etc", 0]]),
  };
  assert.equal(refused(facts).length, 6);
});

test("what shall be gone is refused nothing", () => {
  const facts: Facts = {
    ...state(settled(desired()), "web.service", { load: "masked" }),
    podman: { installed: false },
    lackingIds: ["uids", "gids"],
    space: new Map([["/etc", 0]]),
    ports: [taken("0.0.0.0", 80)],
  };
  const gone = desired({ files: [], services: [], images: [] });
  assert.deepEqual(refused(facts, gone), []);
  assert.ok(plan(facts, gone, []).steps.length > 0);
});

test("the addresses of a socket unit: an empty assignment takes back, what is not known is left out", () => {
  const found = (text: string) => listens(`[Socket]\n${text}`, "a.socket").map(({ address }) => address);
  const port80 = { family: "ipv4", address: "0.0.0.0", port: 80 };
  assert.deepEqual(found("ListenStream=1\nListenStream=\nListenStream=0.0.0.0:80\n"), [port80]);
  assert.deepEqual(found("ListenStream=vsock::80\nListenStream=0.0.0.0:80\n"), [port80]);
  assert.deepEqual(found("ListenDatagram=80\n"), []);
});

test("the units of a set: by the names that systemd has for them, those that are gone included", () => {
  assert.deepEqual(unitsOf(desired(), ["/etc/containers/systemd/old.network", conf]), [
    "web.service",
    "web.socket",
    "old-network.service",
  ]);
});

describe("a port that only root may open", () => {
  const facts = (firstPort: number): Facts => ({ ...empty(), firstPort, lingers: true });
  const user = desired({ manager: "user", account: "test", images: [] });

  test("for an account's manager: the cure", () => {
    const [problem, ...more] = refused(facts(1024), user);
    assert.match(
      problem ?? "",
      /^web\.socket: an account can't listen on port 80, .* is 1024\. As root on the host: echo/,
    );
    assert.deepEqual(more, []);
  });

  test("where the host allows it, and for the system's manager: none", () => {
    assert.deepEqual(refused(facts(80), user), []);
    assert.deepEqual(refused(facts(1024), desired({ images: [] })), []);
  });
});
