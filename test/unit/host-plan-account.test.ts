import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "../../components/site/render.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { fill } from "../../host/plan/placeholders.ts";
import { plan } from "../../host/plan/plan.ts";
import { stepFields } from "../../host/plan/step.ts";
import { desiredState } from "../../provider/state.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";
import { change, does, handedOver, named, present, settled } from "./host-plan-facts.ts";

// The plan for Example 3: a system service that runs as an account.

const account = { uid: 1006, home: "/home/test" };
const conf = "~/.config/quadlet-fleet/web/conf.d/default.conf";
const service = "/etc/systemd/system/web.service";

function wanted(image: string) {
  const place = { manager: "system", user: "test" } as const;
  const set = render("web", {
    ...place,
    connection: { address: "192.0.2.11" },
    network: "none",
    listen: ["0.0.0.0:81"],
    image,
  });
  return fill(
    desiredState({ ...place, hosts: {}, name: "web", ...set } as unknown as UnitSetInputs, "urn:web"),
    account,
  );
}

const state = wanted("registry.example/nginx:1");

/** Everything is as it should be: the account owns the files in the home directory, root owns the units. */
function host(of = state): Facts {
  const facts = { ...settled(of), ...account };
  const file = facts.files.get(conf);
  assert.ok(file);
  return change(facts, conf, { ...file, uid: account.uid });
}

test("nothing to do: no steps", () => {
  assert.deepEqual(does(host(), state), []);
});

test("a file in the home directory that is root's, a unit that is the account's: each is written anew", () => {
  const content = state.files.find(({ path }) => path === conf)?.content ?? "";
  const steps = does(change(host(), conf, present(content)), state);
  assert.ok(steps.includes(`put ${conf}`));
  const unit = state.files.find(({ path }) => path === service)?.content ?? "";
  assert.ok(does(change(host(), service, { ...present(unit), uid: 1006 }), state).includes(`put ${service}`));
});

test("another image: rehearsed and handed over, by units of the system's manager", () => {
  const { steps, lent } = plan(host(wanted("registry.example/nginx:0")), state, []);
  assert.deepEqual(steps.map(named), handedOver([`put ${service}`], undefined, ["ask 0"]));
  assert.deepEqual(
    steps.filter(({ verb }) => verb === "lend").map((step) => stepFields(step)[2]),
    ["%t/systemd/system/web-rehearsal.service", "%t/systemd/system/web-handover.service"],
  );
  assert.match(
    lent[0] ?? "",
    /@STAGE@\/home\/\.config\/quadlet-fleet\/web\/conf\.d:\/etc\/nginx\/conf\.d:ro/,
  );
  for (const text of lent) assert.doesNotMatch(text, /@UID@|@HOME@/);
});
