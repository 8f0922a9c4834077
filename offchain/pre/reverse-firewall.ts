/**
 * A hospital's reverse firewall: it owns `a` (or `b`) and `k_A`, and keeps the order of steps on which the functions of firewall.ts
 * rely. Bytes and plain objects of bytes cross its methods, nothing else.
 *
 *   Hospital A   blindOwnerKey   sk_DO -> sk_DO'
 *   Hospital B   blindPartialKey D -> D'
 *   device       reRandomise     (c1, c2) -> (c1', c2', c3'), once per record id
 *   device       dealX           X for one record and request
 *   device       signOff         proposal -> RK' sealed to the relayers, once per record and request
 */

import { MedexError } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Ciphertext, FirewalledCiphertext } from "./ciphertexts.ts";
import type { G1Bytes, G2Bytes, GtBytes, ScalarBytes } from "./elements.ts";
import {
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  deriveBeta,
  drawX,
  type FirewallSecrets,
} from "./firewall.ts";
import { checkId, type ScopedIdentity } from "./identity.ts";
import { forgetKey } from "./prepared.ts";
import type { ReKeyProposal } from "./proxy.ts";
import type { Requester } from "./public-keys.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { sealReKey } from "./sealing.ts";
import type { SeenRecords } from "./seen-records.ts";

/** What a firewall is made of. */
export interface ReverseFirewallOptions {
  /** Copied; from `generateFirewallSecrets`, or from where they were kept. */
  readonly secrets: FirewallSecrets;
  /** The hospital's own public key, `PK_A` or `PK_B`, 96 bytes. */
  readonly masterPublicKey: G2Bytes;
  readonly seenRecords: SeenRecords;
  /**
   * Gives the relayers' HPKE key, 32 bytes, as the firewall itself reads it on chain: a key that the device names could be its own. Without
   * it nothing is signed off, as at Hospital B.
   */
  readonly sealingKey?: () => Promise<Uint8Array>;
  readonly random?: RandomSource;
  /** How many `X` are kept that were dealt and not signed off, between which a device takes seconds; 10,000 unless given. */
  readonly maxDealt?: number;
}

/** A re-encryption key to be let out. */
export interface SignOffInput {
  /** 32 bytes. */
  readonly recordId: Uint8Array;
  /** 32 bytes. */
  readonly requestId: Uint8Array;
  /** The owner, with the record's scope. */
  readonly owner: ScopedIdentity;
  readonly requester: Requester;
  readonly proposal: ReKeyProposal;
}

/** See the head of this file. Dispose of it (`using`) to wipe its secrets. */
export class ReverseFirewall implements Disposable {
  /** `PK_A'` or `PK_B'`: the public key that the hospital publishes, 96 bytes. */
  readonly publicKey: G2Bytes;
  readonly #blinding: ScalarBytes;
  readonly #prfKey: Uint8Array;
  readonly #masterPublicKey: G2Bytes;
  readonly #seen: SeenRecords;
  readonly #sealingKey: (() => Promise<Uint8Array>) | undefined;
  readonly #random: RandomSource;
  readonly #maxDealt: number;
  readonly #dealt = new Map<string, GtBytes>();
  #disposed = false;

