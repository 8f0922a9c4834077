import { assert } from "chai";
import { type CommandWorld, startCommandWorld } from "../../bench/memory/command-world.ts";
import { LARGEST, measureRecord } from "../../bench/memory.ts";
import { isDeep } from "../offchain/child.ts";

const MEBIBYTE = 1024 * 1024;
/** Megabytes of records; without `MEDEX_TEST_DEEP=1` longer ones are left out, each of which takes many minutes. */
const LENGTH = isDeep ? 64 : 16;

/** Each command in a process of its own: what the system says it held at most is what counts. */
describe("memory of the command", function () {
  this.timeout(3_600_000);
  let world: CommandWorld;
  before(async () => {
    world = await startCommandWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  for (const { make, limit } of LARGEST) {
    const { name } = make(1 / 1024);
    it(`${name} goes through preview, publication, approval and opening in less than ${limit} MiB each`, async () => {
      const whole = make(1);
      const share = Math.min(1, (LENGTH * MEBIBYTE) / whole.bytes.length);
      for (const { step, peak } of await measureRecord(world, share === 1 ? whole : make(share))) {
        assert.isBelow(peak, limit, step);
      }
    });
  }
});
