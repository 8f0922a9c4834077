/**
 * A firewall's proof to its hospital that it made `PK' = a·PK` of the hospital's own key: that it knows `a`. A firewall that published a
 * `t·g2` of its own instead would issue every member's key alone. Schnorr's proof of knowledge in G2, over the base `PK`, made
 * non-interactive by Fiat and Shamir's transform over all that it is about.
 *
 *   firewall   R = k·PK,   c = H(domain, PK, PK', subject, R),   z = k + c·a
 *   hospital   R = z·PK − c·PK', and c again
 *
 * Whoever knows `a` and a `t` with `a·PK = t·g2` knows the hospital's secret, `t/a`. So nobody proves a key that is its own.
 *
 * k is a pseudorandom function of `a` and of what is proven: whoever proves the same twice says the same.
 */
import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Fr, G2 } from "mcl-wasm";
import mcl from "mcl-wasm";
import { mulG2, reduceToScalar, subtract } from "./curve.ts";
import { type G2Bytes, readG2, readScalar, SCALAR_LENGTH, type ScalarBytes, writeG2, writeScalar } from "./elements.ts";
import { crfSetup } from "./firewall.ts";
import { expandLabel } from "./key-derivation.ts";
import { WIDE_SCALAR_LENGTH } from "./random-scalar.ts";
import { secret } from "./secret.ts";

/** c and z, 32 bytes each. */
export const BLINDING_PROOF_LENGTH = 2 * SCALAR_LENGTH;

const SUBJECT_LENGTH = 32;
const TAG = utf8ToBytes("medexchain/v1/blinding-proof\0");

/**
 * Proves a blinding.
 *
 * @param blinding `a` or `b`, 32 bytes
 * @param masterPublicKey `PK_A` or `PK_B`, 96 bytes
 * @param subject what else the firewall says of itself, as a digest of 32 bytes
 * @returns 64 bytes, always the same for the same input
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function proveBlinding(blinding: ScalarBytes, masterPublicKey: G2Bytes, subject: Uint8Array): Uint8Array {
  const publicKey = crfSetup(blinding, masterPublicKey);
  const statement = statementOf(masterPublicKey, publicKey, subject);
  const wide = expandLabel(blinding, "blinding-proof/nonce", statement, WIDE_SCALAR_LENGTH);
  using k = secret(reduceToScalar(wide));
  wide.fill(0);
  using a = secret(readScalar(blinding, "the blinding"));
  const challenge = challengeOf(statement, mulG2(readG2(masterPublicKey, "the master public key"), k.value));
  using masked = secret(mcl.mul(challenge, a.value));
  using z = secret(mcl.add(k.value, masked.value));
  return concatBytes(writeScalar(challenge, "the challenge"), writeScalar(z.value, "z"));
}

/**
 * Checks a firewall's proof.
 *
 * @param masterPublicKey the hospital's own, 96 bytes
 * @param publicKey `PK_A'` or `PK_B'`, 96 bytes, as the firewall says
 * @param subject what the firewall says of itself, as a digest of 32 bytes
 * @param proof 64 bytes
 * @throws PRE_ELEMENT_INVALID when a key is malformed; INPUT_INVALID
 */
export function verifyBlinding(
  masterPublicKey: G2Bytes,
  publicKey: G2Bytes,
  subject: Uint8Array,
  proof: Uint8Array,
): boolean {
  const [base, blinded] = [readG2(masterPublicKey, "the master public key"), readG2(publicKey, "PK'")];
  const statement = statementOf(masterPublicKey, publicKey, subject);
  const decoded = readProof(proof);
  if (decoded === undefined) return false;
  const commitment = subtract(mulG2(base, decoded.z), mulG2(blinded, decoded.challenge));
  if (commitment.isZero()) return false;
  const again = challengeOf(statement, commitment);
  return equalBytes(writeScalar(again, "the challenge"), writeScalar(decoded.challenge, "the challenge"));
}

function readProof(proof: Uint8Array): { challenge: Fr; z: Fr } | undefined {
  if (!(proof instanceof Uint8Array) || proof.length !== BLINDING_PROOF_LENGTH) return undefined;
  try {
    return {
      challenge: readScalar(proof.subarray(0, SCALAR_LENGTH), "the challenge"),
      z: readScalar(proof.subarray(SCALAR_LENGTH), "z"),
    };
  } catch (cause) {
    if (MedexError.is(cause, "PRE_ELEMENT_INVALID")) return undefined;
    throw cause;
  }
}

/** All that a proof is about, in bytes of fixed lengths. */
function statementOf(masterPublicKey: G2Bytes, publicKey: G2Bytes, subject: Uint8Array): Uint8Array {
  if (subject.length !== SUBJECT_LENGTH) {
    throw new MedexError("INPUT_INVALID", `what a proof is about is ${SUBJECT_LENGTH} bytes, not ${subject.length}`);
  }
  return concatBytes(TAG, masterPublicKey, publicKey, subject);
}

/** 64 bytes of SHA-512, reduced modulo r. */
function challengeOf(statement: Uint8Array, commitment: G2): Fr {
  return reduceToScalar(sha512(concatBytes(statement, writeG2(commitment, "R"))));
}
