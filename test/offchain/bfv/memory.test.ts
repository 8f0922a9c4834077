import { assert } from "chai";
import { z } from "zod";
import { isDeep, runChild } from "../child.ts";

const MEBIBYTE = 1024 * 1024;
/** Without `MEDEX_TEST_DEEP=1`, fewer, to be quick: they show a leak of 8 KiB a time, and the least ciphertext has 32 KiB. */
const ENCRYPTIONS = isDeep ? 10_000 : 2_500;

const memory = z.object({ wasm: z.number(), held: z.number() });

describe("bfv: memory", () => {
  it(`does not grow over ${ENCRYPTIONS} encryptions, with decryptions, computations and failures among them`, async function () {
    this.timeout(180_000);
    const script = new URL("./memory-child.ts", import.meta.url);
    const result = await runChild(script, [String(ENCRYPTIONS)], 128);
    const { before, after } = z.object({ before: memory, after: memory }).parse(result);
    assert.equal(after.wasm, before.wasm, "SEAL's memory");
    assert.isBelow(after.held - before.held, 2 * MEBIBYTE, "what JavaScript holds");
  });
});
