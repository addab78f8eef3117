import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "../../host/errors.ts";
import { NoAnswer, Survey } from "../../provider/survey.ts";

const patience = { next: 60, step: 5 };
const dead = (host: string) =>
  new HostError(host, "no SSH connection within 15 s.", { reason: "unreachable" });

/** Reads each host once, at most `places` at a time, as the engine does. Hosts whose names begin with "dead" fail. */
async function reads(hosts: string[], places = hosts.length): Promise<string[]> {
  const survey = new Survey(patience);
  const results: string[] = [];
  const waiting = [...hosts.entries()];
  const place = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, host] = next;
      const ask = async () => {
        // Timers of one process: on any machine, this is longer than the survey waits for the next read.
        await sleep(host.startsWith("slow") ? 3 * patience.next : 0);
        if (host.startsWith("dead")) throw dead(host);
        return "seen";
      };
      results[index] = await survey.look(`urn:${index}`, host, ask).then(
        (look) => ("found" in look ? look.found : "passed over"),
        () => "failed",
      );
    }
  };
  await Promise.all(Array.from({ length: places }, place));
  return results;
}

describe("a host that can't be reached", () => {
  test("none: nothing is passed over", async () => {
    assert.deepEqual(await reads(["a", "b"]), ["seen", "seen"]);
  });

  test("is passed over where another one answers, whichever is asked first and however long that takes", async () => {
    assert.deepEqual(await reads(["a", "dead"]), ["seen", "passed over"]);
    assert.deepEqual(await reads(["dead", "a"], 1), ["failed", "seen"]);
    assert.deepEqual(await reads(["dead", "slow"]), ["passed over", "seen"]);
    assert.deepEqual(await reads(["dead1", "dead2", "slow", "dead3"], 3), [
      "passed over",
      "passed over",
      "seen",
      "passed over",
    ]);
  });

  test("is an error where no host answers", async () => {
    assert.deepEqual(await reads(["dead"]), ["failed"]);
    assert.deepEqual(await reads(["dead1", "dead2"]), ["failed", "failed"]);
    assert.deepEqual(
      (await reads(["dead", "dead", "dead"])).filter((result) => result === "failed").length,
      1,
    );
  });

  test("with more resources than the engine reads at a time does not fill all places", async () => {
    const results = await reads([...Array.from({ length: 10 }, () => "dead"), "a"], 4);
    assert.deepEqual(results, [...Array.from({ length: 10 }, () => "passed over"), "seen"]);
  });

  test("the error says that none has answered", async () => {
    const problem = dead("a");
    await assert.rejects(
      new Survey(patience).look("urn", "a", () => Promise.reject(problem)),
      (error) => {
        assert.ok(error instanceof NoAnswer);
        assert.equal(error.problem, problem);
        assert.match(
          error.message,
          /^a: no SSH connection within 15 s\.\n[^]*No host answered in this run: check the network of this machine first\.$/,
        );
        return true;
      },
    );
  });
});

test("any other error is thrown as it is, though other hosts answer", async () => {
  const survey = new Survey(patience);
  await survey.look("urn:a", "a", () => Promise.resolve("seen"));
  for (const thrown of [new HostError("b", "the login was refused."), new Error("no key")])
    await assert.rejects(
      survey.look("urn:b", "b", () => Promise.reject(thrown)),
      (error) => error === thrown,
    );
  assert.equal(survey.takePassedOver("urn:b"), false);
});

test("that a read passed a resource over is said once, and only of that resource", async () => {
  const survey = new Survey(patience);
  await survey.look("urn:a", "a", () => Promise.resolve("seen"));
  await survey.look("urn:b", "b", () => Promise.reject(dead("b")));
  const said = ["urn:a", "urn:b", "urn:b"].map((urn) => survey.takePassedOver(urn));
  assert.deepEqual(said, [false, true, false]);
});
