/** Which ids a firewall has already let through. */
import { bytesToHex } from "@noble/hashes/utils.js";

/** A set of 32-byte ids that only grows. A firewall that forgets is none: outside of tests it must survive restarts. */
export interface SeenRecords {
  /** Whether the id was added before. */
  has(id: Uint8Array): Promise<boolean>;
  /**
   * Adds an id, durably, before it resolves. Of several calls with one id, concurrent ones too, exactly one resolves to true.
   *
   * @returns whether the id is new
   */
  add(id: Uint8Array): Promise<boolean>;
}

/** Keeps ids for the life of the process. */
export function inMemorySeenRecords(): SeenRecords {
  const seen = new Set<string>();
  return {
    has: async (id) => seen.has(bytesToHex(id)),
    add: async (id) => {
      const key = bytesToHex(id);
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    },
  };
}
