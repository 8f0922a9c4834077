/** What goes to and comes from the threads that re-encrypt. Errors lose their class on the way, so they travel as data. */

import type { ErrorCode } from "@medexchain/core";
import type { SealingKeyPair } from "@medexchain/pre";

export interface ReEncryptionTask {
  /** 32 bytes. */
  readonly requestId: Uint8Array;
  /** DAG-CBOR as published. */
  readonly capsule: Uint8Array;
  /** DAG-CBOR as published. */
  readonly sealedReKey: Uint8Array;
}

export type ReEncryptionAnswer =
  | { readonly ok: true; readonly reEncryption: Uint8Array }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Given to each thread once, at its start. */
export interface WorkerSecrets {
  readonly sealing: SealingKeyPair;
}
