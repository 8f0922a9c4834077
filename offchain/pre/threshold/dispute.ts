/**
 * A relayer's proof that its firewall committed to a wrong answer (docs/design.md §3, threshold): that V_i and P_i have the same preimage s_i
 * under x ↦ e(x, g2) and x ↦ e(x, c1'), so that P_i is what was to be answered, whatever h_i says. Generalised Schnorr (Maurer 2009, "Unifying
 * zero-knowledge proofs of knowledge"), made non-interactive by Fiat and Shamir's transform over all that it is about.
 *
 *   relayer    T1 = e(R, g2), T2 = e(R, c1'),   c = H(domain, request, epoch, i, c1', V_i, P_i, T1, T2),   Z = R + c·s_i
 *   anyone     T1 = e(Z, g2)·V_i^(−c), T2 = e(Z, c1')·P_i^(−c), and c again
 *
 * R is a pseudorandom function of the relayer's secret and of what is proven, so that whoever proves the same twice says the same, and two
 * proofs of one R for different c, which would tell s_i, do not exist.
 */
import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Fr, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import type { CheckedCiphertext } from "../checked.ts";
import { add, generatorLines, hashToG1, mulG1, mulGt, pairing, powGtPublic, reduceToScalar } from "../curve.ts";
import { readG1, readGt, readScalar, SCALAR_LENGTH, writeG1, writeScalar } from "../elements.ts";
import { expandLabel } from "../key-derivation.ts";
import { secret } from "../secret.ts";
import { contextBytes, type PartialContext } from "./group.ts";
import type { Partial } from "./partial-object.ts";
import { commitmentOf, type Share, type ShareCommitments } from "./shares.ts";

/** c, 32 bytes, and Z, 48 bytes. */
export const DISPUTE_PROOF_LENGTH = 80;

const CHALLENGE_TAG = utf8ToBytes("medexchain/v1/partial-proof\0");
const NONCE_TAG = utf8ToBytes("MEDEXCHAIN-V01-PARTIAL-NONCE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_");

/** What a proof is about. */
export interface DisputeSubject extends PartialContext {
  /** Of the record's capsule. */
  readonly ciphertext: CheckedCiphertext;
  /** The firewall's, as anchored. */
  readonly commitments: ShareCommitments;
}

/**
 * Proves a partial.
 *
 * @param relayerSecret at least 32 bytes that this relayer alone knows, and keeps
 * @returns 80 bytes, always the same for the same input
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function provePartial(
  share: Share,
  partial: Partial,
  subject: DisputeSubject,
  relayerSecret: Uint8Array,
): Uint8Array {
  if (relayerSecret.length < 32) throw new MedexError("INPUT_INVALID", "a relayer's secret must be at least 32 bytes");
  const statement = statementBytes(partial, subject);
  using s = secret(readG1(share.share, "the share"));
  const seed = expandLabel(relayerSecret, "partial-proof/nonce", statement, 32);
  using r = secret(hashToG1(seed, NONCE_TAG));
  seed.fill(0);
  const challenge = challengeOf(
    statement,
    pairing(r.value, generatorLines()),
    pairing(r.value, subject.ciphertext.lines),
  );
  using masked = secret(mulG1(s.value, challenge));
  using z = secret(add(r.value, masked.value));
  return concatBytes(writeScalar(challenge, "the challenge"), writeG1(z.value, "Z"));
}

/**
 * Checks a proof that a relayer's partial is what its committed share gives. If it holds, and the firewall's digest of that relayer is another,
 * the firewall is to blame; if it does not, the relayer is.
 *
 * @param proof 80 bytes
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID when the partial or the commitments are malformed
 */
export function verifyPartial(partial: Partial, proof: Uint8Array, subject: DisputeSubject): boolean {
  const decoded = readProof(proof);
  if (decoded === undefined) return false;
  const { challenge, z } = decoded;
  const v = commitmentOf(partial.index, subject.commitments.commitments);
  const inverse = mcl.neg(challenge);
  const t1 = mulGt(pairing(z, generatorLines()), powGtPublic(v, inverse));
  const t2 = mulGt(pairing(z, subject.ciphertext.lines), powGtPublic(readGt(partial.partial, "the partial"), inverse));
  const again = challengeOf(statementBytes(partial, subject), t1, t2);
  return equalBytes(writeScalar(again, "the challenge"), writeScalar(challenge, "the challenge"));
}

function readProof(proof: Uint8Array) {
  if (!(proof instanceof Uint8Array) || proof.length !== DISPUTE_PROOF_LENGTH) return undefined;
  try {
    return {
      challenge: readScalar(proof.subarray(0, SCALAR_LENGTH), "the challenge"),
      z: readG1(proof.subarray(SCALAR_LENGTH), "Z"),
    };
  } catch (cause) {
    if (MedexError.is(cause, "PRE_ELEMENT_INVALID")) return undefined;
    throw cause;
  }
}

/** All that a proof is about, in bytes of fixed lengths. */
function statementBytes({ index, partial }: Partial, subject: DisputeSubject): Uint8Array {
  const v = commitmentOf(index, subject.commitments.commitments).serialize();
  return concatBytes(CHALLENGE_TAG, contextBytes(subject, index), subject.ciphertext.c1, v, partial);
}

/** 64 bytes of SHA-512, reduced modulo r. */
function challengeOf(statement: Uint8Array, t1: GT, t2: GT): Fr {
  return reduceToScalar(sha512(concatBytes(statement, t1.serialize(), t2.serialize())));
}
