/** What passes between owner, firewall, relayer and user (docs/design.md §3). */
import type { G1Bytes, G2Bytes, GtBytes } from "./elements.ts";

/** What the device makes: `c1 = α·g2`, `c2 = M·e(pk_DO, PK_A')^α`. */
export interface Ciphertext {
  readonly c1: G2Bytes;
  readonly c2: GtBytes;
}

/** A ciphertext that has passed the firewall: `(c1', c2', c3')`, `c3' = β·pk_DO`. */
export interface FirewalledCiphertext extends Ciphertext {
  readonly c3: G1Bytes;
}

/** `RK = (rk1, rk2, rk3)`, and, of the same form, the firewall's `RK'`. */
export interface ReKey {
  readonly rk1: G1Bytes;
  readonly rk2: G2Bytes;
  readonly rk3: GtBytes;
}

/** `C_DU = (C1, C2, C3, C4)`. */
export interface ReEncryptedCiphertext {
  readonly C1: G2Bytes;
  readonly C2: GtBytes;
  readonly C3: G2Bytes;
  readonly C4: GtBytes;
}
