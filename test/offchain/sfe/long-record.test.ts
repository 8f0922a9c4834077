import { assert } from "chai";
import { z } from "zod";
import { isDeep, runChild } from "../child.ts";

const MEGABYTE = 1_000_000;
/** Megabytes of JavaScript heap: what the trees of all of an NDJSON record's lines would not fit in. */
const HEAP = 160;
/** Bytes by which a process with such a heap may grow: the heap, its young generation, and buffers. */
const GROWTH = 256 * MEGABYTE;

const outcome = z.object({ isExact: z.boolean(), pieces: z.number(), before: z.number(), peak: z.number() });

async function pass(format: string, length: number, ...more: string[]) {
  const script = new URL("./long-record-child.ts", import.meta.url);
  const result = outcome.parse(await runChild(script, [format, String(length), ...more], HEAP));
  assert.isTrue(result.isExact, "every byte comes back");
  assert.isAtLeast(result.pieces, Math.floor(length / 150_000));
  assert.isBelow(result.peak - result.before, GROWTH);
}

describe("sfe: long records", function () {
  this.timeout(240_000);

  // 10 MB each; where that takes 10 s or more, less unless MEDEX_TEST_DEEP=1.
  for (const [format, megabytes] of [
    ["fhir-r4+ndjson", isDeep ? 10 : 2.5],
    ["csv", 10],
    ["binary", 10],
  ] as const) {
    it(`${format}: ${megabytes} MB come back byte for byte, in bounded memory`, () =>
      pass(format, megabytes * MEGABYTE));
  }

  const encrypted = isDeep ? 10 : 1.5;
  it(`csv: ${encrypted} MB come back through encryption, in bounded memory`, () =>
    pass("csv", encrypted * MEGABYTE, "encrypted"));
});
