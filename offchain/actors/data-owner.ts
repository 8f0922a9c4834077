import { type Chain, fromHex32, type Hex32, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import type { ScopedIdentity } from "@medexchain/pre";
import type { ChannelAuthor, TangleClient } from "@medexchain/tangle";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Signer } from "ethers";
import { type Approval, approveRequest, type SignedApproval, signApproval } from "./approve-request.ts";
import { deviceLocked } from "./device-locked.ts";
import type { FragmentStore } from "./fragment-store.ts";
import type { Owner, OwnerFirewall } from "./owner.ts";
import type { ApproveOptions } from "./prepare-approval.ts";
import { privateFeaturesOf } from "./private-features.ts";
import { type PublishedRecord, publishRecord, type RecordInput } from "./publish-record.ts";
import { type RekeyedRecord, type RekeyOptions, rekeyRecord } from "./rekey-record.ts";
import { type Resealing, resealRequest } from "./reseal-request.ts";

export interface DataOwnerOptions {
  readonly memberId: Hex32;
  /** Signs anchors and decisions. */
  readonly account: Signer;
  /** 32 random bytes, from which the keys of the owner's channels and private fragments, and the secrets of its records, derive. Copied. */
  readonly secret: Uint8Array;
  /** The chain of the owner's hospital. */
  readonly chain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  readonly fragmentStore: FragmentStore;
  readonly firewall: OwnerFirewall;
  readonly requestKey: Owner["requestKey"];
}

/**
 * A patient's device (the papers' DO): publishes records, and approves or denies each request for them. A record's scope is its id.
 */
export class DataOwner implements Owner, Disposable {
  readonly memberId: Hex32;
  readonly chain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  readonly fragmentStore: FragmentStore;
  readonly firewall: OwnerFirewall;
  readonly requestKey: Owner["requestKey"];
  readonly #account: Signer;
  readonly #secret: Uint8Array;
  #isWiped = false;

  constructor(options: DataOwnerOptions) {
    if (options.secret.length !== 32) {
      throw new MedexError("INPUT_INVALID", `an owner's secret has 32 bytes, not ${options.secret.length}`);
    }
    this.memberId = options.memberId;
    this.chain = options.chain.as(options.account);
    this.store = options.store;
    this.tangle = options.tangle;
    this.fragmentStore = options.fragmentStore;
    this.firewall = options.firewall;
    this.requestKey = options.requestKey;
    this.#account = options.account;
    this.#secret = options.secret.slice();
  }

  scopeOf(recordId: Hex32): ScopedIdentity {
    return { identity: fromHex32(this.memberId), scope: fromHex32(recordId) };
  }

  channelAuthorOf(recordId: Hex32): ChannelAuthor {
    return { secretKey: this.#derive("channel-author", recordId) };
  }

  fragmentKeyOf(recordId: Hex32): Uint8Array {
    return this.#derive("private-fragment", recordId);
  }

  recordSecretOf(recordId: Hex32): Uint8Array {
    return this.#derive("record-secret", recordId);
  }

  /** @throws DEVICE_LOCKED once the secret is wiped: what derives from zeros, anyone can derive */
  #derive(label: string, recordId: Hex32): Uint8Array {
    if (this.#isWiped) throw deviceLocked();
    return derive(this.#secret, label, recordId);
  }

  /** Encrypts, stores and anchors a record, see `publishRecord`. */
  publish(record: RecordInput): Promise<PublishedRecord> {
    return publishRecord(this, record);
  }

  /** Gives a record new keys, as a new version of it, see `rekeyRecord`. */
  rekey(recordId: Hex32, options?: RekeyOptions): Promise<RekeyedRecord> {
    return rekeyRecord(this, recordId, options);
  }

  /** The names of a record's private features, see `privateFeaturesOf`. */
  privateFeatures(recordId: Hex32): Promise<string[]> {
    return privateFeaturesOf(this, recordId);
  }

  /** Approves a request; Algorithm₁ then grants or refuses, see `approveRequest`. */
  approve(requestId: Hex32, options?: ApproveOptions): Promise<Approval> {
    return approveRequest(this, requestId, options);
  }

  /** Approves a request by a signature, for another to carry, see `signApproval`. */
  signApproval(requestId: Hex32, options?: ApproveOptions): Promise<SignedApproval> {
    return signApproval(this, this.#account, requestId, options);
  }

  /** Seals an approval anew, to the relayers of now, see `resealRequest`. */
  reseal(requestId: Hex32): Promise<Resealing> {
    return resealRequest(this, requestId);
  }

  /**
   * Denies a request; the requester is told.
   *
   * @throws CHAIN_REVERTED when the request is not pending, or not for this owner's record
   */
  async deny(requestId: Hex32): Promise<void> {
    await transact(this.chain, () => this.chain.grants.deny(requestId));
  }

  /**
   * Takes an approval back, until the request is concluded; the requester is told. Partials that relayers have published by then cannot be
   * taken back: with enough of them the requester opens the record all the same.
   *
   * @throws CHAIN_REVERTED when the request is concluded or expired, or not for this owner's record
   */
  async withdraw(requestId: Hex32): Promise<void> {
    await transact(this.chain, () => this.chain.grants.withdraw(requestId));
  }

  /** Wipes the secret. A call that still runs ends with DEVICE_LOCKED where it next needs a key of it. */
  [Symbol.dispose](): void {
    this.#isWiped = true;
    this.#secret.fill(0);
  }
}

/** 32 bytes for one purpose and record, or member: HKDF-SHA-256 (RFC 5869). */
function derive(secret: Uint8Array, label: string, id: Hex32): Uint8Array {
  const info = concatBytes(utf8ToBytes(`medexchain/v1/${label}\0`), fromHex32(id));
  return hkdf(sha256, secret, undefined, info, 32);
}

/**
 * The key under which an owner's device keeps the consents that it gave, 32 bytes. Wipe it after use.
 *
 * @param secret of the owner, 32 bytes
 */
export const consentKeyOf = (secret: Uint8Array, memberId: Hex32): Uint8Array => derive(secret, "consents", memberId);
