import type { Chain, Hex32 } from "@medexchain/chain";
import type { ContentStore } from "@medexchain/ipfs";
import type { Ciphertext, FirewalledCiphertext, G1Bytes, ReverseFirewall, ScopedIdentity } from "@medexchain/pre";
import type { ChannelAuthor, TangleClient } from "@medexchain/tangle";
import type { FragmentStore } from "./fragment-store.ts";

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

/** What publishing and approving need of a patient's device. What derives keys throws DEVICE_LOCKED once the device's secret is wiped. */
export interface Owner {
  readonly memberId: Hex32;
  /** The chain of the owner's hospital, as the owner's account. */
  readonly chain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  readonly fragmentStore: FragmentStore;
  readonly firewall: OwnerFirewall;
  /** Asks Hospital A and its firewall for `sk_DO'` of one of the owner's scopes. */
  readonly requestKey: (scope: ScopedIdentity) => Promise<G1Bytes>;
  /** The IBE identity of one of the owner's records, `ID_DO = identity ‖ scope`. */
  scopeOf(recordId: Hex32): ScopedIdentity;
  /** The key under which the owner writes the channels of a record: one per record, so that its readers learn nothing of others. */
  channelAuthorOf(recordId: Hex32): ChannelAuthor;
  /**
   * The BFV secret key of a record's private fragment, 32 bytes, which never leaves the device: whoever the record is shared with learns the
   * record's own key, `PR_k`, and nothing of this one. Wipe it after use.
   */
  fragmentKeyOf(recordId: Hex32): Uint8Array;
  /**
   * A record's secret `Q` beside `M`, 32 bytes: sealed to each doctor whom the record is granted, and known to nobody else. Wipe it after
   * use.
   */
  recordSecretOf(recordId: Hex32): Uint8Array;
}
