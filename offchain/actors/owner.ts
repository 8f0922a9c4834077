import type { Chain, Hex32 } from "@medexchain/chain";
import type { ContentStore } from "@medexchain/ipfs";
import type { G1Bytes, ReverseFirewall, ScopedIdentity } from "@medexchain/pre";
import type { ChannelAuthor, TangleClient } from "@medexchain/tangle";
import type { FragmentStore } from "./fragment-store.ts";

/** What of Hospital A's firewall an owner's device talks to. */
export type OwnerFirewall = Pick<ReverseFirewall, "publicKey" | "reRandomise" | "dealX" | "signOff">;

/** What publishing and approving need of a patient's device. */
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
}
