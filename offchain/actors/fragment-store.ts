import type { Hex32 } from "@medexchain/chain";
import type { DurableFile } from "@medexchain/core/durable-file";
import type { ApprovalProgress } from "./approval-progress.ts";

/**
 * An owner's local store of encrypted private fragments (EPRF), by record id, and of approvals that are under way, by request. It
 * holds no key.
 */
export interface FragmentStore {
  /** Writes durably, in one step: after a crash the fragment is there whole or not at all. */
  put(recordId: Hex32, fragment: Uint8Array): Promise<void>;
  /** As `put`, part by part: the fragment is there once the file is committed. */
  begin(recordId: Hex32): Promise<DurableFile>;
  /** @throws FRAGMENT_INVALID when the store has no fragment of this record */
  get(recordId: Hex32): Promise<Uint8Array>;
  /** As `get`, part by part. */
  read(recordId: Hex32): AsyncIterable<Uint8Array>;
  /** Bytes of a fragment. @throws FRAGMENT_INVALID as `get` */
  lengthOf(recordId: Hex32): Promise<number>;
  remove(recordId: Hex32): Promise<void>;
  /** The records whose fragments are here. */
  list(): Promise<Hex32[]>;
  /** How far the approval of a request has come, for what the 32 bytes of `binding` name: of another binding nothing is kept. */
  approval(requestId: Hex32, binding: Uint8Array): Promise<ApprovalProgress>;
  /** Removes what is kept of an approval that is through, or has become impossible. */
  endApproval(requestId: Hex32): Promise<void>;
}
