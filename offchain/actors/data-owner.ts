import { type Chain, type Hex32, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import type { Ciphertext, FirewalledCiphertext, G1Bytes, ReverseFirewall, ScopedIdentity } from "@medexchain/pre";
import type { ChannelAuthor, TangleClient } from "@medexchain/tangle";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Signer } from "ethers";
import { type Approval, type ApproveOptions, approveRequest } from "./approve-request.ts";
import type { FragmentStore } from "./fragment-store.ts";
import { type PublishedRecord, publishRecord, type RecordInput } from "./publish-record.ts";

/** What of Hospital A's firewall an owner's device talks to. */
export interface OwnerFirewall extends Pick<ReverseFirewall, "publicKey" | "dealX" | "signOff"> {
  /**
   * CRF-Enc, once per record id, see `ReverseFirewall.reRandomise`.
   *
   * @param salt 32 bytes, of which and the owner's member id the record id is the hash (`recordIdOf`). A firewall at a distance is told
   *   the salt and makes the id itself, so that no member can use up an id that is not its own.
   */
  reRandomise(
    recordId: Uint8Array,
    owner: ScopedIdentity,
    ciphertext: Ciphertext,
    salt: Uint8Array,
  ): Promise<FirewalledCiphertext>;
}

export interface DataOwnerOptions {
  readonly memberId: Hex32;
  /** Signs anchors and decisions. */
  readonly account: Signer;
  /** 32 random bytes, from which the keys of the owner's channels derive. Copied. */
  readonly secret: Uint8Array;
  /** The chain of the owner's hospital. */
  readonly chain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  readonly fragmentStore: FragmentStore;
  readonly firewall: OwnerFirewall;
  /** Asks Hospital A and its firewall for `sk_DO'` of one of the owner's scopes. */
  readonly requestKey: (scope: ScopedIdentity) => Promise<G1Bytes>;
}

/**
 * A patient's device (the papers' DO): publishes records, and approves or denies each request for them. A record's scope is its id.
 */
export class DataOwner implements Disposable {
  readonly memberId: Hex32;
  readonly chain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  readonly fragmentStore: FragmentStore;
  readonly firewall: OwnerFirewall;
  readonly requestKey: DataOwnerOptions["requestKey"];
  readonly #secret: Uint8Array;

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
    this.#secret = options.secret.slice();
  }

  /** The IBE identity of one of the owner's records, `ID_DO = identity ‖ scope`. */
  scopeOf(recordId: Hex32): ScopedIdentity {
    return { identity: hexToBytes(this.memberId.slice(2)), scope: hexToBytes(recordId.slice(2)) };
  }

  /** The key under which the owner writes the channels of a record: one per record, so that its readers learn nothing of others. */
  channelAuthorOf(recordId: Hex32): ChannelAuthor {
    const info = concatBytes(utf8ToBytes("medexchain/v1/channel-author\0"), hexToBytes(recordId.slice(2)));
    return { secretKey: hkdf(sha256, this.#secret, undefined, info, 32) };
  }

  /** Encrypts, stores and anchors a record, see `publishRecord`. */
  publish(record: RecordInput): Promise<PublishedRecord> {
    return publishRecord(this, record);
  }

  /** Approves a request; Algorithm₁ then grants or refuses, see `approveRequest`. */
  approve(requestId: Hex32, options?: ApproveOptions): Promise<Approval> {
    return approveRequest(this, requestId, options);
  }

  /**
   * Denies a request; the requester is told.
   *
   * @throws CHAIN_REVERTED when the request is not pending, or not for this owner's record
   */
  async deny(requestId: Hex32): Promise<void> {
    await transact(this.chain, () => this.chain.grants.deny(requestId));
  }

  /** Wipes the secret. */
  [Symbol.dispose](): void {
    this.#secret.fill(0);
  }
}
