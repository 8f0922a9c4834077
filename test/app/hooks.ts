/** Mocha's `require` for the app's tests: what is started once for all of them ends after the last, and a failed test tells what its pages show. */
import type { Context, RootHookObject } from "mocha";
import { closeWorld, pagesNow } from "./world.ts";

export const mochaHooks: RootHookObject = {
  async afterEach(this: Context) {
    if (this.currentTest?.state !== "failed") return;
    for (const page of await pagesNow()) process.stdout.write(`--- ${page}\n`);
  },
  afterAll(this: Context) {
    this.timeout(60_000);
    return closeWorld();
  },
};