  /** @throws PRE_ELEMENT_INVALID, INPUT_INVALID when the secrets or the public key are malformed */
  constructor(options: ReverseFirewallOptions) {
    this.#blinding = options.secrets.blinding.slice() as ScalarBytes; // a copy keeps the brand; crfSetup checks it
    this.#prfKey = options.secrets.prfKey.slice();
    this.#masterPublicKey = options.masterPublicKey;
    this.#seen = options.seenRecords;
    this.#sealingKey = options.sealingKey;
    this.#random = options.random ?? systemRandom;
    this.#maxDealt = options.maxDealt ?? 10_000;
    this.publicKey = crfSetup(this.#blinding, this.#masterPublicKey);
    deriveBeta(this.#prfKey, new Uint8Array(32)).fill(0); // a malformed k_A is told at start-up, not at the first record
  }

  /**
   * CRF-KeyGen at A, see `crfKeyGenDO`.
   *
   * @param privateKey `sk_DO`, 48 bytes
   * @returns `sk_DO'`, 48 bytes
   */
  blindOwnerKey(privateKey: G1Bytes, owner: ScopedIdentity): G1Bytes {
    this.#expectLive();
    return crfKeyGenDO(this.#blinding, privateKey, owner, this.#masterPublicKey);
  }

  /**
   * CRF-KeyGen at B, see `crfKeyGenDU`.
   *
   * @param partialKey `D`, 48 bytes
   * @returns `D'`, 48 bytes
   */
  blindPartialKey(partialKey: G1Bytes, identity: Uint8Array): G1Bytes {
    this.#expectLive();
    return crfKeyGenDU(this.#blinding, partialKey, identity, this.#masterPublicKey);
  }

  /**
   * CRF-Enc, once per record id. The id is recorded before anything is returned: if the answer is lost, the record needs a new id.
   *
   * @param recordId 32 bytes
   * @throws FIREWALL_RECORD_SEEN when this firewall has seen the record id; PRE_ELEMENT_INVALID, INPUT_INVALID, which do not use it up
   */
  async reRandomise(
    recordId: Uint8Array,
    owner: ScopedIdentity,
    ciphertext: Ciphertext,
  ): Promise<FirewalledCiphertext> {
    this.#expectLive();
    const id = checkId(recordId, "recordId").slice(); // a copy, as the caller's array may change while the store is asked
    if (await this.#seen.records.has(id)) throw recordSeen();
    this.#expectLive();
    const beta = deriveBeta(this.#prfKey, id);
    const output = crfEncrypt(ciphertext, owner, this.publicKey, beta);
    beta.fill(0);
    // The store decides between concurrent calls: only the one that adds the id returns what it computed.
    if (!(await this.#seen.records.add(id))) throw recordSeen();
    return output;
  }

  /**
   * Deals `X` for a record and request. Asked again before sign-off it gives the same `X`, so that a device cannot ask until it likes
   * the answer. `X` lives in this process: after a restart, or when `maxDealt` more were dealt, the device starts over with `dealX`.
   *
   * @param recordId 32 bytes
   * @param requestId 32 bytes
   * @returns 576 bytes, a copy
   * @throws PRE_REKEY_REFUSED when the request was signed off; INPUT_INVALID
   */
  async dealX(recordId: Uint8Array, requestId: Uint8Array): Promise<GtBytes> {
    this.#expectLive();
    const pair = pairId(recordId, requestId);
    if (await this.#seen.signOffs.has(pair)) throw signedOff();
    this.#expectLive();
    const key = bytesToHex(pair);
    const x = this.#dealt.get(key) ?? drawX(this.#random);
    this.#dealt.set(key, x);
    const [oldest] = this.#dealt.keys();
    if (this.#dealt.size > this.#maxDealt && oldest !== undefined) this.#forget(oldest);
    return x.slice() as GtBytes; // a copy keeps the brand
  }

  /**
   * CRF-ReKeyGen, once per record and request: checks the proposal against the `X` that was dealt (see `crfReKeyGen`) and seals `RK'`
   * to the relayers. It seals here because a subverted device could leak by the randomness of sealing, too. A refused proposal may be
   * fixed and sent again; a signed-off one not.
   *
   * Only for a record that this firewall has re-randomised: `rk1 − rk1' = β·pk_DO` tells its device β's effect, and a device that knew it
   * beforehand would choose the ciphertext whose re-randomised form says what it likes.
   *
   * @returns the sealed `RK'`, see `sealReKey`
   * @throws PRE_REKEY_REFUSED when the record was not re-randomised, no `X` was dealt, the proposal is not built on it, or the request was
   *   signed off; PRE_PUBLIC_KEY_INVALID, PRE_ELEMENT_INVALID, SEALED_REKEY_INVALID, INPUT_INVALID
   */
  async signOff(input: SignOffInput): Promise<Uint8Array> {
    this.#expectLive();
    const pair = pairId(input.recordId, input.requestId);
    if (this.#sealingKey === undefined) {
      throw new MedexError(
        "PRE_REKEY_REFUSED",
        "this firewall signs nothing off: it was not told where the relayers' key is",
      );
    }
    if (!(await this.#seen.records.has(input.recordId))) {
      throw new MedexError(
        "PRE_REKEY_REFUSED",
        "this firewall has not re-randomised this record; publish it first, through this hospital's firewall",
      );
    }
    const sealingKey = await this.#sealingKey();
    this.#expectLive();
    const key = bytesToHex(pair);
    const x = this.#dealt.get(key);
    if (x === undefined) {
      if (await this.#seen.signOffs.has(pair)) throw signedOff();
      throw new MedexError(
        "PRE_REKEY_REFUSED",
        "no X was dealt for this record and request; ask for one with dealX first",
      );
    }
    const { owner, requester } = input;
    const beta = deriveBeta(this.#prfKey, input.recordId);
    const reKey = crfReKeyGen(input.proposal, { x, beta, owner, hospitalKey: this.publicKey, requester }, this.#random);
    beta.fill(0);
    const sealed = await sealReKey(reKey, input.requestId, sealingKey, this.#random);
    if (!(await this.#seen.signOffs.add(pair))) throw signedOff();
    this.#forget(key);
    return sealed;
  }

  #forget(key: string): void {
    this.#dealt.get(key)?.fill(0);
    this.#dealt.delete(key);
  }

  /** Wipes the secrets and every `X` that is still out, and drops the keys' tables. The firewall cannot be used any more. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    forgetKey(this.publicKey);
    forgetKey(this.#masterPublicKey);
    this.#blinding.fill(0);
    this.#prfKey.fill(0);
    for (const x of this.#dealt.values()) x.fill(0);
    this.#dealt.clear();
  }

  #expectLive(): void {
    if (this.#disposed) {
      throw new MedexError("INPUT_INVALID", "this firewall was disposed of and its secrets wiped; make a new one");
    }
  }
}

/** An id of the pair for the store. */
function pairId(recordId: Uint8Array, requestId: Uint8Array): Uint8Array {
  const label = utf8ToBytes("medexchain/v1/firewall/sign-off\0");
  return sha256(concatBytes(label, checkId(recordId, "recordId"), checkId(requestId, "requestId")));
}

function recordSeen(): MedexError {
  return new MedexError(
    "FIREWALL_RECORD_SEEN",
    "the firewall has re-randomised this record id before; use a new record id",
  );
}

function signedOff(): MedexError {
  return new MedexError(
    "PRE_REKEY_REFUSED",
    "this request's re-encryption key was already signed off; ask the doctor for a new request",
  );
}
