/** What goes to and comes from the threads that re-encrypt. Errors lose their class on the way, so they travel as data. */

import type { ErrorCode } from "@medexchain/core";
import type { RelayerKeyPair } from "@medexchain/pre";

export interface PartialTask {
  /** 32 bytes. */
  readonly requestId: Uint8Array;
  /** Of the relayers to whom the key is sealed, as the chain has it, and this relayer's index among them. */
  readonly epoch: bigint;
  readonly index: number;
  /** The indices of all of that epoch, ascending, and how many of them re-encrypt. */
  readonly indices: readonly number[];
  readonly threshold: number;
  /** DAG-CBOR as published, all three. */
  readonly capsule: Uint8Array;
  readonly sealedReKey: Uint8Array;
  readonly shares: Uint8Array;
}

export type PartialAnswer =
  | { readonly ok: true; readonly partial: Uint8Array }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      /** Proof, as DAG-CBOR, that the firewall committed to another partial than that of the share to which it committed. */
      readonly dispute?: Uint8Array | undefined;
    };

/** Given to each thread once, at its start. */
export interface WorkerSecrets {
  readonly sealing: RelayerKeyPair;
}
