/**
 * BFV parameter profiles. Each row is at SEAL's 128-bit level (the tables of homomorphicencryption.org for a uniform ternary
 * secret); a context that is weaker is refused when it is opened.
 */

import { MedexError } from "@medexchain/core";

export interface BfvParameters {
  /** Degree `n` of the ring; also the number of batching slots. A power of two. */
  readonly degree: number;
  /** Bits of each prime of the coefficient modulus `q`; where there are several, the last is for key switching only. */
  readonly coefficientBits: readonly number[];
  /** Bits of the batching prime `t`: a slot holds an integer of `(-t/2, t/2)`. Of a set that does not batch: `t` is 2 to this power. */
  readonly plainBits: number;
  /** `false`: a plaintext is its coefficients, of `[0, t)`; nothing is to be computed on them. */
  readonly batches?: boolean;
  /**
   * Primes that a ciphertext of feature bytes keeps when it is encrypted under a public key. Nothing is ever computed on
   * it, so it can be switched down to what decryption needs: `q / (2t)` above `(n + 1)`, which no switching error exceeds.
   */
  readonly byteLevelPrimes: number;
}

/**
 * - `compact`: the smallest ciphertexts; sums of numeric slots, no products.
 * - `standard`: the default; sums, and one product.
 * - `compute`: wide slots; sums, and three products in a row.
 */
export const PROFILES = {
  compact: { degree: 2048, coefficientBits: [54], plainBits: 20, byteLevelPrimes: 1 },
  standard: { degree: 4096, coefficientBits: [36, 36, 37], plainBits: 20, byteLevelPrimes: 1 },
  compute: { degree: 8192, coefficientBits: [43, 43, 44, 44, 44], plainBits: 30, byteLevelPrimes: 2 },
} as const satisfies Record<string, BfvParameters>;

export type ProfileName = keyof typeof PROFILES;

export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[]; // the keys of a constant

/** A profile, or none: `bytes` is for features that nobody computes on, whose ciphertexts are of the byte sets alone (`byte-sets.ts`). */
export type FragmentProfile = ProfileName | "bytes";

export const FRAGMENT_PROFILE_NAMES: readonly FragmentProfile[] = [...PROFILE_NAMES, "bytes"];

export const DEFAULT_PROFILE: ProfileName = "standard";

/**
 * A profile's parameters.
 * @throws BFV_PARAMETERS_REFUSED no profile by that name
 */
export function profileParameters(profile: ProfileName): BfvParameters {
  if (!Object.hasOwn(PROFILES, profile)) {
    throw new MedexError(
      "BFV_PARAMETERS_REFUSED",
      `no BFV profile ${JSON.stringify(profile)}: ${PROFILE_NAMES.join(", ")}`,
    );
  }
  return PROFILES[profile];
}
