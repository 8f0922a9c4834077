import {
  createCapsule,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  decryptDU,
  deriveBeta,
  deriveKey,
  drawX,
  encrypt,
  type FirewalledCiphertext,
  type FirewallSecrets,
  type G1Bytes,
  type G2Bytes,
  type GtBytes,
  generateFirewallSecrets,
  hashGt,
  initCurve,
  keyGenDO,
  keyGenDU,
  ownerPublicKey,
  parseCapsule,
  partialKeyGenDU,
  type RandomSource,
  type Requester,
  randomMessage,
  reEncrypt,
  reKeyGen,
  setupA,
  setupB,
} from "@medexchain/pre";
import { equalBytes } from "@noble/curves/utils.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { pairing } from "../../../../offchain/pre/curve.ts";
import { readG1, readG2 } from "../../../../offchain/pre/elements.ts";
import { seeded } from "../../../world/seeded.ts";
import { Fp12, type Gt, gt, toGt } from "../support/noble.ts";
import { bitsOf, chance, columnBias, winsOf } from "../support/statistics.ts";

const TRIALS = 64;
const PAYLOADS = [utf8ToBytes("diagnosis: none"), utf8ToBytes("diagnosis: some")] as const;

/**
 * The paper's game of chosen plaintexts: the adversary chooses two messages, is given the encryption of one, with everything public,
 * and says which. Statistics prove no security; they show that adversaries who win against a broken form, which each test shows first,
 * win by chance against ours. All randomness comes from a seed.
 */
