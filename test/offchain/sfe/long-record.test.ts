import { assert } from "chai";
import { z } from "zod";
import { isDeep, runChild } from "../child.ts";

const MEGABYTE = 1_000_000;
/** Megabytes of JavaScript heap: what a record's tree, or many copies of it, would not fit in. */
const HEAP = 160;

const outcome = z.object({ isExact: z.boolean(), pieces: z.number(), before: z.number(), peak: z.number() });

async function pass(format: string, length: number, ...more: string[]) {
  const script = new URL("./long-record-child.ts", import.meta.url);
  const result = outcome.parse(await runChild(script, [format, String(length), ...more], HEAP));
  assert.isTrue(result.isExact, "every byte comes back");
  assert.isAtLeast(result.pieces, Math.floor(length / 150_000));
  assert.isBelow(result.peak - result.before, 160 * MEGABYTE);
}

describe("sfe: long records", function () {
  this.timeout(240_000);

  for (const format of ["fhir-r4+ndjson", "csv", "binary"]) {
    it(`${format}: 10 MB come back byte for byte, in bounded memory`, () => pass(format, 10 * MEGABYTE));
  }

  // Encrypted, 10 MB take 10 s: fewer, unless MEDEX_TEST_DEEP=1.
  const length = (isDeep ? 10 : 1.5) * MEGABYTE;
  it(`${length / MEGABYTE} MB come back through encryption, in bounded memory`, () => pass("csv", length, "encrypted"));
});
