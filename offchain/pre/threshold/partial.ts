/**
 * Re-encryption by k of n, and its opening (docs/design.md §3, threshold).
 *
 *   relayer i   partialReEncrypt   P_i = e(s_i, c1')
 *   user        decryptPartials    X = C4/e(sk_DU, C3),   M = c2'·Π P_i^(λ_i)·e(c3' − H2(X), c1')
 *
 * λ_i are the Lagrange coefficients at 0 of any k relayers. With k = n = 1, P_1·e(c3', c1') is the factor by which `reEncrypt` multiplies
 * c2', so that it is that algorithm with its multiplication left to the user.
 */
import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import type { GT } from "mcl-wasm";
import type { CheckedCiphertext } from "../checked.ts";
import { divideGt, mulGt, pairing, subtract } from "../curve.ts";
import { type G1Bytes, type G2Bytes, type GtBytes, readG1, readG2, readGt, writeGt } from "../elements.ts";
import { hashTarget } from "../hash.ts";
import { writeMessage } from "../ibe.ts";
import { secret } from "../secret.ts";
import { lagrangeAtZero, productOfPowers, rootOf } from "./exponents.ts";
import { checkIndices, type PartialContext } from "./group.ts";
import { type Partial, partialDigest } from "./partial-object.ts";
import type { Share, ShareCommitments } from "./shares.ts";

/**
 * ReEnc by one of n relayers: `P_i = e(s_i, c1')`.
 *
 * @param ciphertext of the record's capsule, from `checkCiphertext`
 * @throws PRE_ELEMENT_INVALID
 */
export function partialReEncrypt({ index, share }: Share, ciphertext: CheckedCiphertext): Partial {
  using point = secret(readG1(share, "the share"));
  return { index, partial: writeGt(pairing(point.value, ciphertext.lines), "the partial") };
}

/**
 * Whether a partial is the one that the firewall committed to for this request and relayer.
 *
 * @throws INPUT_INVALID
 */
export function isCommittedPartial(
  { index, partial }: Partial,
  { indices, digests }: ShareCommitments,
  context: PartialContext,
): boolean {
  const digest = digests[indices.indexOf(index)];
  return digest !== undefined && equalBytes(digest, partialDigest(context, index, partial));
}

/** What a user opens with. */
export interface DecryptPartialsInput {
  /** `(c1', c2', c3')` of the capsule, decoded. */
  readonly ciphertext: CheckedCiphertext;
  /** `rk2'`, 96 bytes. */
  readonly C3: G2Bytes;
  /** `rk3'`, 576 bytes. */
  readonly C4: GtBytes;
  /** Those of k relayers, in the order of their indices; fewer give another `M`, which the capsule detects, and so do more. */
  readonly partials: readonly Partial[];
  /** `sk_DU`, 48 bytes. */
  readonly privateKey: G1Bytes;
}

/**
 * Dec_DU of k partials. The result is not authenticated: a wrong key or partial gives another `M`, which the capsule detects. Only then is it
 * worth asking whose fault it is (`isCommittedPartial`).
 *
 * @returns `M`, 576 bytes
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID; PRE_DECRYPT_FAILED when the result is the identity, which no honest encryption gives
 */
export function decryptPartials(input: DecryptPartialsInput): GtBytes {
  const { ciphertext, partials } = input;
  using key = secret(readG1(input.privateKey, "sk_DU"));
  using mask = secret(pairing(key.value, readG2(input.C3, "C3")));
  using x = secret(divideGt(readGt(input.C4, "C4"), mask.value));
  using hashed = secret(hashTarget(x.value));
  using rest = secret(subtract(ciphertext.c3, hashed.value));
  using outer = secret(pairing(rest.value, ciphertext.lines));
  using m = secret(mulGt(mulGt(ciphertext.c2, combine(partials)), outer.value));
  return writeMessage(m.value);
}

/** `Π P_i^(λ_i) = e(rk1', c1')`. */
function combine(partials: readonly Partial[]): GT {
  const indices = partials.map(({ index }) => index);
  if (indices.length === 0)
    throw new MedexError("INPUT_INVALID", "there are no partials; fetch as many as the grant asks for");
  checkIndices(indices);
  const { denominator, numerators } = lagrangeAtZero(indices);
  const factors = partials.map(({ index, partial }, position) => {
    const numerator = numerators[position] ?? 0n;
    return [readGt(partial, `the partial of relayer ${index}`), numerator] as const;
  });
  return rootOf(productOfPowers(factors), denominator);
}
