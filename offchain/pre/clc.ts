/**
 * The user's side: certificateless keys at Hospital B (docs/design.md §3; MedExChain Setup, KeyGen_DU).
 *
 *   Hospital B   setupB             y, PK_B = y·g2             then its firewall: PK_B' = b·PK_B
 *   Hospital B   partialKeyGenDU    D = y·H1(ID_DU)            then its firewall: D' = b·D
 *   user         keyGenDU           r, sk_DU = r·D', V = r·PK_B', U = r·g1
 *
 * Hospital B never learns `r`, so it cannot open what its doctors are sent.
 */
import { MedexError } from "@medexchain/core";
import { generatorLines, mulG1, mulG2, mulGeneratorG1, mulGeneratorG2, pairingsEqual } from "./curve.ts";
import {
  type G1Bytes,
  type G2Bytes,
  readG1,
  readScalar,
  type ScalarBytes,
  writeG1,
  writeG2,
  writeScalar,
} from "./elements.ts";
import { hashUser } from "./hash.ts";
import { expectUserPublicKey, prepareHospitalKey } from "./prepared.ts";
import type { MasterKeyPair, UserPublicKey } from "./public-keys.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { randomScalar } from "./random-scalar.ts";
import { secret } from "./secret.ts";

/** `sk_DU = r·D'` with its public key. */
export interface UserKeyPair {
  readonly privateKey: G1Bytes;
  readonly publicKey: UserPublicKey;
}

/**
 * Setup B: `y` random, `PK_B = y·g2`.
 *
 * @returns secret key 32 bytes, public key 96 bytes
 */
export function setupB(random: RandomSource = systemRandom): MasterKeyPair {
  using y = secret(randomScalar(random));
  return { secretKey: writeScalar(y.value, "y"), publicKey: writeG2(mulGeneratorG2(y.value, "uniform"), "PK_B") };
}

/**
 * KeyGen_DU, first step, at Hospital B: the partial private key `D = y·H1(ID_DU)`.
 *
 * @param masterSecret `y`, 32 bytes
 * @returns 48 bytes
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function partialKeyGenDU(masterSecret: ScalarBytes, identity: Uint8Array): G1Bytes {
  using y = secret(readScalar(masterSecret, "y"));
  using partial = secret(mulG1(hashUser(identity), y.value));
  return writeG1(partial.value, "D");
}

/**
 * Checks that a partial private key belongs to a user under a hospital's public key: `e(D', g2) = e(H1(ID_DU), PK_B')`, or the
 * same with `D` and `PK_B`.
 *
 * @throws PRE_PRIVATE_KEY_INVALID when it does not; PRE_ELEMENT_INVALID
 */
export function checkPartialKey(partialKey: G1Bytes, identity: Uint8Array, hospitalKey: G2Bytes): void {
  using partial = secret(readG1(partialKey, "the user's partial key"));
  const hospital = prepareHospitalKey(hospitalKey, "the hospital's public key");
  if (!pairingsEqual(partial.value, generatorLines(), hashUser(identity), hospital.lines())) {
    throw new MedexError(
      "PRE_PRIVATE_KEY_INVALID",
      "the user's partial key does not fit the identity and the hospital's public key; ask the hospital again",
    );
  }
}

/**
 * KeyGen_DU, last step, at the user: checks `D'`, then `r` random, `sk_DU = r·D'`, `V = r·PK_B'`, `U = r·g1`. (The step between
 * is the firewall's `crfKeyGenDU`.)
 *
 * @param partialKey `D'`, 48 bytes
 * @param identity `ID_DU`
 * @param hospitalKey `PK_B'`, 96 bytes
 * @throws PRE_PRIVATE_KEY_INVALID when `D'` is not for this identity and hospital; PRE_ELEMENT_INVALID
 */
export function keyGenDU(
  partialKey: G1Bytes,
  identity: Uint8Array,
  hospitalKey: G2Bytes,
  random: RandomSource = systemRandom,
): UserKeyPair {
  checkPartialKey(partialKey, identity, hospitalKey);
  using partial = secret(readG1(partialKey, "D'"));
  using r = secret(randomScalar(random));
  using privateKey = secret(mulG1(partial.value, r.value));
  return {
    privateKey: writeG1(privateKey.value, "sk_DU"),
    publicKey: {
      V: writeG2(mulG2(prepareHospitalKey(hospitalKey, "PK_B'").point, r.value), "V"),
      U: writeG1(mulGeneratorG1(r.value, "uniform"), "U"),
    },
  };
}

/**
 * Checks that a user's public key was made from its hospital's: `e(U, PK_B') = e(g1, V)`. Without it, whoever replaces `V` by
 * `x·g2` reads what is re-encrypted to the user with `x·H1(ID_DU)`.
 *
 * It does not say *which* `r` was used: that the key is this user's is Hospital B's signature on the key's digest.
 *
 * @throws PRE_PUBLIC_KEY_INVALID when it was not; PRE_ELEMENT_INVALID
 */
export function checkUserPublicKey(publicKey: UserPublicKey, hospitalKey: G2Bytes): void {
  expectUserPublicKey(publicKey, hospitalKey);
}