describe("pre game: chosen plaintext", () => {
  const random = seeded("chosen plaintext");
  const owner = { identity: utf8ToBytes("owner"), scope: utf8ToBytes("scope") };
  const identity = utf8ToBytes("user");
  let firewall: FirewallSecrets;
  let hospitalKey: G2Bytes;
  let ownerKey: G1Bytes;
  let requester: Requester;
  let userKey: G1Bytes;
  let messages: readonly [GtBytes, GtBytes];

  before(async () => {
    await initCurve();
    const a = setupA(random);
    const b = setupB(random);
    firewall = generateFirewallSecrets(random);
    const firewallB = generateFirewallSecrets(random);
    hospitalKey = crfSetup(firewall.blinding, a.publicKey);
    ownerKey = crfKeyGenDO(firewall.blinding, keyGenDO(a.secretKey, owner), owner, a.publicKey);
    const keyB = crfSetup(firewallB.blinding, b.publicKey);
    const partial = crfKeyGenDU(firewallB.blinding, partialKeyGenDU(b.secretKey, identity), identity, b.publicKey);
    const user = keyGenDU(partial, identity, keyB, random);
    requester = { identity, publicKey: user.publicKey, hospitalKey: keyB };
    userKey = user.privateKey;
    messages = [randomMessage(random), randomMessage(random)];
  });

  const messageOf = (bit: number): GtBytes => messages[bit as 0 | 1];
  const flips = (count = TRIALS) => bitsOf(random(count / 8));
  const within = (wins: number, trials: number) => expect(wins).to.be.within(chance(trials).least, chance(trials).most);

  /** The challenger: M_bit through the device and the firewall. */
  function challenge(bit: number, device: RandomSource = random, recordId = random(32)): FirewalledCiphertext {
    const sent = encrypt(messageOf(bit), owner, hospitalKey, device);
    return crfEncrypt(sent, owner, hospitalKey, deriveBeta(firewall.prfKey, recordId));
  }

  /** Broken: a device whose randomness has run dry, behind a firewall that re-randomises one record again and again. */
  const stuck: RandomSource = (length) => new Uint8Array(length).fill(7);
  const sameRecord = new Uint8Array(32).fill(1);
  const brokenChallenge = (bit: number) => challenge(bit, stuck, sameRecord);

  /** What is left of c2' when M0, and when M1, is divided out. */
  const masksOf = (c2: GtBytes) => messages.map((m) => bytesToHex(toGt(Fp12.div(gt(c2), gt(m))))) as [string, string];
  /** mcl's pairing, as many are computed. */
  const pairBytes = (p: G1Bytes, q: G2Bytes): Gt => gt(pairing(readG1(p, "p"), readG2(q, "q")).serialize());
  /** When it knows nothing, an adversary takes some bit of what it sees. */
  const someBit = (bytes: Uint8Array) => (bytes[bytes.length - 1] ?? 0) & 1;
  /** Says 0 or 1 when the mask under M0 or M1 is one of these. */
  function guessBy(c2: GtBytes, isKnown: (mask: string) => boolean): number {
    const [under0, under1] = masksOf(c2).map(isKnown);
    return under0 === under1 ? someBit(c2) : Number(under1);
  }
  const oneOf = (...candidates: Gt[]) => {
    const known = new Set(candidates.map((mask) => bytesToHex(toGt(mask))));
    return (mask: string) => known.has(mask);
  };

  it("by masks of encryptions of M0 that it asked for: wins when α and β repeat, by chance against ours", async () => {
    const oracle = (challenger: (bit: number) => FirewalledCiphertext) => {
      const seen = new Set(Array.from({ length: 8 }, () => masksOf(challenger(0).c2)[0]));
      return (mask: string) => seen.has(mask);
    };
    const knownOfBroken = oracle(brokenChallenge);
    const knownOfOurs = oracle(challenge);
    const few = flips(16);
    expect(await winsOf(few, (bit) => guessBy(brokenChallenge(bit).c2, knownOfBroken))).to.equal(few.length);
    within(await winsOf(flips(), (bit) => guessBy(challenge(bit).c2, knownOfOurs)), TRIALS);
  });

  it("by pairings of what is public: wins when the device leaves its mask out, by chance against ours", async () => {
    const pk = ownerPublicKey(owner);
    const guess = ({ c1, c2, c3 }: FirewalledCiphertext) => {
      const masks = [pairBytes(c3, hospitalKey), pairBytes(pk, c1), pairBytes(c3, c1)];
      return guessBy(c2, oneOf(...masks, ...masks.map((mask) => Fp12.inv(mask))));
    };
    const unmasked = (bit: number) => {
      const sent = { c1: hospitalKey, c2: messageOf(bit) };
      return crfEncrypt(sent, owner, hospitalKey, deriveBeta(firewall.prfKey, random(32)));
    };
    const few = flips(16);
    expect(await winsOf(few, (bit) => guess(unmasked(bit)))).to.equal(few.length);
    const more = flips(40);
    within(await winsOf(more, (bit) => guess(challenge(bit))), more.length);
  });

  it("by the bits of the ciphertext: each is as frequent under M0 as under M1", () => {
    // Without each coordinate's first byte: flags, and the top of a number below p.
    const view = ({ c1, c2, c3 }: FirewalledCiphertext) =>
      bitsOf(Uint8Array.from([...c1.slice(1, 48), ...c2.slice(1, 48), ...c3.slice(1, 48)]));
    const bits = flips();
    expect(columnBias(bits, (bit) => view(challenge(bit)))).to.be.below(5);
    expect(columnBias(bits, (bit) => view(brokenChallenge(bit)))).to.be.above(7);
  });

  it("by C_DU of a grant: wins when C4 is X unmasked, by chance against ours, and always with the user's key", async () => {
    const grant = (bit: number) => {
      const recordId = random(32);
      const ciphertext = challenge(bit, random, recordId);
      const x = drawX(random);
      const beta = deriveBeta(firewall.prfKey, recordId);
      const proposal = reKeyGen(ownerKey, x, requester, random);
      const reKey = crfReKeyGen(proposal, { x, beta, owner, hospitalKey, requester }, random);
      return { x, reEncrypted: reEncrypt(ciphertext, reKey) };
    };
    /** M = C2 / e(H2(X), C1), for the X that it takes C4 for. */
    const decryptWith = ({ C1, C2 }: { C1: G2Bytes; C2: GtBytes }, x: GtBytes) =>
      guessBy(C2, oneOf(pairBytes(hashGt(x), C1)));
    const bits = flips(32);
    const grants = bits.map(grant);
    const right = (guess: (each: ReturnType<typeof grant>) => number) =>
      grants.filter((each, i) => guess(each) === bits[i]).length;
    expect(right(({ reEncrypted, x }) => decryptWith(reEncrypted, x))).to.equal(bits.length);
    within(
      right(({ reEncrypted }) => decryptWith(reEncrypted, reEncrypted.C4)),
      bits.length,
    );
    const opened = (m: GtBytes) => messages.findIndex((each) => equalBytes(each, m));
    expect(right(({ reEncrypted }) => opened(decryptDU(reEncrypted, userKey)))).to.equal(bits.length);
  });

  it("over capsules of two chosen payloads: wins when M is the adversary's, by chance when M is fresh", async () => {
    const capsuleOf = (bit: number, m: GtBytes) => {
      const recordId = random(32);
      const sent = encrypt(m, owner, hospitalKey, random);
      const ciphertext = crfEncrypt(sent, owner, hospitalKey, deriveBeta(firewall.prfKey, recordId));
      const payload = PAYLOADS[bit as 0 | 1];
      const bytes = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey, payload }, random);
      return { recordId, capsule: parseCapsule(bytes) };
    };
    // The commitment is a function of M and the record id: who knows M knows its capsules, and derives the key of the box.
    const { recordId, capsule } = capsuleOf(1, messages[1]);
    const commitments = messages.map((m) => deriveKey(m, "capsule/commitment", recordId));
    expect(commitments.findIndex((each) => equalBytes(each, capsule.commitment))).to.equal(1);

    const bits = flips();
    const view = (bit: number) => {
      const { commitment, nonce, box } = capsuleOf(bit, randomMessage(random)).capsule;
      return bitsOf(Uint8Array.from([...commitment, ...nonce, ...box]));
    };
    expect(columnBias(bits, view)).to.be.below(5);
    expect(columnBias(bits, (bit) => bitsOf(PAYLOADS[bit as 0 | 1]))).to.be.above(7);
  });
});
