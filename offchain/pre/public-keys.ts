/** The keys of a hospital and of a user, and who a user is (docs/design.md §3). */
import type { G1Bytes, G2Bytes, ScalarBytes } from "./elements.ts";

/** A hospital's master key pair, before its firewall: `(s, s·g2)` at A, `(y, y·g2)` at B. */
export interface MasterKeyPair {
  readonly secretKey: ScalarBytes;
  readonly publicKey: G2Bytes;
}

/**
 * `pk_DU` without its identity part: `V = r·PK_B'`, and `U = r·g1` by which anyone can check that `V` was made from `PK_B'`.
 */
export interface UserPublicKey {
  readonly V: G2Bytes;
  readonly U: G1Bytes;
}

/** Who asks: what a re-encryption key is made for. All of it comes from the registry and Hospital B's member certificate. */
export interface Requester {
  /** `ID_DU`. */
  readonly identity: Uint8Array;
  readonly publicKey: UserPublicKey;
  /** `PK_B'`, 96 bytes. */
  readonly hospitalKey: G2Bytes;
}
