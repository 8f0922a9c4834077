import { decodeObject, MedexError } from "@medexchain/core";
import { expect } from "chai";
import { z } from "zod";

describe("documents in canonical DAG-CBOR", () => {
  it("are refused by their code when they are nested too deeply, also where they decode and do not encode again", () => {
    const schema = z.looseObject({ v: z.literal(2) });
    const read = (depth: number): string => {
      const nested = new Uint8Array(depth).fill(0x81); // lists of one
      const bytes = Uint8Array.of(0xa2, 0x61, 0x76, 2, 0x61, 0x78, ...nested, 0x80); // { v: 2, x: [[…[]…]] }
      try {
        decodeObject(bytes, schema, "the key", "SEALED_REKEY_INVALID");
        return "read";
      } catch (error) {
        if (!MedexError.is(error, "SEALED_REKEY_INVALID")) throw error;
        return error.message;
      }
    };
    // What decodes and does not encode again is in a narrow range, which depends on the stack.
    const outcomes = new Set<string>();
    for (let depth = 2_000; depth < 14_000; depth += 100) outcomes.add(read(depth));
    expect([...outcomes]).to.include.members(["read", "the key is not DAG-CBOR; fetch it again"]);
    expect([...outcomes].filter((outcome) => !/^read$|not DAG-CBOR|too deeply/.test(outcome))).to.deep.equal([]);
  });
});
