/**
 * The seed of a run. Every key, id and pseudonym of the tests' people is drawn from it. It is another one in each run, unless
 * `MEDEX_TEST_SEED` says which; after a file in which something failed it is printed.
 */
import type { RandomSource } from "@medexchain/pre";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import type { Context, Suite } from "mocha";
import { seeded } from "./seeded.ts";

export const SEED = process.env.MEDEX_TEST_SEED || bytesToHex(randomBytes(8));

/** Gives each thing that has a name its own stream, so that what one draws does not depend on what others drew before it. */
export type Draw = (name: string) => RandomSource;

/** The streams of one world. Worlds of different names have nothing in common. */
export const drawFor =
  (world: string): Draw =>
  (name) =>
    seeded(JSON.stringify([SEED, world, name]));

/** Whether a test failed, or did not run, as when a hook before it fails. */
const failedIn = (suite: Suite): boolean =>
  suite.tests.some((test) => test.state === "failed" || (test.state === undefined && !test.isPending())) ||
  suite.suites.some(failedIn);

/** For mocha, after everything. */
export function printSeedAfterFailure(this: Context): void {
  const root = this.test?.parent;
  if (root && failedIn(root)) process.stderr.write(`\nTo repeat this with the same people: MEDEX_TEST_SEED=${SEED}\n`);
}

// Where hooks.ts is not required first (Hardhat's mocha, `--no-config`), all files have one root, and the first that comes here registers.
if (typeof after === "function") after(printSeedAfterFailure);
