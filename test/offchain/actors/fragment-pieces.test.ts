import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { MAX_LENGTHS, RECORD_FORMATS } from "@medexchain/sfe";
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
  it("is a record of up to 16 MiB, of every format", () => {
    expect(MAX_RECORD_LENGTH).to.equal(16 * MIB);
    for (const format of [undefined, ...RECORD_FORMATS]) {
      expect(refusal(() => requirePublishableLength(16 * MIB, format))).to.equal(undefined);
      expect(refusal(() => requirePublishableLength(16 * MIB + 1, format))).to.include("publish it in parts");
    }
    for (const format of RECORD_FORMATS) expect(MAX_LENGTHS[format]).to.be.at.least(MAX_RECORD_LENGTH);
  });

  it("is a piece whose ciphertexts are no more than a reader takes, under the record's profile and the doctors'", () => {
    expect(refusal(() => requireReadable("compact", fragmentOf(16 * MIB - 100)))).to.equal(undefined);
    expect(refusal(() => requireReadable("compact", fragmentOf(16 * MIB)))).to.include("profile compact");
    expect(refusal(() => requireReadable("standard", fragmentOf(32 * MIB - 100)))).to.equal(undefined);
    expect(refusal(() => requireReadable("standard", fragmentOf(32 * MIB)))).to.include("NDJSON");
    expect(refusal(() => requireReadable("compute", fragmentOf(33 * MIB)))).to.include("NDJSON");
  });

  it("is what its readers fetch", () => {
    const lengths = { capsule: 1, publicFragment: 1, privateFragment: 1 };
    const largest = {
      capsule: CONTENT_LIMITS.capsule,
      publicFragment: CONTENT_LIMITS.fragment,
      privateFragment: CONTENT_LIMITS.fragment,
    };
    expect(refusal(() => requireFetchable(largest))).to.equal(undefined);
    for (const [part, what] of [
      ["capsule", "the capsule"],
      ["publicFragment", "the public part"],
      ["privateFragment", "the private part"],
    ] as const) {
      expect(refusal(() => requireFetchable({ ...lengths, [part]: largest[part] + 1 }))).to.include(what);
    }
  });
});
