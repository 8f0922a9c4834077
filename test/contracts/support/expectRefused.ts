import { expect } from "chai";
import { tuple } from "./messages.ts";
import { now, refusal, type World } from "./world.ts";

/** Asserts that a transaction ended a request with this decision: answered, and nothing but the decision in it. */
export async function expectRefused(
  { a, b }: World,
  transaction: Promise<unknown>,
  requestId: string,
  sequence: bigint,
  decision: bigint,
): Promise<void> {
  const mined = await transaction;
  await expect(mined)
    .to.emit(a.grants, "ResponseReady")
    .withArgs(sequence, requestId, b.chainId, tuple(refusal(requestId, decision, await now(a))));
  expect((await a.grants.grant(requestId)).decision).to.equal(decision);
}
