import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts } from "../../host/facts/facts.ts";
import { change, conf, desired, does, present, settled } from "./host-plan-facts.ts";

// Back to the previous version: the same name may have stood for another image then.

const reference = "registry.example/nginx:1";
const wanted = desired({ images: [{ reference, pull: "kept" }], version: "before" });
const version = (text: string, id: string) => ({ text, images: new Map([[reference, id]]) });
const edited = change(settled(wanted), conf, present("server { listen 81; }"));
const kept = (facts: Facts, former: ReturnType<typeof version>): Facts => ({
  ...facts,
  versions: { now: version("now", "a"), former },
});

test("the same image: the configuration is reloaded", () => {
  const steps = does(kept(edited, version("before", "a")), wanted);
  assert.ok(steps.includes("reload web.service"), steps.join());
  assert.ok(!steps.some((step) => step.startsWith("pull")));
});

test("another image: its name gets it back, and the service restarts", () => {
  const steps = does(kept(edited, version("before", "b")), wanted);
  assert.deepEqual(steps.slice(0, 2), ["begin", `pull ${reference}`]);
  assert.ok(steps.includes(`tag ${reference}`) && steps.includes("restart web.service"), steps.join());
});

test("a host that has that version already: nothing to do, whatever was before", () => {
  assert.deepEqual(does(kept(settled(wanted), version("older", "b")), wanted), []);
});
