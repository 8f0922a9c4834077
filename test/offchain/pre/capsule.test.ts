import { decode, encode } from "@ipld/dag-cbor";
import {
  createCapsule,
  openCapsuleAsOwner,
  openCapsuleAsUser,
  parseCapsule,
  type ReEncryptedCiphertext,
  randomMessage,
  reEncrypt,
} from "@medexchain/pre";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grantedReKey, makeWorld, PAYLOAD, type Published, publish, type World } from "../../world/crypto.ts";
import { contains } from "./support/attack.ts";
import { refuses } from "./support/refuses.ts";

describe("pre: capsule", () => {
  let world: World;
  let record: Published;
  let other: Published;
  let reEncrypted: ReEncryptedCiphertext;

  before(async () => {
    world = await makeWorld();
    record = await publish(world);
    other = await publish(world);
    reEncrypted = reEncrypt(record.ciphertext, await grantedReKey(world, record));
  });

  const openAsOwner = (bytes: Uint8Array) => openCapsuleAsOwner(bytes, record, record.ownerKey);

  it("holds an empty payload and a large one", () => {
    const hospitalKey = world.firewall.publicKey;
    for (const payload of [new Uint8Array(0), randomBytes(1000), randomBytes(65_536)]) {
      const bytes = createCapsule({ ...record, hospitalKey, payload });
      expect(openAsOwner(bytes).payload).to.deep.equal(payload);
      expect(bytes.length - payload.length).to.be.within(838, 842);
    }
  });

  it("does not open with another owner's, scope's or user's key", async () => {
    const stranger = await makeWorld("stranger");
    refuses(() => openCapsuleAsOwner(record.capsule, record, other.ownerKey), "CAPSULE_INVALID");
    refuses(() => openCapsuleAsOwner(record.capsule, record, stranger.ownerKey(record.owner)), "CAPSULE_INVALID");
    refuses(() => openCapsuleAsUser(record.capsule, record, reEncrypted, stranger.userKey), "CAPSULE_INVALID");
  });

  it("does not open as another record's, or another owner's", () => {
    const { recordId, owner } = record;
    const strangers = [
      { recordId: other.recordId, owner },
      { recordId, owner: { ...owner, identity: randomBytes(32) } },
      { recordId, owner: { ...owner, scope: randomBytes(32) } },
    ];
    for (const subject of strangers) {
      refuses(() => openCapsuleAsOwner(record.capsule, subject, record.ownerKey), "CAPSULE_INVALID");
      refuses(() => openCapsuleAsUser(record.capsule, subject, reEncrypted, world.userKey), "CAPSULE_INVALID");
    }
  });

  it("does not open with another capsule's re-encryption, nor with one whose parts are mixed", async () => {
    const others = reEncrypt(other.ciphertext, await grantedReKey(world, other));
    refuses(() => openCapsuleAsUser(record.capsule, record, others, world.userKey), "CAPSULE_INVALID", "C1");
    for (const part of ["C2", "C3", "C4"] as const) {
      const mixed = { ...reEncrypted, [part]: others[part] };
      refuses(() => openCapsuleAsUser(record.capsule, record, mixed, world.userKey), "CAPSULE_INVALID");
    }
    expect(openCapsuleAsUser(record.capsule, record, reEncrypted, world.userKey).payload).to.deep.equal(PAYLOAD);
  });

  it("does not open with any byte changed, for the owner and for the user", () => {
    const step = 11; // prime to the lengths inside, so that headers, elements, nonce and box are all hit
    for (let i = 0; i < record.capsule.length; i += step) {
      const changed = record.capsule.slice();
      changed[i]! ^= 1 << (i % 8);
      refuses(() => openAsOwner(changed), "CAPSULE_INVALID");
      if (i % 3 === 0) {
        refuses(() => openCapsuleAsUser(changed, record, reEncrypted, world.userKey), "CAPSULE_INVALID");
      }
    }
  });

  it("does not open with any part taken from another capsule of the same owner", () => {
    const parts = decode<Record<string, unknown>>(record.capsule);
    const others = decode<Record<string, unknown>>(other.capsule);
    expect(openAsOwner(encode(parts)).payload).to.deep.equal(PAYLOAD);
    for (const part of ["c1", "c2", "c3", "commitment", "nonce", "box"]) {
      refuses(() => openAsOwner(encode({ ...parts, [part]: others[part] })), "CAPSULE_INVALID");
    }
  });

  it("does not open truncated, extended, or in another encoding of the same value", () => {
    const { capsule } = record;
    refuses(() => openAsOwner(capsule.slice(0, -1)), "CAPSULE_INVALID");
    refuses(() => openAsOwner(new Uint8Array(0)), "CAPSULE_INVALID");
    refuses(() => openAsOwner(concatBytes(capsule, Uint8Array.of(0))), "CAPSULE_INVALID");
    // {v: 1, ...}: the first key moved to the end, and the map's head in its long form
    const [head, version, rest] = [capsule.slice(0, 1), capsule.slice(1, 4), capsule.slice(4)];
    expect([...head, ...version]).to.deep.equal([0xa7, 0x61, 0x76, 0x01]);
    refuses(() => openAsOwner(concatBytes(head, rest, version)), "CAPSULE_INVALID");
    refuses(() => openAsOwner(concatBytes(Uint8Array.of(0xb8, 0x07), version, rest)), "CAPSULE_INVALID");
  });

  it("does not open as another version", () => {
    const next = record.capsule.slice();
    next[3] = 3;
    refuses(() => openAsOwner(next), "CAPSULE_INVALID", "v");
    // One of M alone that says that it has a secret, too.
    next[3] = 2;
    refuses(() => openAsOwner(next), "CAPSULE_INVALID", "secret");
    const subject = { ...record, q: randomBytes(32) };
    refuses(() => openCapsuleAsOwner(next, subject, record.ownerKey), "CAPSULE_INVALID");
  });

  it("gives the relayer its elements, and gives away neither record nor owner", () => {
    const { c1, c2, c3 } = parseCapsule(record.capsule);
    expect({ c1, c2, c3 }).to.deep.equal(record.ciphertext);
    for (const hidden of [record.recordId, record.owner.identity, record.m, PAYLOAD]) {
      expect(contains(record.capsule, hidden)).to.equal(false);
    }
  });

  it("is not made of a ciphertext that the firewall exchanged", () => {
    const hospitalKey = world.firewall.publicKey;
    const { c1, c2, c3 } = record.ciphertext;
    const exchanged = [
      other.ciphertext,
      { c1: other.ciphertext.c1, c2, c3 },
      { c1, c2: randomMessage(), c3 },
      { c1, c2, c3: other.ciphertext.c3 },
    ];
    for (const ciphertext of exchanged) {
      const input = { ...record, ciphertext, hospitalKey, payload: PAYLOAD };
      refuses(() => createCapsule(input), "FIREWALL_OUTPUT_INVALID");
    }
  });

  it("refuses a malformed key as such, not as a bad capsule", () => {
    const malformed = record.ownerKey.slice(0, -1) as Published["ownerKey"];
    refuses(() => openCapsuleAsOwner(record.capsule, record, malformed), "PRE_ELEMENT_INVALID", "sk_DO'");
  });
});
