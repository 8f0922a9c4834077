import type { Chain, Hex32 } from "@medexchain/chain";
import type { ContentStore } from "@medexchain/ipfs";
import type { TangleClient } from "@medexchain/tangle";

/** What opening a record needs of a doctor's device, besides its keys. */
export interface User {
  readonly memberId: Hex32;
  /** The chain of the doctor's hospital. */
  readonly chain: Chain;
  /** The owner's chain, to read: what the answer says is checked against it. */
  readonly ownerChain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
}
