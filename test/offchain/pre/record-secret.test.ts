import {
  createCapsule,
  deriveKey,
  initCurve,
  joinSecrets,
  openCapsuleAsOwner,
  openRecordSecret,
  parseCapsule,
  randomMessage,
  sealRecordSecret,
  xWingPublicKey,
} from "@medexchain/pre";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { failsWith } from "../../e2e/support.ts";
import { makeWorld, PAYLOAD, publish } from "../../world/crypto.ts";

describe("a record's secret beside M", () => {
  before(initCurve);

  it("goes to one doctor, for one request and record", async () => {
    const [seed, other, q] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const subject = { requestId: randomBytes(32), recordId: randomBytes(32) };
    const box = await sealRecordSecret(q, subject, await xWingPublicKey(seed));
    expect(await openRecordSecret(box, subject, seed)).to.deep.equal(q);
    await failsWith("SEALED_INVALID", () => openRecordSecret(box, subject, other));
    for (const part of ["requestId", "recordId"] as const) {
      const wrong = { ...subject, [part]: randomBytes(32) };
      await failsWith("SEALED_INVALID", () => openRecordSecret(box, wrong, seed));
    }
    const key = await xWingPublicKey(seed);
    await failsWith("INPUT_INVALID", async () => sealRecordSecret(randomBytes(31), subject, key));
  });

  it("is in every key: HKDF of M followed by it", () => {
    const [m, q, context] = [randomMessage(), randomBytes(32), randomBytes(32)];
    const info = concatBytes(utf8ToBytes("medexchain/v1/tangle/side-key\0"), context);
    expect(deriveKey(joinSecrets(m, q), "tangle/side-key", context)).to.deep.equal(
      hkdf(sha256, concatBytes(m, q), undefined, info, 32),
    );
    expect(() => joinSecrets(m, q.subarray(1))).to.throw("32 bytes");
  });

  it("is needed to open a capsule, by whoever has M: the hospital with its firewall, k relayers, or who computes logarithms", async () => {
    const world = await makeWorld();
    const record = await publish(world);
    const [q, wrong] = [randomBytes(32), randomBytes(32)];
    const capsule = createCapsule({ ...record, hospitalKey: world.firewall.publicKey, q, payload: PAYLOAD });
    expect(parseCapsule(capsule).v).to.equal(2);
    const open = (secret: Uint8Array | undefined) =>
      openCapsuleAsOwner(capsule, { ...record, q: secret }, record.ownerKey);
    expect(open(q).payload).to.deep.equal(PAYLOAD);
    await failsWith("CAPSULE_INVALID", async () => open(wrong));
    await failsWith("CAPSULE_INVALID", async () => open(undefined));
    // What is public of the capsule tells nobody who has M whether a guess of Q is right but by trying it.
    const { commitment } = parseCapsule(capsule);
    expect(deriveKey(record.m, "capsule/commitment", record.recordId)).to.not.deep.equal(commitment);
    // A capsule of before opens with the secret at hand, too, and is not taken for another version.
    expect(openCapsuleAsOwner(record.capsule, { ...record, q }, record.ownerKey).payload).to.deep.equal(PAYLOAD);
  });
});
