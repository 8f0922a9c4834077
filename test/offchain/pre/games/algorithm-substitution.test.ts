import {
  checkOwnerKey,
  crfReKeyGen,
  crfSetup,
  decryptDO,
  deriveBeta,
  drawX,
  encrypt,
  type FirewallSecrets,
  type G1Bytes,
  type G2Bytes,
  generateFirewallSecrets,
  initCurve,
  inMemorySeenRecords,
  keyGenDO,
  keyGenDU,
  partialKeyGenDU,
  type RandomSource,
  type ReKeyProposal,
  type Requester,
  ReverseFirewall,
  randomMessage,
  reKeyGen,
  type ScopedIdentity,
  setupA,
  setupB,
} from "@medexchain/pre";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { seeded } from "../../../world/seeded.ts";
import { G1, g1, toG1 } from "../support/noble.ts";
import { refuses } from "../support/refuses.ts";
import { bitsOf, chance } from "../support/statistics.ts";

const TRIALS = 64;
const BACKDOOR = utf8ToBytes("the key that the saboteur and the machine share");

/** The subliminal bit of what a machine puts out, for whoever holds the backdoor: a keyed hash, which looks random to all others. */
function hiddenBit(output: Uint8Array): number {
  return (hmac(sha256, BACKDOOR, output)[0] ?? 0) & 1;
}

/** A subverted algorithm: runs the honest one until the output says the bit that it has to leak. Each output is an honest one. */
function leaking<Output>(run: () => Output, said: (output: Output) => Uint8Array): (bit: number) => Output {
  return (bit) => {
    for (;;) {
      const output = run();
      if (hiddenBit(said(output)) === bit) return output;
    }
  };
}

/** How many outputs say the bit that was to leak. */
function winsIn<Output>(
  bits: readonly number[],
  outputs: readonly Output[],
  said: (output: Output) => Uint8Array,
): number {
  return outputs.filter((output, i) => hiddenBit(said(output)) === bits[i]).length;
}

/**
 * The game of algorithm substitution (the paper's reverse-firewall security): an algorithm is replaced by one that sends the secret out
 * through its randomness. Each test first hears the leak without the firewall, then not, or has the substitute caught.
 *
 * What no firewall of this scheme covers, and none of these tests claims: `M`, the capsule's box and nonce, which are the device's, and
 * the user's own last step of KeyGen_DU.
 */
