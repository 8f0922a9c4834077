import {
  decryptDO,
  decryptDU,
  deriveBeta,
  encrypt,
  hashGt,
  hashUserIdentity,
  initCurve,
  ownerPublicKey,
  randomMessage,
  reEncrypt,
  reKeyGen,
  setupA,
} from "@medexchain/pre";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grantedReKey, makeWorld, publish, type World } from "../../world/crypto.ts";
import { Fp12, Fr, G1, G2, g1, g2, gt, hash, pair, toG1, toG2, toGt } from "./support/noble.ts";

// Spelled out, not imported: another implementation must use exactly these.
const OWNER_TAG = "MEDEXCHAIN-V01-H1-OWNER-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
const USER_TAG = "MEDEXCHAIN-V01-H1-USER-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
const GT_TAG = "MEDEXCHAIN-V01-H2-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";

describe("pre: against @noble/curves", () => {
  let world: World;
  before(async () => {
    await initCurve();
    world = await makeWorld();
  });

  it("hashes a user's identity to the same point", () => {
    for (const length of [1, 32, 33, 300]) {
      const identity = randomBytes(length);
      expect(hashUserIdentity(identity)).to.deep.equal(toG1(hash(identity, USER_TAG)));
    }
  });

  it("hashes an owner's identity and scope, each after its length, to the same point", () => {
    const identity = utf8ToBytes("owner");
    const scope = utf8ToBytes("record 1");
    const message = concatBytes(Uint8Array.of(0, 0, 0, 5), identity, Uint8Array.of(0, 0, 0, 8), scope);
    expect(ownerPublicKey({ identity, scope })).to.deep.equal(toG1(hash(message, OWNER_TAG)));
  });

  it("hashes a GT element to the same point", () => {
    const x = randomMessage();
    expect(hashGt(x)).to.deep.equal(toG1(hash(x, GT_TAG)));
  });

  it("makes the same public key from a scalar", () => {
    const { secretKey, publicKey } = setupA();
    expect(toG2(G2.BASE.multiply(Fr.fromBytes(secretKey)))).to.deep.equal(publicKey);
  });

  it("computes the same pairing, coefficient for coefficient", () => {
    // With M = e(g1, g2) and a random α, c2 / M = e(pk_DO, PK_A')^α, of which noble knows all but α; α cancels by the owner's key.
    const { secretKey, publicKey } = setupA();
    const owner = { identity: randomBytes(32), scope: randomBytes(32) };
    const m = toGt(pair(G1.BASE, G2.BASE));
    const { c1, c2 } = encrypt(m, owner, publicKey);
    const ownerKey = g1(ownerPublicKey(owner)).multiply(Fr.fromBytes(secretKey));
    expect(toGt(Fp12.div(gt(c2), pair(ownerKey, g2(c1))))).to.deep.equal(m);
    expect(decryptDO({ c1, c2 }, toG1(ownerKey))).to.deep.equal(m);
  });

  it("re-encrypts and decrypts by the formulas of docs/design.md §3", async () => {
    const record = await publish(world);
    const reKey = await grantedReKey(world, record);
    const { c1, c2, c3 } = record.ciphertext;
    const C2 = Fp12.mul(gt(c2), pair(g1(reKey.rk1).add(g1(c3)), g2(c1)));
    const reEncrypted = reEncrypt(record.ciphertext, reKey);
    expect(reEncrypted).to.deep.equal({ C1: c1, C2: toGt(C2), C3: reKey.rk2, C4: reKey.rk3 });
    const x = Fp12.div(gt(reKey.rk3), pair(g1(world.userKey), g2(reKey.rk2)));
    const m = Fp12.div(C2, pair(hash(toGt(x), GT_TAG), g2(c1)));
    expect(toGt(m)).to.deep.equal(record.m);
    expect(decryptDU(reEncrypted, world.userKey)).to.deep.equal(record.m);
  });

  it("makes rk1, rk2, rk3 and the witness by the formulas of docs/design.md §3", async () => {
    const record = await publish(world);
    const x = randomMessage();
    const { reKey, witness } = reKeyGen(record.ownerKey, x, world.requester);
    const user = hash(world.requester.identity, USER_TAG);
    expect(toG1(hash(x, GT_TAG).subtract(g1(record.ownerKey)))).to.deep.equal(reKey.rk1);
    expect(toGt(pair(user, g2(reKey.rk2)))).to.deep.equal(toGt(pair(g1(witness), G2.BASE)));
    const mask = pair(g1(witness), g2(world.requester.publicKey.V));
    expect(toGt(Fp12.mul(gt(x), mask))).to.deep.equal(reKey.rk3);
  });

  it("blinds by β = PRF(k_A, recordId): c1' − c1 = β·g2 and c3' = β·pk_DO", async () => {
    const record = await publish(world);
    const shift = g2(record.ciphertext.c1).subtract(g2(record.sent.c1));
    const pk = g1(ownerPublicKey(record.owner));
    expect(toGt(pair(pk, shift))).to.deep.equal(toGt(pair(g1(record.ciphertext.c3), G2.BASE)));

    const prfKey = randomBytes(32);
    const beta = deriveBeta(prfKey, record.recordId);
    expect(deriveBeta(prfKey, record.recordId)).to.deep.equal(beta);
    expect(deriveBeta(prfKey, randomBytes(32))).to.not.deep.equal(beta);
    expect(deriveBeta(randomBytes(32), record.recordId)).to.not.deep.equal(beta);
  });
});
