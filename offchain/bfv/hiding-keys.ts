/**
 * That a public key `(p0, p1)` hides what is encrypted under it. A ciphertext is `c0 = u·p0 + e + Δm` and `c1 = u·p1 + e'`, u and e small: with
 * a p0 of zero, or a small one, `c0` shows `m` to anyone. A key that was generated has a p0 that cannot be told from a uniform polynomial,
 * and passes but once in more than 2^64 times. What no check can see is a key whose owner has published the secret half.
 */
import { MedexError } from "@medexchain/core";
import type { PublicKey } from "node-seal";
import type { BfvContext } from "./context.ts";
import { type RlwePair, readRlwePair } from "./seal-format.ts";

/** Of uniform residues modulo p a quarter lies within p/8 of zero; half of them is tens of standard deviations more. */
const SMALL_SHARE = 1 / 2;

/** Uniform residues modulo a prime of 36 bits or more are nearly all distinct. */
const DISTINCT_SHARE = 0.99;

/**
 * @param key as SEAL has loaded it
 * @param pair its p0, in the NTT domain at key level
 * @throws BFV_BYTES_INVALID when what is encrypted under it can be read without a key
 */
export function expectHidingKey(
  { seal, context, keyLevel, dataLevel, degree }: BfvContext,
  key: PublicKey,
  pair: RlwePair,
): void {
  for (const [row] of keyLevel.primes.entries()) {
    const values = pair.coefficients.subarray(row * degree, (row + 1) * degree);
    if (new Set(values).size < DISTINCT_SHARE * degree) throw notHiding();
  }
  using encryptor = new seal.Encryptor(context, key);
  using zero = new seal.Ciphertext();
  encryptor.encryptZero(zero);
  const saved = zero.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  const { coefficients } = readRlwePair(saved, dataLevel, degree, false);
  for (const [row, prime] of dataLevel.primes.entries()) {
    const c0 = coefficients.subarray(row * degree, (row + 1) * degree);
    const small = c0.reduce(
      (count, residue) => count + Number(residue < prime / 8n || residue > prime - prime / 8n),
      0,
    );
    if (small > SMALL_SHARE * degree) throw notHiding();
  }
}

function notHiding(): MedexError {
  return new MedexError(
    "BFV_BYTES_INVALID",
    "the BFV public key hides nothing: what is encrypted under it could be read without a key; ask its owner for a generated one",
  );
}
