/**
 * A hospital's reverse firewall: it owns `a` (or `b`) and `k_A`, and keeps the order of steps on which the functions of firewall.ts
 * rely. Bytes and plain objects of bytes cross its methods, nothing else.
 *
 *   Hospital A   blindOwnerKey   sk_DO -> sk_DO'
 *   Hospital B   blindPartialKey D -> D'
 *   device       reRandomise     (c1, c2) -> (c1', c2', c3'), one input per record id
 *   device       dealX           X for one record and request, and one epoch of the relayers
 *   device       signOff         proposal -> RK' dealt and sealed to the relayers, one proposal per record, request and epoch
 *
 * A device whose answer was lost asks again with the same input, and gets the same answer: that tells nobody anything. Another input is refused.
 */

import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
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
  isOfBeta,
} from "./firewall.ts";
import { checkId, type ScopedIdentity, scopedIdentityBytes } from "./identity.ts";
import { forgetKey } from "./prepared.ts";
import type { ReKeyProposal } from "./proxy.ts";
import type { Requester } from "./public-keys.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import type { SeenRecords } from "./seen-records.ts";
import { epochBytes } from "./threshold/group.ts";
import { encodeSealedReKey } from "./threshold/sealed-rekey.ts";
import { type ShareRecipient, sealShares } from "./threshold/sealed-shares.ts";
import { dealShares, type Share } from "./threshold/shares.ts";

/** The relayers to whom is dealt: those of one epoch, with the keys of each. */
export interface RelayerGroup {
  readonly epoch: bigint;
  /** k: how many partials open. */
  readonly threshold: number;
  /** In the order of their indices. */
  readonly relayers: readonly ShareRecipient[];
}

/**
 * What a firewall reads for itself, from the chain and by digest: what a device names could be the device's own.
 */
export interface FirewallSources {
  /** The relayers of now. What it throws, the firewall throws. */
  relayers(): Promise<RelayerGroup>;
  /**
   * `(c1', c2', c3')` of a record's anchored capsule.
   *
   * @param recordId 32 bytes
   */
  capsule(recordId: Uint8Array): Promise<FirewalledCiphertext>;
}

/** What a firewall is made of. */
export interface ReverseFirewallOptions {
  /** Copied; from `generateFirewallSecrets`, or from where they were kept. */
  readonly secrets: FirewallSecrets;
  /** The hospital's own public key, `PK_A` or `PK_B`, 96 bytes. */
  readonly masterPublicKey: G2Bytes;
  readonly seenRecords: SeenRecords;
  /** Without them nothing is dealt or signed off, as at Hospital B. */
  readonly sources?: FirewallSources;
  readonly random?: RandomSource;
  /** How many `X` are kept that were dealt and not signed off, between which a device takes seconds; 10,000 unless given. */
  readonly maxDealt?: number;
  /** Of how many sign-offs the answers are kept, for devices that did not get theirs; 256 unless given. */
  readonly maxAnswers?: number;
}

/** A re-encryption key to be let out. */
export interface SignOffInput {
  /** 32 bytes. */
  readonly recordId: Uint8Array;
  /** 32 bytes. */
  readonly requestId: Uint8Array;
  /** Of the relayers, for which `X` was dealt. */
  readonly epoch: bigint;
  /** The owner, with the record's scope. */
  readonly owner: ScopedIdentity;
  readonly requester: Requester;
  readonly proposal: ReKeyProposal;
}

/** What a firewall lets out of a re-encryption key. */
export interface SignedOff {
  /** See `encodeSealedReKey`; its digest is what the owner anchors. */
  readonly sealedReKey: Uint8Array;
  /** See `sealShares`; the sealed key names their digest. */
  readonly shares: Uint8Array;
  /** The shares in the clear, for the device to check. It made `rk1`, so that they tell it nothing; they go no further. */
  readonly dealt: readonly Share[];
}

/** See the head of this file. Dispose of it (`using`) to wipe its secrets. */
export class ReverseFirewall implements Disposable {
  /** `PK_A'` or `PK_B'`: the public key that the hospital publishes, 96 bytes. */
  readonly publicKey: G2Bytes;
  readonly #blinding: ScalarBytes;
  readonly #prfKey: Uint8Array;
  readonly #masterPublicKey: G2Bytes;
  readonly #seen: SeenRecords;
  readonly #sources: FirewallSources | undefined;
  readonly #random: RandomSource;
  readonly #maxDealt: number;
  readonly #maxAnswers: number;
  readonly #dealt = new Map<string, GtBytes>();
  readonly #answers = new Map<string, { readonly input: Uint8Array; readonly signedOff: SignedOff }>();
  #disposed = false;

