import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { RECORD_FORMATS } from "@medexchain/sfe";
import { expect } from "chai";
import {
  MAX_RECORD_LENGTH,
  requireFetchable,
  requirePublishableLength,
  requireReadable,
} from "../../../offchain/actors/fragment-pieces.ts";

const MIB = 1024 * 1024;

/** The message of a refusal, or undefined. */
function refusal(call: () => void): string | undefined {
  try {
    call();
  } catch (error) {
    if (MedexError.is(error, "INPUT_INVALID")) return error.message;
    throw error;
  }
  return undefined;
}

const fragmentOf = (length: number) => ({ features: [{ index: 0, value: new Uint8Array(length) }] });

describe("what can be published, and granted later", () => {
  it("is a JSON document of up to 16 MiB, and of every other format what has up to 64 MiB", () => {
    expect(MAX_RECORD_LENGTH).to.equal(64 * MIB);
    expect(refusal(() => requirePublishableLength(64 * MIB))).to.equal(undefined);
    expect(refusal(() => requirePublishableLength(64 * MIB + 1))).to.include("publish it in parts");
    for (const format of RECORD_FORMATS) {
      const limit = (format === "fhir-r4+json" ? 16 : 64) * MIB;
      const advice = format === "fhir-r4+json" ? "NDJSON" : "in parts";
      expect(refusal(() => requirePublishableLength(limit, format))).to.equal(undefined);
      expect(refusal(() => requirePublishableLength(limit + 1, format)))
        .to.include(String(limit))
        .and.include(advice);
    }
  });

  it("is a piece whose ciphertexts are no more than a reader takes", () => {
    expect(refusal(() => requireReadable(fragmentOf(32 * MIB - 100)))).to.equal(undefined);
    expect(refusal(() => requireReadable(fragmentOf(32 * MIB)))).to.include("NDJSON");
  });

  it("is what has a capsule that its readers fetch", () => {
    expect(refusal(() => requireFetchable(CONTENT_LIMITS.capsule))).to.equal(undefined);
    expect(refusal(() => requireFetchable(CONTENT_LIMITS.capsule + 1))).to.include("private feature");
  });
});
