import type { ContentsOf } from "@medexchain/vault";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

const DOMAIN = utf8ToBytes("medexchain/v1/studies/holder-seed");

/**
 * From which a hospital's keys of all studies grow: from its master key, which is as long-lived as the hospital.
 * @returns 32 bytes. Wipe with `fill(0)` after use
 */
export const holderSeed = ({ masterKeys }: Pick<ContentsOf<"hospital">, "masterKeys">): Uint8Array =>
  hkdf(sha256, masterKeys.secretKey, undefined, DOMAIN, 32);
