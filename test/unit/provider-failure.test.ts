import assert from "node:assert/strict";
import { test } from "node:test";
import grpc from "@grpc/grpc-js";
import { HostError } from "../../host/errors.ts";
import { Refused, codeOf } from "../../provider/failure.ts";

test("the code of an error says what state it leaves", () => {
  const { FAILED_PRECONDITION, ABORTED, UNKNOWN } = grpc.status;
  const of = (leaves?: HostError["leaves"]) => codeOf(new HostError("web-1", "no.", { leaves }));
  assert.deepEqual(
    [of(), of("untouched"), of("taken back"), of("unknown")],
    [FAILED_PRECONDITION, FAILED_PRECONDITION, ABORTED, UNKNOWN],
  );
  const cause = new HostError("web-1", "no.", { leaves: "taken back" });
  assert.equal(codeOf(new Error("and what to do", { cause })), ABORTED);
  assert.equal(codeOf(new Refused("cancelled")), FAILED_PRECONDITION);
  assert.equal(codeOf(new Error("a fault of ours")), UNKNOWN);
  assert.equal(codeOf("no error at all"), UNKNOWN);
});