  /** @throws PRE_ELEMENT_INVALID, INPUT_INVALID when the secrets or the public key are malformed */
  constructor(options: ReverseFirewallOptions) {
    this.#blinding = options.secrets.blinding.slice() as ScalarBytes; // a copy keeps the brand; crfSetup checks it
    this.#prfKey = options.secrets.prfKey.slice();
    this.#masterPublicKey = options.masterPublicKey;
    this.#seen = options.seenRecords;
    this.#sources = options.sources;
    this.#random = options.random ?? systemRandom;
    this.#maxDealt = options.maxDealt ?? 10_000;
    this.#maxAnswers = options.maxAnswers ?? 256;
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
   * CRF-Enc, of one ciphertext per record id. The id is recorded before anything is returned, and after it of what it was: if the answer is lost,
   * the same ciphertext gets the same again, also after a restart.
   *
   * @param recordId 32 bytes
   * @throws FIREWALL_RECORD_SEEN when this firewall has seen another ciphertext of the record id; PRE_ELEMENT_INVALID, INPUT_INVALID, which do not
   *   use it up
   */
  async reRandomise(
    recordId: Uint8Array,
    owner: ScopedIdentity,
    ciphertext: Ciphertext,
  ): Promise<FirewalledCiphertext> {
    this.#expectLive();
    const id = checkId(recordId, "recordId").slice(); // a copy, as the caller's array may change while the store is asked
    const inputId = reRandomiseId(id, owner, ciphertext);
    const isSeen = await this.#seen.records.has(id);
    if (isSeen && !(await this.#seen.signOffs.has(inputId))) throw recordSeen();
    this.#expectLive();
    const beta = deriveBeta(this.#prfKey, id);
    const output = crfEncrypt(ciphertext, owner, this.publicKey, beta);
    beta.fill(0);
    if (isSeen) return output;
    // The store decides between concurrent calls: only the one that adds the id returns what it computed, and is known as the id's.
    if (!(await this.#seen.records.add(id))) throw recordSeen();
    await this.#seen.signOffs.add(inputId);
    return output;
  }

  /**
   * Deals `X` for a record, a request and the relayers of now. Asked again before sign-off it gives the same `X`, so that a device cannot ask
   * until it likes the answer. `X` lives in this process: after a restart, or when `maxDealt` more were dealt, the device starts over with
   * `dealX`.
   *
   * @param recordId 32 bytes
   * @param requestId 32 bytes
   * @param epoch of the relayers, as the device reads it on chain
   * @returns 576 bytes, a copy
   * @throws PRE_REKEY_REFUSED when the request was signed off in this epoch; RELAYERS_CHANGED when the epoch is not that of now;
   *   INPUT_INVALID; what the sources throw
   */
  async dealX(recordId: Uint8Array, requestId: Uint8Array, epoch: bigint): Promise<GtBytes> {
    this.#expectLive();
    const id = signOffId(recordId, requestId, epoch);
    if (await this.#seen.signOffs.has(id)) throw signedOff();
    await this.#groupOf(epoch);
    this.#expectLive();
    const key = bytesToHex(id);
    const x = this.#dealt.get(key) ?? drawX(this.#random);
    this.#dealt.set(key, x);
    const [oldest] = this.#dealt.keys();
    if (this.#dealt.size > this.#maxDealt && oldest !== undefined) this.#forget(oldest);
    return x.slice() as GtBytes; // a copy keeps the brand
  }

  /**
   * CRF-ReKeyGen, once per record, request and epoch: checks the proposal against the `X` that was dealt (see `crfReKeyGen`), deals `rk1'` to
   * the relayers and seals each its share. It deals and seals here because a subverted device could leak by the randomness of either, too. A
   * refused proposal may be fixed and sent again. Of a signed-off one the answer is given again, while this process has it among its latest.
   *
   * Only for a record that this firewall has re-randomised, and whose anchored capsule holds what it made then: `rk1 − rk1' = β·pk_DO` tells its
   * device β's effect, and a device that knew it beforehand would choose the ciphertext whose re-randomised form says what it likes.
   *
   * @throws PRE_REKEY_REFUSED when the record was not re-randomised or another capsule is anchored, no `X` was dealt, the proposal is not built on
   *   it, or the request was signed off in this epoch; RELAYERS_CHANGED; PRE_PUBLIC_KEY_INVALID, PRE_ELEMENT_INVALID, SEALED_REKEY_INVALID,
   *   INPUT_INVALID; what the sources throw
   */
  async signOff(input: SignOffInput): Promise<SignedOff> {
    this.#expectLive();
    const { recordId, requestId, epoch, owner, requester } = input;
    const id = signOffId(recordId, requestId, epoch);
    const digest = proposalDigest(input);
    const before = this.#answers.get(bytesToHex(id));
    if (before !== undefined && equalBytes(before.input, digest)) return copyOf(before.signedOff);
    if (!(await this.#seen.records.has(recordId))) {
      throw new MedexError(
        "PRE_REKEY_REFUSED",
        "this firewall has not re-randomised this record; publish it first, through this hospital's firewall",
      );
    }
    const { threshold, relayers } = await this.#groupOf(epoch);
    const key = bytesToHex(id);
    if (!this.#dealt.has(key)) {
      if (await this.#seen.signOffs.has(id)) throw signedOff();
      throw noXDealt();
    }
    const capsule = await this.#sourcesOrRefuse().capsule(recordId);
    this.#expectLive();
    const x = this.#dealt.get(key); // asked for again, as it may have been forgotten meanwhile
    if (x === undefined) throw noXDealt();
    const beta = deriveBeta(this.#prfKey, recordId);
    const isOwn = isOfBeta(capsule, owner, this.publicKey, beta);
    const reKey = isOwn
      ? crfReKeyGen(input.proposal, { x, beta, owner, hospitalKey: this.publicKey, requester }, this.#random)
      : undefined;
    beta.fill(0);
    if (reKey === undefined) {
      throw new MedexError(
        "PRE_REKEY_REFUSED",
        "the record's anchored capsule is not one that this firewall re-randomised; publish the record anew",
      );
    }
    const context = { requestId, epoch };
    const indices = relayers.map(({ index }) => index);
    const dealing = dealShares({ ...context, rk1: reKey.rk1, c1: capsule.c1, threshold, indices }, this.#random);
    reKey.rk1.fill(0);
    const shares = await sealShares(dealing, context, relayers, this.#random);
    const { digests } = dealing;
    const [C3, C4] = [reKey.rk2, reKey.rk3];
    const sealedReKey = encodeSealedReKey({ ...context, C3, C4, indices, digests, threshold, shares: sha256(shares) });
    if (!(await this.#seen.signOffs.add(id))) throw signedOff();
    this.#forget(key);
    const answer = { sealedReKey, shares, dealt: dealing.shares };
    this.#answers.set(key, { input: digest, signedOff: copyOf(answer) });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > this.#maxAnswers && oldest !== undefined) this.#forgetAnswer(oldest);
    return answer;
  }

  #sourcesOrRefuse(): FirewallSources {
    if (this.#sources !== undefined) return this.#sources;
    throw new MedexError(
      "PRE_REKEY_REFUSED",
      "this firewall deals and signs off nothing: it was not told where the relayers' keys and the capsules are",
    );
  }

  /** The relayers of now, if theirs is the epoch that the device means. */
  async #groupOf(epoch: bigint): Promise<RelayerGroup> {
    const group = await this.#sourcesOrRefuse().relayers();
    if (group.epoch === epoch) return group;
    throw new MedexError(
      "RELAYERS_CHANGED",
      `the relayers of now are those of epoch ${group.epoch}, not ${epoch}: begin again with them`,
    );
  }

  #forget(key: string): void {
    this.#dealt.get(key)?.fill(0);
    this.#dealt.delete(key);
  }

  #forgetAnswer(key: string): void {
    for (const { share } of this.#answers.get(key)?.signedOff.dealt ?? []) share.fill(0);
    this.#answers.delete(key);
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
    for (const key of [...this.#answers.keys()]) this.#forgetAnswer(key);
  }

  #expectLive(): void {
    if (this.#disposed) {
      throw new MedexError("INPUT_INVALID", "this firewall was disposed of and its secrets wiped; make a new one");
    }
  }
}

/** An id of the sign-off for the store. */
function signOffId(recordId: Uint8Array, requestId: Uint8Array, epoch: bigint): Uint8Array {
  const label = utf8ToBytes("medexchain/v2/firewall/sign-off\0");
  return sha256(concatBytes(label, checkId(recordId, "recordId"), checkId(requestId, "requestId"), epochBytes(epoch)));
}

/** What of a record was re-randomised, for the store of ids that are made here: among those of records a device could put it beforehand. */
function reRandomiseId(recordId: Uint8Array, owner: ScopedIdentity, { c1, c2 }: Ciphertext): Uint8Array {
  const label = utf8ToBytes("medexchain/v1/firewall/re-randomised\0");
  return sha256(concatBytes(label, recordId, scopedIdentityBytes(owner), c1, c2));
}

/** All that a sign-off depends on, besides its id. */
function proposalDigest({ owner, requester, proposal }: SignOffInput): Uint8Array {
  const { identity, publicKey, hospitalKey } = requester;
  const { rk1, rk2, rk3 } = proposal.reKey;
  const parts = [rk1, rk2, rk3, proposal.witness, publicKey.V, publicKey.U, hospitalKey];
  // Each by its digest: what a caller sends may have any length.
  return sha256(concatBytes(...[scopedIdentityBytes(owner), identity, ...parts].map((part) => sha256(part))));
}

const copyOf = ({ sealedReKey, shares, dealt }: SignedOff): SignedOff => ({
  sealedReKey: sealedReKey.slice(),
  shares: shares.slice(),
  dealt: dealt.map(({ index, share }) => ({ index, share: share.slice() as G1Bytes })), // a copy keeps the brand
});

function noXDealt(): MedexError {
  return new MedexError(
    "PRE_REKEY_REFUSED",
    "no X was dealt for this record, request and epoch; ask for one with dealX first",
  );
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
    "this request's re-encryption key was already signed off for these relayers; ask the doctor for a new request",
  );
}
