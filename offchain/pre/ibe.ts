/**
 * The owner's side: identity-based encryption at Hospital A (docs/design.md §3; MedExChain Setup, KeyGen_DO, Enc, Dec_DO).
 *
 *   Hospital A   setupA        s, PK_A = s·g2                          then its firewall: PK_A' = a·PK_A
 *   Hospital A   keyGenDO      sk_DO = s·H1(ID_DO)                     then its firewall: sk_DO' = a·sk_DO
 *   device       encrypt       c1 = α·g2, c2 = M·e(H1(ID_DO), PK_A')^α then its firewall: (c1', c2', c3')
 *   owner        decryptDO     M = c2' / e(sk_DO', c1')
 *
 * Encryption is secure against chosen plaintexts only: integrity is the capsule's.
 */

import { MedexError } from "@medexchain/core";
import type { GT } from "mcl-wasm";
import type { Ciphertext } from "./ciphertexts.ts";
import {
  divideGt,
  generatorLines,
  mulG1,
  mulGeneratorG2,
  mulGt,
  pairing,
  pairingsEqual,
  powGeneratorGt,
  powGt,
} from "./curve.ts";
import {
  type G1Bytes,
  type G2Bytes,
  type GtBytes,
  readG1,
  readG2,
  readGt,
  readScalar,
  type ScalarBytes,
  writeG1,
  writeG2,
  writeGt,
  writeScalar,
} from "./elements.ts";
import { hashOwner } from "./hash.ts";
import type { ScopedIdentity } from "./identity.ts";
import { prepareHospitalKey, prepareOwner } from "./prepared.ts";
import type { MasterKeyPair } from "./public-keys.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { randomScalar } from "./random-scalar.ts";
import { secret } from "./secret.ts";

/** A fresh `M`, 576 bytes, and its encryption. */
export interface Encapsulation {
  readonly m: GtBytes;
  readonly sent: Ciphertext;
}

/**
 * Setup A: `s` random, `PK_A = s·g2`.
 *
 * @returns secret key 32 bytes, public key 96 bytes
 */
export function setupA(random: RandomSource = systemRandom): MasterKeyPair {
  using s = secret(randomScalar(random));
  return { secretKey: writeScalar(s.value, "s"), publicKey: writeG2(mulGeneratorG2(s.value, "uniform"), "PK_A") };
}

/**
 * KeyGen_DO at Hospital A: `sk_DO = s·H1(ID_DO)`, the key of one scope.
 *
 * @param masterSecret `s`, 32 bytes
 * @returns 48 bytes
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function keyGenDO(masterSecret: ScalarBytes, owner: ScopedIdentity): G1Bytes {
  using s = secret(readScalar(masterSecret, "s"));
  using key = secret(mulG1(hashOwner(owner), s.value));
  return writeG1(key.value, "sk_DO");
}

/**
 * Checks that a private key belongs to an owner under a hospital's public key: `e(sk, g2) = e(H1(ID_DO), PK)`. With `PK_A'` it
 * checks `sk_DO'`, which an owner should do once on receiving it; with `PK_A` it checks `sk_DO`.
 *
 * @throws PRE_PRIVATE_KEY_INVALID when it does not; PRE_ELEMENT_INVALID
 */
export function checkOwnerKey(privateKey: G1Bytes, owner: ScopedIdentity, hospitalKey: G2Bytes): void {
  using key = secret(readG1(privateKey, "the owner's private key"));
  const hospital = prepareHospitalKey(hospitalKey, "the hospital's public key");
  const { publicKey } = prepareOwner(owner, hospital);
  if (!pairingsEqual(key.value, generatorLines(), publicKey, hospital.lines())) {
    throw new MedexError(
      "PRE_PRIVATE_KEY_INVALID",
      "the owner's private key does not fit the identity, the scope and the hospital's public key; ask the hospital again",
    );
  }
}

/**
 * A fresh `M`: a uniform element of GT, from which a record's keys derive.
 *
 * @returns 576 bytes
 */
export function randomMessage(random: RandomSource = systemRandom): GtBytes {
  using message = secret(drawGt(random));
  return writeGt(message.value, "M");
}

/** gt^k for a random k, which is used nowhere else. */
export function drawGt(random: RandomSource): GT {
  using k = secret(randomScalar(random));
  return powGeneratorGt(k.value, "direct");
}

/**
 * Enc, on the device: `c1 = α·g2`, `c2 = M·e(pk_DO, PK_A')^α`. It may leave the device only by way of the firewall.
 *
 * @param m `M`, 576 bytes, from `randomMessage`
 * @param owner whose scope the record belongs to
 * @param hospitalKey `PK_A'`, 96 bytes
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function encrypt(
  m: GtBytes,
  owner: ScopedIdentity,
  hospitalKey: G2Bytes,
  random: RandomSource = systemRandom,
): Ciphertext {
  using message = secret(readGt(m, "M"));
  return mask(message.value, owner, hospitalKey, random);
}

/**
 * Enc with a fresh `M`, on the device: what `randomMessage` and then `encrypt` do, from the same draws, without checking the `M` that
 * was just made. From an owner's second record in a scope on it works from tables only.
 *
 * @param owner whose scope the record belongs to
 * @param hospitalKey `PK_A'`, 96 bytes
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function encapsulate(
  owner: ScopedIdentity,
  hospitalKey: G2Bytes,
  random: RandomSource = systemRandom,
): Encapsulation {
  using message = secret(drawGt(random));
  return { m: writeGt(message.value, "M"), sent: mask(message.value, owner, hospitalKey, random) };
}

function mask(message: GT, owner: ScopedIdentity, hospitalKey: G2Bytes, random: RandomSource): Ciphertext {
  const prepared = prepareOwner(owner, prepareHospitalKey(hospitalKey, "PK_A'"));
  using alpha = secret(randomScalar(random));
  using power = secret(powGt(prepared.mask(), alpha.value, "direct"));
  return {
    c1: writeG2(mulGeneratorG2(alpha.value, "direct"), "c1"),
    c2: writeGt(mulGt(message, power.value), "c2"),
  };
}

/**
 * Dec_DO: `M = c2' / e(sk_DO', c1')`. It also opens what has not passed the firewall, whose form is the same. The result is not
 * authenticated: the wrong key gives another `M`, which the capsule detects.
 *
 * @param privateKey `sk_DO'`, 48 bytes
 * @returns `M`, 576 bytes
 * @throws PRE_ELEMENT_INVALID; PRE_DECRYPT_FAILED when the result is the identity, which no honest encryption gives
 */
export function decryptDO(ciphertext: Ciphertext, privateKey: G1Bytes): GtBytes {
  const c1 = readG2(ciphertext.c1, "c1");
  const c2 = readGt(ciphertext.c2, "c2");
  using key = secret(readG1(privateKey, "sk_DO'"));
  using mask = secret(pairing(key.value, c1));
  using m = secret(divideGt(c2, mask.value));
  return writeMessage(m.value);
}

/** Encodes a decrypted `M`. */
export function writeMessage(m: Parameters<typeof writeGt>[0]): GtBytes {
  if (m.isOne()) {
    throw new MedexError("PRE_DECRYPT_FAILED", "decryption gave the identity; ask for the ciphertext again");
  }
  return writeGt(m, "M");
}
