/**
 * The cryptographic reverse firewall (CRF) as functions (docs/design.md §3; MedExChain CRF-Setup, CRF-KeyGen, CRF-Enc, CRF-ReKeyGen). The
 * class that owns the secrets and keeps the order of steps is `ReverseFirewall` (reverse-firewall.ts).
 *
 * A firewall stands between a machine that may be subverted and the outside. It does not decrypt: it blends its own randomness into
 * what leaves, so that the machine's choice of randomness carries no message out, and refuses what was not made by the rules.
 *
 *   setup      PK' = a·PK                                  a stays here (b at Hospital B)
 *   keys       sk_DO' = a·sk_DO, D' = b·D
 *   encrypt    c1' = c1 + β·g2, c2' = c2·e(pk_DO, PK_A')^β, c3' = β·pk_DO,   β = PRF(k_A, recordId)
 *   re-key     rk1' = rk1 − β·pk_DO, rk2' = rk2 + γ·g2, rk3' = rk3·e(H1(ID_DU), V)^γ,   γ fresh, X dealt here
 *
 * Limits: it covers the randomness of the group elements. `M` itself, and the capsule's box and nonce, are the device's own; so is `r`,
 * the user's, in the last step of KeyGen_DU, which comes after the firewall. And a machine can always refuse to speak.
 */

