import {
  checkCiphertext,
  decryptDO,
  decryptDU,
  encodePartial,
  encodeReEncryption,
  openCapsuleAsOwner,
  openCapsuleAsUser,
  openCapsuleByPartials,
  openShare,
  parseCapsule,
  parsePartial,
  parseReEncryption,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
  reEncrypt,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grant, grantedReKey, makeWorld, PAYLOAD, publish, type World } from "../../world/crypto.ts";
import { refusesAsync } from "./support/refuses.ts";

describe("pre: round trip", () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  it("carries a record from the owner at A to the user at B, through bytes only", async () => {
    const record = await publish(world);
    const requestId = randomBytes(32);
    const { sealedReKey, shares } = await grant(world, record, requestId);

    // a relayer: sees the capsule, the sealed shares, and its own key pair
    const { requestId: id, epoch, ...sealed } = parseSealedShares(shares);
    const share = await openShare({ requestId: id, epoch, ...sealed }, 1, world.relayerKeys.get(1)!);
    const answer = partialReEncrypt(share, checkCiphertext(parseCapsule(record.capsule)));
    const published = encodePartial({ requestId: id, epoch, ...answer });

    // the user: sees the capsule, the sealed key, what the relayer published, and its own key
    const { C3, C4, digests, requestId: answered } = parseSealedReKey(sealedReKey);
    expect(answered).to.deep.equal(requestId);
    expect(sha256(published)).to.deep.equal(digests[0]);
    const received = { C3, C4, partials: [parsePartial(published)], privateKey: world.userKey };
    const opened = openCapsuleByPartials(record.capsule, record, received);
    expect(opened.payload).to.deep.equal(PAYLOAD);
    expect(opened.m).to.deep.equal(record.m);
  });

  it("carries a record by any two of three relayers, and by no one alone", async () => {
    const three = await makeWorld("three relayers", { indices: [1, 2, 5], threshold: 2 });
    const record = await publish(three);
    const { sealedReKey, shares } = await grant(three, record, randomBytes(32));
    const { C3, C4, threshold } = parseSealedReKey(sealedReKey);
    expect(threshold).to.equal(2);
    const partialOf = async (index: number) => {
      const share = await openShare(parseSealedShares(shares), index, three.relayerKeys.get(index)!);
      return partialReEncrypt(share, checkCiphertext(record.ciphertext));
    };
    const openWith = async (...indices: number[]) => {
      const partials = await Promise.all(indices.map(partialOf));
      return openCapsuleByPartials(record.capsule, record, { C3, C4, partials, privateKey: three.userKey });
    };
    for (const two of [
      [1, 2],
      [1, 5],
      [2, 5],
    ]) {
      expect((await openWith(...two)).payload).to.deep.equal(PAYLOAD);
    }
    for (const one of [1, 2, 5]) await refusesAsync(openWith(one), "CAPSULE_INVALID");
  });

  it("still opens what one relayer had re-encrypted alone, before there were partials", async () => {
    const record = await publish(world);
    const requestId = randomBytes(32);
    const reKey = await grantedReKey(world, record);
    const published = encodeReEncryption({ requestId, ...reEncrypt(parseCapsule(record.capsule), reKey) });
    const received = parseReEncryption(published);
    expect(received.requestId).to.deep.equal(requestId);
    const opened = openCapsuleAsUser(record.capsule, record, received, world.userKey);
    expect(opened.payload).to.deep.equal(PAYLOAD);
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
