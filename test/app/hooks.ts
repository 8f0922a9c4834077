/** Mocha's `require` for the app's tests: what is started once for all of them ends after the last. */
import type { Context, RootHookObject } from "mocha";
import { closeWorld } from "./world.ts";

export const mochaHooks: RootHookObject = {
  afterAll(this: Context) {
    this.timeout(60_000);
    return closeWorld();
  },
};
