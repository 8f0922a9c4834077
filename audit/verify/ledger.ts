/** List₁ of one chain: its hash chain, and every decision against Algorithm₁ and the registries as they stood. */
import { type Hex32, merkleRange, type RangeStart, toHex32, ZERO_32 } from "@medexchain/chain";
import { keccak256 } from "@medexchain/evm";
import type { FindingInput } from "../finding.ts";
import { continuedPeaks, decodeEntry, ENTRY_WORDS, type LogEntry } from "../store/decode.ts";
import { addressWord, hexWord, intWord, type StoredLog, toHex, word } from "../store/stored-log.ts";
import { type AccessCounts, type AccessCountsState, accessCounts, type EarlierCount } from "./access-counts.ts";
import type { VerifyContext } from "./context.ts";
import { checkpointComparison, type KeptCheckpoint } from "./ledger-checkpoints.ts";
import type { Registries } from "./registries.ts";

/** Where a ledger that goes on from another says that it begins. */
export interface LedgerStart {
  readonly log: StoredLog;
  /** Of the predecessor's ledger, in lower case. */
  readonly predecessor: string;
  readonly length: bigint;
  readonly head: Hex32;
  /** Of its range, by the peaks that were taken over. */
  readonly root: Hex32;
  /** The counts with which it began, of all whom its entries name. */
  readonly counts: readonly EarlierCount[];
}

export interface LedgerReplay {
  /** Takes the `Continued` of a ledger that goes on from another. */
  begin(log: StoredLog): void;
  append(log: StoredLog): void;
  /** Where it began; undefined where it has no predecessor. */
  start(): LedgerStart | undefined;
  /** How many entries there are, their fold, and the root of their tree. */
  result(): { readonly length: bigint; readonly head: Hex32; readonly root: Hex32 };
  /** Compares what is left of the checkpoints, once everything up to this block was appended. */
  finish(block: number): void;
  /** To go on from, where no entries are missing. */
  state(): LedgerState;
}

/** What a ledger is at a block. */
export interface LedgerState {
  readonly length: bigint;
  readonly head: Hex32;
  readonly range: RangeStart;
  readonly begun: Omit<LedgerStart, "counts"> | undefined;
  readonly counts: AccessCountsState;
  /** The range before the last entry that a checkpoint is of: from there on, checkpoints that come later are compared. */
  readonly lastCompared: RangeStart | undefined;
}

/**
 * @param checkpoints of this ledger, from all other chains
 * @param state what to go on from; an empty ledger unless given
 */
export function ledgerReplay(
  context: VerifyContext,
  chainId: bigint,
  held: Registries,
  checkpoints: readonly KeptCheckpoint[],
  state?: LedgerState,
): LedgerReplay {
  let { length = 0n, head = ZERO_32, begun } = state ?? {};
  let isWhole = true;
  let range = merkleRange(state?.range);
  const counts = accessCounts(state?.counts);
  const comparison = checkpointComparison(context, chainId, checkpoints, state?.length);
  let lastCompared = state?.lastCompared;

  return {
    begin(log) {
      if (length > 0n || begun) {
        context.wrong({
          code: "LEDGER_ORDER",
          message: "a ledger that has entries goes on from another",
          log,
          expected: "before its first entry",
          found: `after entry ${length - 1n}`,
        });
        isWhole = false;
        return;
      }
      length = intWord(log.data, 0);
      head = hexWord(log.data, 1);
      range = merkleRange({ size: Number(length), peaks: continuedPeaks(log) });
      begun = { log, predecessor: addressWord(log.topics, 1), length, head, root: toHex32(range.root()) };
      counts.goOn();
    },
    start: () => begun && { ...begun, counts: counts.earlier },
    append(log) {
      const index = intWord(log.topics, 1);
      const entry = decodeEntry(log.data);
      const told = hexWord(log.data, ENTRY_WORDS);
      const expected = `entry ${length}`;
      if (index < length) {
        context.wrong({
          code: "LEDGER_ORDER",
          message: "an entry comes after a later one",
          log,
          expected,
          found: `entry ${index}`,
          entry: index,
        });
        isWhole = false;
        return;
      }
      if (index > length) {
        context.wrong({
          code: "LEDGER_ENTRY_MISSING",
          message: "entries are missing before this one",
          log,
          expected,
          found: `entry ${index}`,
          entry: length,
        });
        isWhole = false;
      } else {
        const before = Buffer.from(head.slice(2), "hex");
        const entryWords = log.data.subarray(0, 32 * ENTRY_WORDS);
        const folded = toHex(keccak256(before, word(log.topics, 1), entryWords));
        if (folded !== told) {
          context.wrong({
            code: "LEDGER_HEAD_MISMATCH",
            message: "an entry does not hash to the head that it was logged with",
            log,
            expected: told,
            found: folded,
            entry: index,
          });
        }
      }
      checkEntry(context, log, index, entry, held, counts, isWhole);
      if (comparison.has(index + 1n)) lastCompared = range.start();
      range.append(log.data.subarray(0, 32 * ENTRY_WORDS));
      // On from what was told, so that one fault is one finding.
      head = told;
      length = index + 1n;
      // The root of a ledger of which entries are missing is not known.
      comparison.entry(log, length, head, isWhole ? range : undefined);
    },
    result: () => ({ length, head, root: toHex32(range.root()) }),
    finish: (block) => comparison.finish(block, length),
    state: () => ({ length, head, range: range.start(), begun, counts: counts.state(), lastCompared }),
  };
}