import { MedexError } from "@medexchain/core";
import type { Fr } from "mcl-wasm";
import type { Ciphertext, FirewalledCiphertext, ReKey } from "./ciphertexts.ts";
import { checkPartialKey } from "./clc.ts";
import {
  add,
  divideGt,
  generatorLines,
  mulG1,
  mulG1Public,
  mulG2,
  mulGeneratorG2,
  mulGt,
  negate,
  pairing,
  pairingProduct,
  powGt,
  reduceToScalar,
  subtract,
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
import { hashTarget } from "./hash.ts";
import { checkOwnerKey, drawGt } from "./ibe.ts";
import { checkId, type ScopedIdentity } from "./identity.ts";
import { expandLabel } from "./key-derivation.ts";
import { prepareHospitalKey, prepareOwner, prepareRequester } from "./prepared.ts";
import type { ReKeyProposal } from "./proxy.ts";
import type { Requester } from "./public-keys.ts";
import { drawBytes, type RandomSource, systemRandom } from "./random.ts";
import { randomScalar, WIDE_SCALAR_LENGTH } from "./random-scalar.ts";
import { secret } from "./secret.ts";

/** k_A, the key of the PRF that gives each record its β, is 32 bytes. */
export const PRF_KEY_LENGTH = 32;

/** δ of `drawWeight`: 16 bytes. */
const WEIGHT_LENGTH = 16;

/** What a firewall must keep, for ever and to itself: without it no further keys, β or re-keys can be made. */
export interface FirewallSecrets {
  /** `a` at Hospital A, `b` at Hospital B. */
  readonly blinding: ScalarBytes;
  /** `k_A`, 32 bytes. */
  readonly prfKey: Uint8Array;
}

/** Draws a firewall's secrets: `a` (or `b`), and `k_A`. */
export function generateFirewallSecrets(random: RandomSource = systemRandom): FirewallSecrets {
  using blinding = secret(randomScalar(random));
  return { blinding: writeScalar(blinding.value, "the blinding"), prfKey: drawBytes(random, PRF_KEY_LENGTH) };
}

/**
 * CRF-Setup, either side: `PK' = a·PK`.
 *
 * @param blinding `a` or `b`, 32 bytes
 * @param masterPublicKey `PK_A` or `PK_B`, 96 bytes
 * @throws PRE_ELEMENT_INVALID
 */
export function crfSetup(blinding: ScalarBytes, masterPublicKey: G2Bytes): G2Bytes {
  using a = secret(readScalar(blinding, "the blinding"));
  return writeG2(mulG2(readG2(masterPublicKey, "the master public key"), a.value), "PK'");
}

/**
 * CRF-KeyGen at A: checks `sk_DO` against `PK_A`, then `sk_DO' = a·sk_DO`.
 *
 * @param blinding `a`
 * @param privateKey `sk_DO`, 48 bytes
 * @param masterPublicKey `PK_A`, 96 bytes, as it was before the firewall
 * @throws PRE_PRIVATE_KEY_INVALID when the hospital's key is not for this owner; PRE_ELEMENT_INVALID
 */
export function crfKeyGenDO(
  blinding: ScalarBytes,
  privateKey: G1Bytes,
  owner: ScopedIdentity,
  masterPublicKey: G2Bytes,
): G1Bytes {
  checkOwnerKey(privateKey, owner, masterPublicKey);
  return blind(blinding, privateKey, "sk_DO");
}

/**
 * CRF-KeyGen at B: checks `D` against `PK_B`, then `D' = b·D`.
 *
 * @param blinding `b`
 * @param partialKey `D`, 48 bytes
 * @param masterPublicKey `PK_B`, 96 bytes, as it was before the firewall
 * @throws PRE_PRIVATE_KEY_INVALID when the hospital's key is not for this user; PRE_ELEMENT_INVALID
 */
export function crfKeyGenDU(
  blinding: ScalarBytes,
  partialKey: G1Bytes,
  identity: Uint8Array,
  masterPublicKey: G2Bytes,
): G1Bytes {
  checkPartialKey(partialKey, identity, masterPublicKey);
  return blind(blinding, partialKey, "D");
}

/**
 * `β = PRF(k_A, recordId)`: 48 bytes of HKDF-SHA-256, reduced modulo r.
 *
 * @param prfKey `k_A`, 32 bytes
 * @param recordId 32 bytes
 * @throws INPUT_INVALID
 */
export function deriveBeta(prfKey: Uint8Array, recordId: Uint8Array): ScalarBytes {
  if (prfKey.length !== PRF_KEY_LENGTH) {
    throw new MedexError(
      "INPUT_INVALID",
      `the firewall's PRF key must be ${PRF_KEY_LENGTH} bytes; restore its secrets`,
    );
  }
  const wide = expandLabel(prfKey, "firewall/beta", checkId(recordId, "recordId"), WIDE_SCALAR_LENGTH);
  using beta = secret(reduceToScalar(wide));
  wide.fill(0);
  return writeScalar(beta.value, "β");
}

/**
 * CRF-Enc: `c1' = c1 + β·g2`, `c2' = c2·e(pk_DO, PK_A')^β`, `c3' = β·pk_DO`.
 *
 * Call it once per record id: as β is a function of the id, the difference of two outputs is the difference of two inputs, which is
 * the device's to choose. `ReverseFirewall` enforces this.
 *
 * @param ciphertext what the device made
 * @param owner the owner and scope that it was made for
 * @param hospitalKey `PK_A'`, 96 bytes
 * @param beta from `deriveBeta`
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function crfEncrypt(
  ciphertext: Ciphertext,
  owner: ScopedIdentity,
  hospitalKey: G2Bytes,
  beta: ScalarBytes,
): FirewalledCiphertext {
  const c1 = readG2(ciphertext.c1, "c1");
  const c2 = readGt(ciphertext.c2, "c2");
  const prepared = prepareOwner(owner, prepareHospitalKey(hospitalKey, "PK_A'"));
  using b = secret(readScalar(beta, "β"));
  return {
    c1: writeG2(add(c1, mulGeneratorG2(b.value, "uniform")), "c1'"),
    c2: writeGt(mulGt(c2, powGt(prepared.mask(), b.value, "uniform")), "c2'"),
    c3: writeG1(mulG1(prepared.publicKey, b.value), "c3'"),
  };
}

/**
 * By the firewall, on a record's anchored capsule: whether `c3' = β·pk_DO`, as CRF-Enc made it.
 *
 * @param hospitalKey `PK_A'`, 96 bytes
 * @param beta from `deriveBeta`
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function isOfBeta(
  { c3 }: FirewalledCiphertext,
  owner: ScopedIdentity,
  hospitalKey: G2Bytes,
  beta: ScalarBytes,
): boolean {
  const prepared = prepareOwner(owner, prepareHospitalKey(hospitalKey, "PK_A'"));
  using b = secret(readScalar(beta, "β"));
  return readG1(c3, "c3'").isEqual(mulG1(prepared.publicKey, b.value));
}

/**
 * By the device, on what came back from the firewall: that it still encrypts the same `M`, for otherwise the record would be lost.
 * `e(c3', g2) = e(pk_DO, c1' − c1)` and `c2' = c2·e(c3', PK_A')`.
 *
 * @param sent what the device made
 * @param received what the firewall returned
 * @throws FIREWALL_OUTPUT_INVALID when it does not; PRE_ELEMENT_INVALID
 */
export function checkReRandomised(
  sent: Ciphertext,
  received: FirewalledCiphertext,
  owner: ScopedIdentity,
  hospitalKey: G2Bytes,
  random: RandomSource = systemRandom,
): void {
  const hospital = prepareHospitalKey(hospitalKey, "PK_A'");
  const { publicKey } = prepareOwner(owner, hospital);
  const c3 = readG1(received.c3, "c3'");
  const shift = subtract(readG2(received.c1, "c1'"), readG2(sent.c1, "c1"));
  const factor = divideGt(readGt(received.c2, "c2'"), readGt(sent.c2, "c2"));
  // Both equations at once: e(c3', PK_A')·(e(c3', g2)/e(pk_DO, c1' − c1))^δ = c2'/c2.
  const delta = drawWeight(random);
  const product = pairingProduct(
    [c3, hospital.lines()],
    [mulG1Public(c3, delta), generatorLines()],
    [negate(mulG1Public(publicKey, delta)), shift],
  );
  if (!product.isEqual(factor)) {
    throw new MedexError(
      "FIREWALL_OUTPUT_INVALID",
      "the firewall returned a ciphertext of something else; do not publish it, check the firewall and use a new record id",
    );
  }
}

/**
 * Deals `X`: a uniform element of GT.
 *
 * @returns 576 bytes
 */
export function drawX(random: RandomSource = systemRandom): GtBytes {
  using x = secret(drawGt(random));
  return writeGt(x.value, "X");
}

/** What CRF-ReKeyGen needs beside the device's proposal. None of it may come from the device unchecked. */
export interface CrfReKeyGenInput {
  /** The `X` that this firewall dealt. */
  readonly x: GtBytes;
  /** β of the record. */
  readonly beta: ScalarBytes;
  /** The owner, with the record's scope. */
  readonly owner: ScopedIdentity;
  /** `PK_A'`, 96 bytes. */
  readonly hospitalKey: G2Bytes;
  /** Whom the re-encryption key is for. */
  readonly requester: Requester;
}

/**
 * CRF-ReKeyGen: checks the proposal, then `γ` random, `rk1' = rk1 − β·pk_DO`, `rk2' = rk2 + γ·g2`, `rk3' = rk3·e(H1(ID_DU), V)^γ`.
 *
 * Three checks leave the device nothing to choose but `λ`, which γ then hides:
 *  - `e(U, PK_B') = e(g1, V)`: the requester's key is one of Hospital B's;
 *  - `e(rk1, g2)·e(pk_DO, PK_A') = e(H2(X), g2)`: `rk1` is built on the dealt `X` and the owner's key;
 *  - `e(W, g2) = e(H1(ID_DU), rk2)` and `rk3 = X·e(W, V)`: `rk3` carries the dealt `X` under the λ of `rk2`.
 * The last one needs the witness `W = λ·H1(ID_DU)`: with the public values alone, telling `e(H1(ID_DU), V)^λ` from another element,
 * given `λ·g2` and `V`, is the decisional bilinear Diffie-Hellman problem. `W` opens the mask of `rk3`, hence gives `X`, which the
 * firewall knows anyway; it must go no further.
 *
 * @throws PRE_REKEY_REFUSED when rk1, rk2 or rk3 was not made by the rules; PRE_PUBLIC_KEY_INVALID, PRE_ELEMENT_INVALID
 */
export function crfReKeyGen(
  proposal: ReKeyProposal,
  input: CrfReKeyGenInput,
  random: RandomSource = systemRandom,
): ReKey {
  const user = prepareRequester(input.requester);
  const owner = prepareOwner(input.owner, prepareHospitalKey(input.hospitalKey, "PK_A'"));
  const rk1 = readG1(proposal.reKey.rk1, "rk1");
  const rk2 = readG2(proposal.reKey.rk2, "rk2");
  const rk3 = readGt(proposal.reKey.rk3, "rk3");
  using witness = secret(readG1(proposal.witness, "W"));
  using x = secret(readGt(input.x, "X"));

  // The second check is e(K, g2) = e(pk_DO, PK_A') for K = H2(X) − rk1, with the pairings over g2 joined. It and e(W, g2) =
  // e(H1(ID_DU), rk2) are checked as one, weighted by δ: e(K + δ·W, g2) = e(pk_DO, PK_A')·e(δ·H1(ID_DU), rk2).
  using key = secret(subtract(hashTarget(x.value), rk1));
  const delta = drawWeight(random);
  using weighted = secret(add(key.value, mulG1Public(witness.value, delta)));
  const both = pairingProduct([weighted.value, generatorLines()], [negate(mulG1Public(user.hashed, delta)), rk2]);
  if (!both.isEqual(owner.pairing())) {
    throw refused(
      pairing(key.value, generatorLines()).isEqual(owner.pairing())
        ? "the witness does not fit rk2 and the user's identity"
        : "rk1 is not built on the dealt X and the owner's key",
    );
  }
  if (!rk3.isEqual(mulGt(x.value, pairing(witness.value, user.lines())))) {
    throw refused("rk3 does not carry the dealt X");
  }

  using beta = secret(readScalar(input.beta, "β"));
  using gamma = secret(randomScalar(random));
  return {
    rk1: writeG1(subtract(rk1, mulG1(owner.publicKey, beta.value)), "rk1'"),
    rk2: writeG2(add(rk2, mulGeneratorG2(gamma.value, "direct")), "rk2'"),
    rk3: writeGt(mulGt(rk3, powGt(user.mask(), gamma.value, "direct")), "rk3'"),
  };
}

/** A 128-bit weight δ under which two equations in groups of prime order are checked as one: 2^-128 that a false one passes. */
function drawWeight(random: RandomSource): Fr {
  return reduceToScalar(drawBytes(random, WEIGHT_LENGTH));
}

function blind(blinding: ScalarBytes, key: G1Bytes, field: string): G1Bytes {
  using a = secret(readScalar(blinding, "the blinding"));
  using point = secret(readG1(key, field));
  using blinded = secret(mulG1(point.value, a.value));
  return writeG1(blinded.value, `${field}'`);
}

function refused(problem: string): MedexError {
  return new MedexError(
    "PRE_REKEY_REFUSED",
    `${problem}; the firewall does not release such a re-encryption key: check the device that made it`,
  );
}
