import {
  BLINDING_PROOF_LENGTH,
  crfSetup,
  type G2Bytes,
  generateFirewallSecrets,
  initCurve,
  proveBlinding,
  type ScalarBytes,
  setupA,
  verifyBlinding,
} from "@medexchain/pre";
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { failsWith } from "../../e2e/support.ts";
import { Fr, G2, toG2 } from "./support/noble.ts";

describe("pre: a firewall's proof that it blinded its hospital's own key", () => {
  let hospital: ReturnType<typeof setupA>;
  let blinding: ScalarBytes;
  let publicKey: G2Bytes;
  const subject = randomBytes(32);
  let proof: Uint8Array;

  before(async () => {
    await initCurve();
    hospital = setupA();
    ({ blinding } = generateFirewallSecrets());
    publicKey = crfSetup(blinding, hospital.publicKey);
    proof = proveBlinding(blinding, hospital.publicKey, subject);
  });

  it("holds, and is the same bit by bit when made again", () => {
    expect(proof).to.have.length(BLINDING_PROOF_LENGTH);
    expect(verifyBlinding(hospital.publicKey, publicKey, subject, proof)).to.equal(true);
    expect(proveBlinding(blinding, hospital.publicKey, subject)).to.deep.equal(proof);
  });

  it("is Schnorr's, by another library's arithmetic", () => {
    const [c, z] = [bytesToNumberBE(proof.subarray(0, 32)), bytesToNumberBE(proof.subarray(32))];
    const [base, blinded] = [G2.fromBytes(hospital.publicKey), G2.fromBytes(publicKey)];
    const commitment = base.multiply(z).subtract(blinded.multiply(c)).toBytes(true);
    const tag = utf8ToBytes("medexchain/v1/blinding-proof\0");
    const digest = sha512(concatBytes(tag, hospital.publicKey, publicKey, subject, commitment));
    expect(Fr.create(bytesToNumberBE(digest))).to.equal(c);
  });

  it("does not hold for another hospital, key or subject, nor when it is altered", () => {
    const other = setupA();
    expect(verifyBlinding(other.publicKey, publicKey, subject, proof)).to.equal(false);
    expect(verifyBlinding(hospital.publicKey, other.publicKey, subject, proof)).to.equal(false);
    expect(verifyBlinding(hospital.publicKey, publicKey, randomBytes(32), proof)).to.equal(false);
    for (const at of [0, 31, 32, 63]) {
      const altered = proof.with(at, (proof[at] ?? 0) ^ 1);
      expect(verifyBlinding(hospital.publicKey, publicKey, subject, altered), `byte ${at}`).to.equal(false);
    }
    expect(verifyBlinding(hospital.publicKey, publicKey, subject, proof.subarray(1))).to.equal(false);
    const beyond = numberToBytesBE(2n ** 256n - 1n, 32);
    expect(verifyBlinding(hospital.publicKey, publicKey, subject, concatBytes(beyond, beyond))).to.equal(false);
  });

  it("cannot be had by a firewall whose key is its own, of which it knows the secret", () => {
    // t·g2: whoever knows t issues every member's key alone. What it can prove is that it blinded g2, which is not the hospital's key.
    const { secretKey: t, publicKey: own } = setupA();
    const generator = toG2(G2.BASE);
    const ofGenerator = proveBlinding(t, generator, subject);
    expect(verifyBlinding(generator, own, subject, ofGenerator)).to.equal(true);
    expect(verifyBlinding(hospital.publicKey, own, subject, ofGenerator)).to.equal(false);
    expect(verifyBlinding(hospital.publicKey, own, subject, proveBlinding(t, hospital.publicKey, subject))).to.equal(
      false,
    );
  });

  it("is refused of what is malformed", async () => {
    await failsWith("INPUT_INVALID", async () => proveBlinding(blinding, hospital.publicKey, new Uint8Array(31)));
    const none = new Uint8Array(96) as G2Bytes; // no element: to be refused
    await failsWith("PRE_ELEMENT_INVALID", async () => verifyBlinding(hospital.publicKey, none, subject, proof));
  });
});