function checkEntry(
  context: VerifyContext,
  log: StoredLog,
  index: bigint,
  entry: LogEntry,
  held: Registries,
  counts: AccessCounts,
  isWhole: boolean,
): void {
  const { requestId, recordId, requester, hospitalId, decision, hospitalLimit, recordLimit } = entry;
  const more = { entry: index, requestId, recordId };
  const wrong = (input: Pick<FindingInput, "code" | "message" | "expected" | "found">) =>
    context.wrong({ ...input, log, ...more });
  if (hexWord(log.topics, 2) !== requestId || hexWord(log.topics, 3) !== requester) {
    wrong({
      code: "LEDGER_HEAD_MISMATCH",
      message: "an entry has another entry's index",
      expected: `${requestId} ${requester}`,
      found: `${hexWord(log.topics, 2)} ${hexWord(log.topics, 3)}`,
    });
  }
  if (entry.timestamp !== BigInt(log.timestamp)) {
    wrong({
      code: "LEDGER_TIMESTAMP",
      message: "an entry's time is not its block's",
      expected: log.timestamp,
      found: entry.timestamp,
    });
  }

  const record = held.records.get(recordId);
  const ownerHospital = record ? (held.hospitalOf(record.owner) ?? ZERO_32) : ZERO_32;
  if (hospitalId !== ownerHospital)
    wrong({
      code: "LIMIT_NOT_IN_FORCE",
      message: "decided by the limit of a hospital that is not the owner's",
      expected: ownerHospital,
      found: hospitalId,
    });
  const limits = [held.hospitals.get(hospitalId)?.limit ?? 0n, record?.limit ?? 0n] as const;
  if (hospitalLimit !== limits[0])
    wrong({
      code: "LIMIT_NOT_IN_FORCE",
      message: "not the hospital's limit at this block",
      expected: limits[0],
      found: hospitalLimit,
    });
  if (recordLimit !== limits[1])
    wrong({
      code: "LIMIT_NOT_IN_FORCE",
      message: "not the record's limit at this block",
      expected: limits[1],
      found: recordLimit,
    });

  const granted = decision === "Granted" ? 1n : 0n;
  const before = [
    counts.take({ of: "hospital", id: hospitalId, requester, count: entry.hospitalCount - granted, log }),
    counts.take({ of: "record", id: recordId, requester, count: entry.recordCount - granted, log }),
  ] as const;
  counts.set("hospital", hospitalId, requester, entry.hospitalCount);
  counts.set("record", recordId, requester, entry.recordCount);
  const standing = standingOf(held, recordId, requester, log.timestamp);
  const mayBe = possibleDecisions(standing);
  if (!mayBe.includes(decision))
    wrong({
      code: "DECISION_WRONG",
      message: `decided ${decision} about a record or requester that is ${standing}`,
      expected: mayBe.join(" or "),
      found: decision,
    });
  if (!isWhole) return; // the counts of entries that are missing are not known
  const within = [before[0] < limits[0], before[1] < limits[1]] as const;
  if (decision === "Granted" && !(within[0] && within[1])) {
    wrong({
      code: "ACCESS_OVER_LIMIT",
      message: "granted although a limit was reached",
      expected: `below ${limits[0]} of the hospital and ${limits[1]} of the record`,
      found: `${before[0]} and ${before[1]} before`,
    });
  }
  if (decision === "HospitalLimitReached" && within[0]) {
    wrong({
      code: "DECISION_WRONG",
      message: "refused although the hospital's limit was not reached",
      expected: "Granted or RecordLimitReached",
      found: `${before[0]} of ${limits[0]}`,
    });
  }
  if (decision === "RecordLimitReached" && (within[1] || !within[0])) {
    wrong({
      code: "DECISION_WRONG",
      message: "refused by the record's limit although it was not reached, or the hospital's came first",
      expected: within[0] ? "Granted" : "HospitalLimitReached",
      found: `${before[1]} of ${limits[1]}`,
    });
  }
  const after = `${before[0] + granted} and ${before[1] + granted}`;
  if (after !== `${entry.hospitalCount} and ${entry.recordCount}`) {
    wrong({
      code: "COUNT_WRONG",
      message: "the counts of hospital and record do not follow from the earlier entries",
      expected: after,
      found: `${entry.hospitalCount} and ${entry.recordCount}`,
    });
  }
}

type Standing = "unknown" | "revoked" | "of an inactive owner" | "inactive" | "in order";

function standingOf(held: Registries, recordId: Hex32, requester: Hex32, time: number): Standing {
  const record = held.records.get(recordId);
  if (!record) return "unknown";
  if (record.revoked) return "revoked";
  if (held.activeAccount(record.owner, time) === undefined) return "of an inactive owner";
  return held.activeAccount(requester, time) === undefined ? "inactive" : "in order";
}

/** What may be decided; anyone may end an expired request, and an owner may deny or withdraw from any. */
function possibleDecisions(standing: Standing): LogEntry["decision"][] {
  const always = ["DeniedByOwner", "Withdrawn", "Expired"] as const;
  if (standing === "unknown") return ["Expired"]; // it waits for its record
  if (standing === "revoked") return ["RecordRevoked", ...always];
  if (standing === "of an inactive owner") return ["OwnerInactive", ...always];
  if (standing === "inactive") return ["RequesterInactive", ...always];
  return ["Granted", "HospitalLimitReached", "RecordLimitReached", ...always];
}
