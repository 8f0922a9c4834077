/** Mocha's `require`: prints the seed of each file in which something failed. In parallel mode each file has a root of its own. */
import type { RootHookObject } from "mocha";
import { printSeedAfterFailure } from "./seed.ts";

export const mochaHooks: RootHookObject = { afterAll: printSeedAfterFailure };