describe("pre game: algorithm substitution", () => {
  const random = seeded("algorithm substitution");
  const owner: ScopedIdentity = { identity: utf8ToBytes("owner"), scope: utf8ToBytes("scope") };
  const identity = utf8ToBytes("user");
  let secrets: FirewallSecrets;
  let master: ReturnType<typeof setupA>;
  let firewall: ReverseFirewall;
  let ownerKey: G1Bytes;
  let requester: Requester;

  const flips = () => bitsOf(random(TRIALS / 8));
  const heardByChance = (wins: number) => expect(wins).to.be.within(chance(TRIALS).least, chance(TRIALS).most);
  const firewallOf = (masterPublicKey: G2Bytes) =>
    new ReverseFirewall({
      secrets: generateFirewallSecrets(random),
      masterPublicKey,
      seenRecords: inMemorySeenRecords(),
      random,
    });

  before(async () => {
    await initCurve();
    master = setupA(random);
    secrets = generateFirewallSecrets(random);
    firewall = new ReverseFirewall({
      secrets,
      masterPublicKey: master.publicKey,
      seenRecords: inMemorySeenRecords(),
      random,
    });
    ownerKey = firewall.blindOwnerKey(keyGenDO(master.secretKey, owner), owner);
    const b = setupB(random);
    const firewallB = firewallOf(b.publicKey);
    const partial = firewallB.blindPartialKey(partialKeyGenDU(b.secretKey, identity), identity);
    const user = keyGenDU(partial, identity, firewallB.publicKey, random);
    requester = { identity, publicKey: user.publicKey, hospitalKey: firewallB.publicKey };
  });

  describe("Setup", () => {
    it("that leaks a bit in PK: heard without the firewall, by chance from PK'", () => {
      const subverted = leaking(
        () => setupA(random),
        ({ publicKey }) => publicKey,
      );
      const bits = flips();
      const keys = bits.map(subverted);
      expect(winsIn(bits, keys, ({ publicKey }) => publicKey)).to.equal(TRIALS);
      const behind = keys.map(({ publicKey }) => crfSetup(generateFirewallSecrets(random).blinding, publicKey));
      heardByChance(winsIn(bits, behind, (key) => key));
    });

    it("whose s the saboteur knows: opens every record without the firewall, none behind it", () => {
      const known: RandomSource = (length) => new Uint8Array(length).fill(0x2a);
      const subverted = setupA(known);
      const saboteursKey = keyGenDO(setupA(known).secretKey, owner);
      const m = randomMessage(random);
      expect(decryptDO(encrypt(m, owner, subverted.publicKey, random), saboteursKey)).to.deep.equal(m);
      checkOwnerKey(saboteursKey, owner, subverted.publicKey);

      const { publicKey } = firewallOf(subverted.publicKey);
      expect(decryptDO(encrypt(m, owner, publicKey, random), saboteursKey)).to.not.deep.equal(m);
      refuses(() => checkOwnerKey(saboteursKey, owner, publicKey), "PRE_PRIVATE_KEY_INVALID");
    });
  });

  describe("KeyGen", () => {
    /** sk + n·g1 for the first n that makes the key say the bit. */
    const bent = (key: G1Bytes) => (bit: number) => {
      for (let point = g1(key).add(G1.BASE); ; point = point.add(G1.BASE)) {
        const candidate = toG1(point);
        if (hiddenBit(candidate) === bit) return candidate;
      }
    };

    it("of an owner's key that leaks in the key: heard without the firewall, caught by it", () => {
      const subverted = bent(keyGenDO(master.secretKey, owner));
      const bits = flips();
      expect(winsIn(bits, bits.map(subverted), (key) => key)).to.equal(TRIALS);
      for (const bit of [0, 1]) {
        refuses(() => firewall.blindOwnerKey(subverted(bit), owner), "PRE_PRIVATE_KEY_INVALID");
      }
    });

    it("of a user's partial key that leaks in the key: heard without the firewall, caught by it", () => {
      const hospital = setupB(random);
      const firewallB = firewallOf(hospital.publicKey);
      const subverted = bent(partialKeyGenDU(hospital.secretKey, identity));
      const bits = flips();
      expect(winsIn(bits, bits.map(subverted), (key) => key)).to.equal(TRIALS);
      for (const bit of [0, 1]) {
        refuses(() => firewallB.blindPartialKey(subverted(bit), identity), "PRE_PRIVATE_KEY_INVALID");
      }
    });
  });

  describe("Enc", () => {
    for (const part of ["c1", "c2"] as const) {
      it(`that leaks a bit in ${part} by the choice of α: heard without the firewall, by chance behind it`, async () => {
        const m = randomMessage(random);
        const subverted = leaking(
          () => encrypt(m, owner, firewall.publicKey, random),
          (sent) => sent[part],
        );
        const bits = flips();
        const sent = bits.map(subverted);
        expect(winsIn(bits, sent, (each) => each[part])).to.equal(TRIALS);
        const received = await Promise.all(sent.map((each) => firewall.reRandomise(random(32), owner, each)));
        for (const seen of ["c1", "c2", "c3"] as const) {
          heardByChance(winsIn(bits, received, (each) => each[seen]));
        }
      });
    }
  });

  describe("ReKeyGen", () => {
    const recordId = utf8ToBytes("a record id, which is 32 bytes..");
    const behind = (proposal: ReKeyProposal, x: ReturnType<typeof drawX>) => {
      const beta = deriveBeta(secrets.prfKey, recordId);
      return crfReKeyGen(proposal, { x, beta, owner, hospitalKey: firewall.publicKey, requester }, random);
    };

    for (const part of ["rk2", "rk3"] as const) {
      it(`that leaks a bit in ${part} by the choice of λ: heard without the firewall, by chance behind it`, () => {
        const x = drawX(random);
        const subverted = leaking(
          () => reKeyGen(ownerKey, x, requester, random),
          ({ reKey }) => reKey[part],
        );
        const bits = flips();
        const proposals = bits.map(subverted);
        expect(winsIn(bits, proposals, ({ reKey }) => reKey[part])).to.equal(TRIALS);
        const published = proposals.map((proposal) => behind(proposal, x));
        for (const seen of ["rk2", "rk3"] as const) heardByChance(winsIn(bits, published, (each) => each[seen]));
        // rk1' is a function of X, the owner's key and β: it says the same whatever the device does.
        expect(new Set(published.map(({ rk1 }) => rk1.join())).size).to.equal(1);
      });
    }

    it("that leaks a bit in rk1 by the choice of X: heard without the firewall, caught by it, which deals X", () => {
      const subverted = leaking(
        () => reKeyGen(ownerKey, drawX(random), requester, random),
        ({ reKey }) => reKey.rk1,
      );
      const bits = flips();
      const proposals = bits.map(subverted);
      expect(winsIn(bits, proposals, ({ reKey }) => reKey.rk1)).to.equal(TRIALS);
      for (const each of proposals.slice(0, 4)) refuses(() => behind(each, drawX(random)), "PRE_REKEY_REFUSED", "rk1");
    });
  });
});
