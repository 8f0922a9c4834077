/**
 * The joint key. All holders use one `a`, which nobody chooses: it grows from the study's id. Holder `i` draws `s_i` and `e_i` and publishes
 * `b_i = −(a·s_i + e_i)`; the joint public key is `(Σ b_i, a)`, of the secret `Σ s_i`, which nobody has (Asharov et al., EUROCRYPT 2012; Mouchet
 * et al., PETS 2021, section 4.1). All shares are committed to before the first is shown: else the last holder could choose its own as
 * `b − Σ b_j`, of a key that it knows alone.
 */

import { type BfvContext, expandSecretKey, packPair, SECRET_KEY_LENGTH } from "@medexchain/bfv/ring";
import { encodeObject, toHex32 } from "@medexchain/core";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { RandomSource } from "./discrete-laplace.ts";
import { encodeShare } from "./files.ts";
import { maskKey } from "./masks.ts";
import type { Study, StudyPlan } from "./plan.ts";
import { secretStream } from "./secret-stream.ts";
import { lastResidues, modulo, smallToNtt, studyRing } from "./study-ring.ts";
import { drawUniform } from "./uniform.ts";

const DOMAIN = "medexchain/v1/studies/common-element\0";
const HOLDER_KEY_DOMAIN = "medexchain/v1/studies/holder-key";
/** Coins of one coefficient of an error: centred binomial, variance 21/2, as SEAL's. */
const COINS = 42;

/** The common `a`, uniform, in the NTT domain at key level, from SHAKE256. */
export function commonElement({ keyLevel, degree }: BfvContext, study: Uint8Array): BigUint64Array {
  const stream = shake256.create().update(utf8ToBytes(DOMAIN)).update(study);
  const element = new BigUint64Array(keyLevel.primes.length * degree);
  for (const [row, prime] of keyLevel.primes.entries()) {
    drawUniform((length) => stream.xof(length), prime, element.subarray(row * degree, (row + 1) * degree));
  }
  stream.destroy();
  return element;
}

/** Errors of the centred binomial distribution. */
function drawErrors(count: number, random: RandomSource): number[] {
  const bytes = random(6 * count);
  const errors = Array.from({ length: count }, (_, i) => {
    let heads = 0;
    for (let coin = 0; coin < COINS; coin++) heads += ((bytes[6 * i + (coin >> 3)] ?? 0) >> (coin & 7)) & 1;
    return heads - COINS / 2;
  });
  bytes.fill(0);
  return errors;
}

/** A holder's secret polynomial in the NTT domain at key level. Wipe with `fill(0n)` after use. */
export function secretResidues(bfv: BfvContext, study: Uint8Array, secretKey: Uint8Array): BigUint64Array {
  using key = expandSecretKey(bfv, `studies/${toHex32(study)}`, secretKey);
  const saved = key.saveToArray(bfv.seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  const residues = lastResidues(saved, bfv, bfv.keyLevel);
  saved.fill(0);
  return residues;
}

/**
 * A holder's key of one study, from a seed of its own for all of them. Other terms give another key, even under the same id: a node that lies about
 * them gets neither a second share of one key, nor noise for another ε.
 * @param seed 32 bytes, secret
 * @returns 32 bytes. Wipe with `fill(0)` after use
 */
export function deriveHolderKey(seed: Uint8Array, study: Study): Uint8Array {
  const terms = sha256(encodeObject({ ...study }));
  return hkdf(sha256, seed, terms, utf8ToBytes(HOLDER_KEY_DOMAIN), SECRET_KEY_LENGTH);
}

/**
 * A holder's share of the joint key, with its key for the masks. The same secret key gives the same share, error and all: a holder that lost what it
 * committed to can make it again.
 * @param holder its id, 32 bytes
 * @param secretKey of this study and no other, 32 bytes
 * @returns the file to commit to, and to publish once all have committed to theirs
 */
export async function keyShare(plan: StudyPlan, holder: Uint8Array, secretKey: Uint8Array): Promise<Uint8Array> {
  const bfv = await studyRing(plan);
  const { keyLevel, degree } = bfv;
  const { id } = plan.study;
  const secret = secretResidues(bfv, id, secretKey);
  const error = smallToNtt(bfv, drawErrors(degree, secretStream("key-error", secretKey, id)));
  const common = commonElement(bfv, id);
  const share = new BigUint64Array(common.length);
  for (const [row, prime] of keyLevel.primes.entries()) {
    for (let i = row * degree; i < (row + 1) * degree; i++) {
      share[i] = modulo(-((common[i] ?? 0n) * (secret[i] ?? 0n) + (error[i] ?? 0n)), prime);
    }
  }
  secret.fill(0n);
  error.fill(0n);
  const packed = packPair({ coefficients: share }, keyLevel, degree);
  return encodeShare({ study: id, from: holder, packed, maskKey: await maskKey(id, secretKey) });
}
