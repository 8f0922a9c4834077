/** Which ids a firewall has already let through. */
import { bytesToHex } from "@noble/hashes/utils.js";

/** A set of 32-byte ids that only grows. A firewall that forgets is none: outside of tests it must survive restarts. */
export interface SeenIds {
  /** Whether the id was added before. */
  has(id: Uint8Array): Promise<boolean>;
  /**
   * Adds an id, durably, before it resolves. Of several calls with one id, concurrent ones too, exactly one resolves to true.
   *
   * @returns whether the id is new
   */
  add(id: Uint8Array): Promise<boolean>;
}

/**
 * What a firewall has let through. Two sets, since whoever names a record must not be able to use up another's sign-off: the id of a
 * sign-off is made of public values.
 */
export interface SeenRecords {
  /** Ids of records that were re-randomised. */
  readonly records: SeenIds;
  /** Ids that the firewall itself makes: of record, request and epoch whose re-encryption key was signed off, and of what was re-randomised of a record. */
  readonly signOffs: SeenIds;
}

/** Keeps ids for the life of the process. */
export function inMemorySeenRecords(): SeenRecords {
  return { records: inMemoryIds(), signOffs: inMemoryIds() };
}

function inMemoryIds(): SeenIds {
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
