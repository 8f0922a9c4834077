import { encode } from "@ipld/dag-cbor";
import { encodeReEncryption, parseReEncryption, type ReEncryption, reEncrypt } from "@medexchain/pre";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grantedReKey, makeWorld, publish } from "../../world/crypto.ts";
import { Fp12, G2, toGt } from "./support/noble.ts";
import { refuses } from "./support/refuses.ts";

describe("pre: C_DU on the wire", () => {
  let value: ReEncryption;
  before(async () => {
    const world = await makeWorld();
    const record = await publish(world);
    const requestId = randomBytes(32);
    value = { requestId, ...reEncrypt(record.ciphertext, await grantedReKey(world, record)) };
  });

  const parse = (fields: Record<string, unknown>) => parseReEncryption(encode({ v: 1, ...value, ...fields }));

  it("is DAG-CBOR of the named fields, and reads back the same", () => {
    const bytes = encodeReEncryption(value);
    expect(bytes).to.deep.equal(encode({ v: 1, ...value }));
    expect(parseReEncryption(bytes)).to.deep.equal(value);
  });

  it("refuses another version, and fields missing, added or of another length or type", () => {
    refuses(() => parse({ v: 2 }), "RE_ENCRYPTION_INVALID", "v");
    refuses(() => parse({ extra: 1 }), "RE_ENCRYPTION_INVALID");
    refuses(() => parse({ requestId: randomBytes(31) }), "RE_ENCRYPTION_INVALID", "requestId");
    refuses(() => parse({ C1: value.C1.slice(1) }), "RE_ENCRYPTION_INVALID", "C1");
    refuses(() => parse({ C4: "not bytes" }), "RE_ENCRYPTION_INVALID", "C4");
    const { C4: _, ...without } = value;
    refuses(() => parseReEncryption(encode({ v: 1, ...without })), "RE_ENCRYPTION_INVALID", "C4");
  });

  it("refuses identities and non-elements, and names the field", () => {
    for (const field of ["C1", "C3"]) {
      refuses(() => parse({ [field]: G2.ZERO.toBytes(true) }), "RE_ENCRYPTION_INVALID", field);
    }
    for (const field of ["C2", "C4"]) {
      refuses(() => parse({ [field]: toGt(Fp12.ONE) }), "RE_ENCRYPTION_INVALID", field);
      refuses(
        () => parse({ [field]: toGt(Fp12.create({ ...Fp12.ONE, c1: Fp12.ONE.c0 })) }),
        "RE_ENCRYPTION_INVALID",
        field,
      );
    }
  });

  it("refuses truncated and extended bytes, and what is not CBOR", () => {
    const bytes = encodeReEncryption(value);
    refuses(() => parseReEncryption(bytes.slice(0, -1)), "RE_ENCRYPTION_INVALID");
    refuses(() => parseReEncryption(concatBytes(bytes, bytes)), "RE_ENCRYPTION_INVALID");
    refuses(() => parseReEncryption(new Uint8Array(0)), "RE_ENCRYPTION_INVALID");
    refuses(() => parseReEncryption(randomBytes(100).fill(0xff)), "RE_ENCRYPTION_INVALID");
  });

  it("is not made for a request id of another length", () => {
    refuses(() => encodeReEncryption({ ...value, requestId: randomBytes(33) }), "INPUT_INVALID", "requestId");
  });
});
