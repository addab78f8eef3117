import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ReverseProxyStackArgs } from "../../components/index.ts";
import { merge, renderBackends } from "../../components/proxy/backend-set.ts";
import { nginxOf, proxyAdditions } from "../../components/proxy/render.ts";
import { render } from "../../components/site/render.ts";
import type { Desired } from "../../host/desired.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { fill } from "../../host/plan/placeholders.ts";
import { plan } from "../../host/plan/plan.ts";
import { stepSays } from "../../host/plan/step.ts";
import { stored } from "../../host/transaction/stored.ts";
import { desiredState, emptyState, unitStatesOf } from "../../provider/state.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";
import { absent, change, does, named, settled, state as withState } from "./host-plan-facts.ts";
import { httpd, proxy } from "./shapes.ts";

// A set of the host's manager that also has units in the account's manager: a proxy.

const account = { uid: 1006, home: "/home/test" };

function wanted(more: Partial<ReverseProxyStackArgs> = {}): Desired {
  const args: ReverseProxyStackArgs = { ...proxy, backends: { app: httpd }, ...more };
  const ofBackends = renderBackends("web", args);
  const ofNginx = render("web", nginxOf("web", args), proxyAdditions("web", args));
  const inputs = {
    ...{ hosts: {}, name: "web", manager: "system", user: "test" },
    ...merge(ofBackends, ofNginx),
    ...{ units: ofNginx.units, services: ofNginx.services },
    ...{ userUnits: ofBackends.units, userServices: ofBackends.services },
  };
  return fill(desiredState(inputs as unknown as UnitSetInputs, "urn:web"), account);
}

const now = wanted();

/** Everything is as it should be: the account owns the files in its home directory. */
function host(of = now): Facts {
  const facts = { ...settled(of), ...account, lingers: true };
  for (const [path, fact] of facts.files)
    if (path.startsWith("~/")) facts.files.set(path, { ...fact, uid: account.uid });
  return facts;
}

/** The steps from one step to another. */
function between(steps: readonly string[], first: string, last: string): string[] {
  const [from, to] = [steps.indexOf(first), steps.indexOf(last)];
  assert.ok(from >= 0 && to > from, `${first} … ${last}: ${steps.join(", ")}`);
  return steps.slice(from, to + 1);
}

const containers = "~/.config/containers/systemd";
const changedBackend = { backends: { app: { ...httpd, image: "docker.io/library/httpd:2" } } };

test("the files of the account's units are where its manager looks for them, and linger follows from them", () => {
  assert.deepEqual(
    now.files.flatMap(({ unit, path }) => (unit === undefined ? [] : [`${unit} ${path}`])),
    [
      `~web-net.network ${containers}/web-net.network`,
      "~web-backends.target ~/.config/systemd/user/web-backends.target",
      `~app.container ${containers}/app.container`,
      "web.service /etc/systemd/system/web.service",
      "web.socket /etc/systemd/system/web.socket",
    ],
  );
  assert.equal(now.linger, true);
  assert.deepEqual(does(host(), now), []);
});

test("a first deploy: the account's units before those of the host's manager, once both have read theirs", () => {
  const facts = { ...host(), set: undefined };
  for (const [path] of facts.files) facts.files.set(path, absent());
  for (const unit of [...facts.units.keys()])
    facts.units.set(unit, {
      ...withState(facts, unit, {}).units.get(unit)!,
      active: "inactive",
      enabled: "disabled",
    });
  const { steps } = plan(facts, now, []);
  const names = steps.map(named);
  assert.deepEqual(between(names, "enable ~web-backends.target", "settle"), [
    ...["enable ~web-backends.target", "enable web.socket", "daemon_reload"],
    ...["start ~web-net-network.service", "start ~web-backends.target", "start ~app.service"],
    ...["start web.socket", "start web.service", "settle"],
  ]);
  assert.ok(!names.some((name) => name.startsWith("rehearse")), "its network is not there yet");
  const reload = steps.find(({ verb }) => verb === "daemon_reload");
  assert.deepEqual(reload, { verb: "daemon_reload", managers: ["account", "own"] });
  assert.equal(names.at(-1), "commit");
});

