import type { Edit } from "../edit.ts";

/** A contract that is broken on purpose, by one edit of its Solidity. */
export interface ContractMutation extends Edit {
  readonly name: string;
  /** What is wrong with such a contract: what it does that it must not, or no longer does. */
  readonly what: string;
  /** The test files of which one must fail: mocha's (`.test.ts`), or Hardhat's own (`.t.sol`). */
  readonly killedBy: readonly string[];
}
