import { assert } from "chai";
import { z } from "zod";
import { isDeep, runChild } from "../child.ts";

const MEBIBYTE = 1024 * 1024;
/** Without `MEDEX_TEST_DEEP=1`, fewer, to be quick: it shows any leak of a ciphertext, which is 32 KiB or more. */
const ENCRYPTIONS = isDeep ? 10_000 : 2_500;

describe("bfv: memory", () => {
  it(`does not grow over ${ENCRYPTIONS} encryptions, with decryptions, computations and failures among them`, async function () {
    this.timeout(180_000);
    const script = new URL("./memory-child.ts", import.meta.url);
    const result = await runChild(script, [String(ENCRYPTIONS)], 128);
    const { before, after } = z.object({ before: z.number(), after: z.number() }).parse(result);
    assert.isBelow(after - before, 6 * MEBIBYTE);
  });
});
