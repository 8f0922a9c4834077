import { deflateRawSync } from "node:zlib";
import { SECRET_KEY_LENGTH } from "@medexchain/bfv";
import { encodeObject, MedexError } from "@medexchain/core";
import { encodeHead, parseFhir, splitDocument } from "@medexchain/sfe";
import { expect } from "chai";
import { encodeRecordSecrets, headsOf, parseRecordSecrets } from "../../../offchain/actors/record-secrets.ts";

const MIB = 1024 * 1024;
const secrets = {
  profile: "standard" as const,
  secretKey: new Uint8Array(SECRET_KEY_LENGTH).fill(1),
  channelRoot: new Uint8Array(32).fill(2),
};

/** A head that is short, and says that it is long. */
function longHead(length: number): Uint8Array {
  return encodeObject({ version: 2, length, deflated: deflateRawSync(new Uint8Array(length)) });
}

function errorOf(call: () => unknown): MedexError {
  try {
    call();
  } catch (error) {
    if (MedexError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("what a capsule holds of a record", () => {
  it("comes back as it was put in, piece by piece", () => {
    const { head } = splitDocument(
      parseFhir(new TextEncoder().encode('{"resourceType":"Patient","id":"1"}')),
      new Set([0]),
    );
    const heads = [encodeHead(head), encodeHead(head)];
    const parsed = parseRecordSecrets(encodeRecordSecrets({ ...secrets, heads }));
    expect(parsed).to.deep.equal({ ...secrets, heads });
    const decoded = headsOf(parsed);
    expect(decoded.count).to.equal(2);
    expect([...decoded]).to.deep.equal([head, head]);
    expect(decoded.at(1)).to.deep.equal(head);
    expect(errorOf(() => decoded.at(2)).code).to.equal("FRAGMENT_INVALID");
  });

  it("is refused before it is inflated, if its heads together are longer than any record's", () => {
    // Each of them is within the limit of one head, so that only their sum tells.
    const head = longHead(64 * MIB);
    const heads = Array.from({ length: 9 }, () => head);
    const error = errorOf(() => parseRecordSecrets(encodeObject({ v: 1, ...secrets, heads })));
    expect(error.code).to.equal("FRAGMENT_INVALID");
    expect(String(error.cause)).to.include("the heads are too long");
  });
});
