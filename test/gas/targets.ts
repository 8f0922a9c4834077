import { BATCH_SIZE, type CALLS } from "./measure-gas.ts";

export interface Target {
  /** Gas of a single call, held against `repeated`. */
  readonly gas: number;
  /** Whether there is a batch, whose items must cost 30 % less. */
  readonly batch: boolean;
  /** What holds a figure that is over its target. */
  readonly held?: { readonly single?: string; readonly batched?: string };
}

/** What an item of a batch may cost, of what the call costs alone. */
export const BATCH_SHARE = 0.7;

/** By how much a figure may differ from the table's before the check fails. */
export const TOLERANCE = 0.02;

export const TARGETS: Record<(typeof CALLS)[number], Target> = {
  anchor: {
    gas: 150_000,
    batch: true,
    held: {
      batched:
        "three storage slots that are new for each record (66,300) and its event and call data (about 6,000), which no batch shares; one slot fewer would take the owner or the commitment out of state",
    },
  },
  request: {
    gas: 160_000,
    batch: false,
    held: {
      single:
        "the range of what is sent to other chains, by which requests are proven there: about 19,500, and 17,100 more with the second message, which is measured here and begins a peak",
    },
  },
  deliverRequest: { gas: 230_000, batch: true },
  authorize: {
    gas: 190_000,
    batch: true,
    held: {
      single:
        "the ledger's Merkle range, which begins a second peak (17,100) with the entry that is measured here: most entries begin none, and cost about 180,000",
    },
  },
  submitReEncryption: {
    gas: 70_000,
    batch: true,
    held: {
      single: `four checks that fail closed: that the record is not revoked since (9,000), that the owner and the requester and their hospitals are still active (19,000), that the lane is not paused, nor the suite stopped (9,000); and by the range of answers, as \`request\` by that of requests. In a batch of ${BATCH_SIZE} an item is far under the target`,
    },
  },
  deliverResponse: {
    gas: 110_000,
    batch: true,
    held: {
      single:
        "the digest of the answer, a storage slot that is new for each request (22,100): a correction names by it what it replaces, and a reader proves the log by it",
    },
  },
};
