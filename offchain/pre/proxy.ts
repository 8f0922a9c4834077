/**
 * Proxy re-encryption from A's IBE to B's CLC (docs/design.md §3; MedExChain ReKeyGen, ReEnc, Dec_DU).
 *
 *   owner     reKeyGen    rk1 = H2(X) − sk_DO', rk2 = λ·g2, rk3 = X·e(H1(ID_DU), V)^λ   then its firewall: RK'
 *   relayer   reEncrypt   C1 = c1', C2 = c2'·e(rk1' + c3', c1'), C3 = rk2', C4 = rk3'
 *   user      decryptDU   X = C4 / e(sk_DU, C3), M = C2 / e(H2(X), C1)
 *
 * Limits, inherent in the scheme: whoever holds both `RK'` and the user's private key computes `sk_DO' = H2(X) − (rk1' + c3')`. That
 * is the reason for scoped identities and for sealing `RK'` (sealing.ts). A re-encryption key serves every record of its scope.
 */

import { checkCiphertext, checkReKey, reEncryptChecked } from "./checked.ts";
import type { FirewalledCiphertext, ReEncryptedCiphertext, ReKey } from "./ciphertexts.ts";
import { divideGt, mulG1, mulGeneratorG2, mulGt, pairing, powGt, subtract } from "./curve.ts";
import { type G1Bytes, type GtBytes, readG1, readG2, readGt, writeG1, writeG2, writeGt } from "./elements.ts";
import { hashTarget } from "./hash.ts";
import { writeMessage } from "./ibe.ts";
import { prepareRequester } from "./prepared.ts";
import type { Requester } from "./public-keys.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { randomScalar } from "./random-scalar.ts";
import { secret } from "./secret.ts";

/** What the device hands to its firewall, and to no one else. */
export interface ReKeyProposal {
  readonly reKey: ReKey;
  /** `W = λ·H1(ID_DU)`, which lets the firewall, who knows `X`, check `rk2` and `rk3`; as secret as `X`. See `crfReKeyGen`. */
  readonly witness: G1Bytes;
}

/**
 * ReKeyGen, by the owner: checks the user's public key, then `λ` random, `rk1 = H2(X) − sk_DO'`, `rk2 = λ·g2`,
 * `rk3 = X·e(H1(ID_DU), V)^λ`.
 *
 * @param privateKey `sk_DO'` of the record's scope, 48 bytes
 * @param x `X` as dealt by the firewall for this record and request, 576 bytes
 * @param requester whom the record is for
 * @returns the proposal for the firewall; never send it elsewhere
 * @throws PRE_PUBLIC_KEY_INVALID when `e(U, PK_B') ≠ e(g1, V)`; PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function reKeyGen(
  privateKey: G1Bytes,
  x: GtBytes,
  requester: Requester,
  random: RandomSource = systemRandom,
): ReKeyProposal {
  const user = prepareRequester(requester);
  using key = secret(readG1(privateKey, "sk_DO'"));
  using dealt = secret(readGt(x, "X"));
  using hashed = secret(hashTarget(dealt.value));
  using lambda = secret(randomScalar(random));
  using witness = secret(mulG1(user.hashed, lambda.value));
  using mask = secret(powGt(user.mask(), lambda.value, "direct"));
  return {
    reKey: {
      rk1: writeG1(subtract(hashed.value, key.value), "rk1"),
      rk2: writeG2(mulGeneratorG2(lambda.value, "direct"), "rk2"),
      rk3: writeGt(mulGt(dealt.value, mask.value), "rk3"),
    },
    witness: writeG1(witness.value, "W"),
  };
}

/**
 * ReEnc, by the relayer: `C1 = c1'`, `C2 = c2'·e(rk1' + c3', c1')`, `C3 = rk2'`, `C4 = rk3'`. All elements are checked.
 *
 * @throws PRE_ELEMENT_INVALID
 */
export function reEncrypt(ciphertext: FirewalledCiphertext, reKey: ReKey): ReEncryptedCiphertext {
  using checked = checkReKey(reKey);
  return reEncryptChecked(checkCiphertext(ciphertext), checked);
}

/**
 * Dec_DU: `X = C4 / e(sk_DU, C3)`, `M = C2 / e(H2(X), C1)`. The result is not authenticated: the wrong key gives another `M`,
 * which the capsule detects.
 *
 * @param privateKey `sk_DU`, 48 bytes
 * @returns `M`, 576 bytes
 * @throws PRE_ELEMENT_INVALID; PRE_DECRYPT_FAILED when the result is the identity, which no honest encryption gives
 */
export function decryptDU(ciphertext: ReEncryptedCiphertext, privateKey: G1Bytes): GtBytes {
  const c1 = readG2(ciphertext.C1, "C1");
  const c2 = readGt(ciphertext.C2, "C2");
  const c3 = readG2(ciphertext.C3, "C3");
  const c4 = readGt(ciphertext.C4, "C4");
  using key = secret(readG1(privateKey, "sk_DU"));
  using mask = secret(pairing(key.value, c3));
  using x = secret(divideGt(c4, mask.value));
  using hashed = secret(hashTarget(x.value));
  using outer = secret(pairing(hashed.value, c1));
  using m = secret(divideGt(c2, outer.value));
  return writeMessage(m.value);
}