test("a backend and nginx change: the backend restarts before nginx is handed over", () => {
  const next = wanted({ ...changedBackend, image: "docker.io/library/nginx:2" });
  const names = does(host(), next);
  assert.deepEqual(between(names, "stage", "settle"), [
    ...["stage", `put ${containers}/app.container`, "put /etc/systemd/system/web.service", "daemon_reload"],
    ...["restart ~app.service", "handover web.service", "restart web.service", "settle"],
  ]);
  assert.ok(names.includes("rehearse web.service"));
});

test("only a backend changes: only the account's manager reads its units anew, and only these are validated", () => {
  const { steps } = plan(host(), wanted(changedBackend), []);
  assert.deepEqual(
    steps.filter((step) => "managers" in step),
    [
      { verb: "validate", managers: ["account"] },
      { verb: "daemon_reload", managers: ["account"] },
    ],
  );
  assert.deepEqual(steps.filter(({ verb }) => verb === "restart").map(stepSays), ["restarting app.service"]);
});

test("the first backend on a network: nginx's new version is not rehearsed, as the network is not there yet", () => {
  const unix = { ...httpd, port: undefined, transport: "unix" as const };
  const names = does(host(wanted({ backends: { app: unix } })), now);
  assert.ok(names.includes("start ~web-net-network.service"));
  assert.ok(names.includes("restart web.service"));
  assert.ok(!names.some((name) => name.startsWith("rehearse")));
});

test("a backend goes: it is stopped in the account's manager", () => {
  const two = wanted({ backends: { app: httpd, old: { ...httpd, serverName: "old.example.com" } } });
  const facts = host(two);
  const names = does(facts, now);
  assert.ok(names.includes("stop ~old.service"));
  assert.ok(names.includes(`remove ${containers}/old.container`));
  assert.ok(names.includes("reload web.service"));
});

test("the last request of a deploy that only stops something is asked through the sockets as well", () => {
  const two = wanted({ backends: { app: httpd, old: { ...httpd, serverName: "old.example.com" } } });
  const gone = { ...wanted(), files: two.files.filter(({ unit }) => unit !== "~old.container") };
  const facts = host(two);
  const names = does(facts, {
    ...two,
    files: gone.files,
    services: two.services.filter(({ unit }) => unit !== "~old.service"),
  });
  assert.ok(names.includes("stop ~old.service"), names.join(", "));
  assert.ok(!names.some((name) => /^(start|restart|reload|handover) /.test(name)), names.join(", "));
  assert.ok(
    names.some((name) => name.startsWith("ask ")),
    names.join(", "),
  );
});

test("a socket moves from the host's manager to the account's: closed there before it is opened here", () => {
  const moved = (manager: "own" | "account"): Desired => {
    const inputs = {
      ...{ hosts: {}, name: "web", manager: "system", user: "test" },
      units: { "web.service": "[Service]\nExecStart=/bin/true\n", ...(manager === "own" ? sockets : {}) },
      services: { "web.service": {}, ...(manager === "own" ? { "app.socket": { enabled: true } } : {}) },
      userUnits: { "app.service": "[Service]\nExecStart=/bin/true\n", ...(manager === "own" ? {} : sockets) },
      userServices: { "app.service": {}, ...(manager === "own" ? {} : { "app.socket": { enabled: true } }) },
    };
    return fill(desiredState(inputs as unknown as UnitSetInputs, "urn:web"), account);
  };
  const sockets = { "app.socket": "[Socket]\nListenStream=0.0.0.0:8090\n" };
  for (const [from, to, closed, opened] of [
    ["own", "account", "stop app.socket", "restart ~app.socket ~app.service"],
    ["account", "own", "stop ~app.socket", "start app.socket"],
  ] as const) {
    const names = does(host(moved(from)), moved(to));
    between(names, "daemon_reload", closed);
    between(names, closed, opened);
  }
});

