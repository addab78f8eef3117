import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { approvalOf, removalOf } from "../../provider/approval.ts";
import { expectApproved, expectApprovedRemoval, stampOf } from "../../provider/approved.ts";
import { Refused } from "../../provider/failure.ts";
import { secret } from "../../provider/wire.ts";

// What the provider does with the approvals that `quadlet-fleet up` hands to it.

const urn = "urn:pulumi:s::p::quadlet:index:UnitSet::www";
const inputs = { hosts: secret({}), name: "www", units: {} };
const before = { inputs, properties: { ...inputs, owner: urn } };
const coming = { urn, before, inputs: { ...inputs, units: { "a.service": "x" } }, credentials: {} };

afterEach(() => {
  delete process.env.QUADLET_FLEET_APPROVED;
});

async function approve(): Promise<void> {
  const approval = await approvalOf(coming);
  assert.ok(approval);
  const removal = removalOf(before.inputs, before.properties);
  process.env.QUADLET_FLEET_APPROVED = [
    stampOf(urn, "update", approval),
    stampOf(urn, "delete", removal),
  ].join(",");
}

test("without a list of approvals nothing is compared", async () => {
  await expectApproved(coming);
  await expectApprovedRemoval(urn, before);
});

test("what is in the list is done", async () => {
  await approve();
  await expectApproved(coming);
  await expectApprovedRemoval(urn, before);
});

test("all else is refused: another content, another beginning, another set, another operation", async () => {
  await approve();
  const refused = async (work: Promise<void>, operation: string) =>
    await assert.rejects(work, (thrown: Error) => {
      assert.ok(thrown instanceof Refused);
      assert.match(thrown.message, new RegExp(`^www2?: this ${operation} is not what was approved: `));
      return true;
    });
  await refused(expectApproved({ ...coming, inputs }), "update");
  await refused(expectApproved({ ...coming, before: { ...before, properties: inputs } }), "update");
  await refused(expectApproved({ ...coming, urn: `${urn}2` }), "update");
  await refused(expectApproved({ ...coming, before: undefined }), "create");
  await refused(expectApprovedRemoval(urn, { ...before, properties: inputs }), "delete");
  process.env.QUADLET_FLEET_APPROVED = "";
  await refused(expectApproved(coming), "update");
});
