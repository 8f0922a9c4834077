import {
  decryptDO,
  decryptDU,
  encodeReEncryption,
  openCapsuleAsOwner,
  openCapsuleAsUser,
  openReKey,
  parseCapsule,
  parseReEncryption,
  reEncrypt,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grant, grantedReKey, makeWorld, PAYLOAD, publish, type World } from "../../world/crypto.ts";

describe("pre: round trip", () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  it("carries a record from the owner at A to the user at B, through bytes only", async () => {
    const record = await publish(world);
    const requestId = randomBytes(32);
    const sealed = await grant(world, record, requestId);

    // the relayer: sees the capsule, the sealed key, and its own key pair
    const reKey = await openReKey(sealed, requestId, world.sealing);
    const published = encodeReEncryption({ requestId, ...reEncrypt(parseCapsule(record.capsule), reKey) });

    // the user: sees the capsule, what the relayer published, and its own key
    const received = parseReEncryption(published);
    expect(received.requestId).to.deep.equal(requestId);
    const opened = openCapsuleAsUser(record.capsule, record, received, world.userKey);
    expect(opened.payload).to.deep.equal(PAYLOAD);
    expect(opened.m).to.deep.equal(record.m);
  });

  it("lets the owner open its own capsule", async () => {
    const record = await publish(world);
    const opened = openCapsuleAsOwner(record.capsule, record, record.ownerKey);
    expect(opened.payload).to.deep.equal(PAYLOAD);
    expect(opened.m).to.deep.equal(record.m);
  });

  it("decrypts before and after the firewall to the same M", async () => {
    const record = await publish(world);
    expect(decryptDO(record.sent, record.ownerKey)).to.deep.equal(record.m);
    expect(decryptDO(record.ciphertext, record.ownerKey)).to.deep.equal(record.m);
    expect(record.ciphertext.c1).to.not.deep.equal(record.sent.c1);
    expect(record.ciphertext.c2).to.not.deep.equal(record.sent.c2);
  });

  it("re-encrypts every record of a series with one scope", async () => {
    const series = randomBytes(32);
    const first = await publish(world, series);
    const second = await publish(world, series);
    for (const record of [first, second]) {
      const reEncrypted = reEncrypt(record.ciphertext, await grantedReKey(world, record));
      expect(decryptDU(reEncrypted, world.userKey)).to.deep.equal(record.m);
    }
  });

  it("gives another M to another user's key", async () => {
    const record = await publish(world);
    const other = await makeWorld("other");
    const reEncrypted = reEncrypt(record.ciphertext, await grantedReKey(world, record));
    expect(decryptDU(reEncrypted, other.userKey)).to.not.deep.equal(record.m);
  });

  it("survives a structured clone at every step, as between workers", async () => {
    const record = structuredClone(await publish(world));
    const reKey = structuredClone(await grantedReKey(world, record));
    const reEncrypted = structuredClone(reEncrypt(record.ciphertext, reKey));
    expect(decryptDU(reEncrypted, structuredClone(world.userKey))).to.deep.equal(record.m);
  });
});