test("removal: nginx goes before its backends", () => {
  const names = does(host(), emptyState(now));
  assert.deepEqual(
    names.filter((name) => name.startsWith("stop")),
    ["stop web.socket web.service", "stop ~web-net-network.service ~web-backends.target ~app.service"],
  );
});

test("what answers no probe says why: nginx, and not the first of the services", () => {
  const ask = plan(host(), wanted({ image: "docker.io/library/nginx:2" }), []).steps.find(
    ({ verb }) => verb === "ask",
  );
  assert.equal(ask && "unit" in ask && ask.unit, "web.service");
});

test("a move from the account's own manager: what both have is written and started anew, as it goes there first", () => {
  const former = {
    addresses: [],
    units: [],
    paths: now.files.map(({ path }) => path).filter((path) => path.startsWith("~/")),
  };
  const facts = host();
  const names = does(
    { ...facts, set: undefined },
    { ...now, former },
    now.files.map(({ path }) => path),
  );
  assert.ok(names.includes(`put ${containers}/app.container`));
  assert.deepEqual(
    names.filter((name) => name.startsWith("enable") || name.startsWith("start")),
    [
      "enable ~web-backends.target",
      ...["start ~web-net-network.service", "start ~web-backends.target", "start ~app.service"],
    ],
  );
});

describe("refused", () => {
  const refusals = (facts: Facts, of = now) => plan(facts, of, []).refusals.join("\n");

  test("a file that a set of the account's own manager has", () => {
    const facts = host();
    facts.others.set(`${containers}/app.container`, "shop");
    assert.match(refusals(facts), /app\.container belongs to the set "shop" on this host/);
    // For example the sets that backends of a proxy had in earlier versions: no program has them any more.
    assert.match(refusals(facts), /any more: `pulumi destroy --target` with the URN of its resource/);
  });

  test("a masked unit of the account's, with the cure for its manager", () => {
    const facts = withState(host(), "~app.service", { load: "masked" });
    assert.match(refusals(facts), /^app\.service is masked, .* systemctl --user unmask app\.service$/);
  });

  test("a container of the account's that a backend would replace", () => {
    const facts = change(host(), `${containers}/app.container`, absent());
    facts.units.set("~app.service", { ...facts.units.get("~app.service")!, active: "inactive" });
    facts.containers.set("account", [{ name: "app", unit: "", running: true, image: "x" }]);
    assert.match(
      refusals(facts),
      /^app\.service would replace the container app .* the account "test" has already/,
    );
    facts.containers.set("account", [{ name: "app", unit: "app.service", running: false, image: "x" }]);
    assert.equal(refusals(facts), "");
  });
});

test("the units of each manager are validated by its own programs", () => {
  const files = stored(
    plan(host(), wanted({ ...changedBackend, image: "docker.io/library/nginx:2" }), []),
    now,
  );
  assert.deepEqual(
    [
      "quadlets.own",
      "units.own",
      "generated.own",
      "quadlets.account",
      "units.account",
      "generated.account",
    ].map((name) => files.get(name)?.replaceAll(/^(\d+|-)\t/gm, "")),
    [
      "",
      "/etc/systemd/system/web.service\n/etc/systemd/system/web.socket\n",
      "",
      `${containers}/web-net.network\n${containers}/app.container\n`,
      "~/.config/systemd/user/web-backends.target\n",
      "web-net-network.service\napp.service\n",
    ],
  );
  assert.equal(files.get("networks"), "~systemd-web-net\n");
});

test("the states have the names that systemd has", () => {
  const states = unitStatesOf(now, new Map([["web-1", host()]])) ?? {};
  assert.deepEqual(Object.keys(states).sort(), [
    ...["app.service", "web-backends.target", "web-net-network.service", "web.service", "web.socket"],
  ]);
});
