import { expect } from "chai";
import type { Interface } from "ethers";

/** Asserts that a call reverts with the contract's custom error, with exactly these arguments. */
export async function expectRefusal(
  call: Promise<unknown>,
  contract: { interface: Interface },
  error: string,
  ...args: unknown[]
): Promise<void> {
  await expect(call)
    .to.be.revertedWithCustomError(contract, error)
    .withArgs(...args);
}
