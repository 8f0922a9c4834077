import { type Hex32, hex32 } from "@medexchain/chain";
import { studyRegistryAbi } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { Interface } from "ethers";
import type { ChainPosition, HistoryFilter, StudyPart } from "../access-history.ts";
import type { Store } from "./store.ts";
import { eventLogs, hexWord, positionOf, type StoredLog, toHex } from "./stored-log.ts";

const REGISTRY = new Interface(studyRegistryAbi);

/** A study, or a patient's part in one, by the words that its log begins with; ids of two chains may be the same on purpose. */
const keyOf = ({ chainId, topics }: StoredLog, words: number): string =>
  [chainId, toHex(topics.subarray(32, 32 * (1 + words)))].join(" ");

/** Who takes part in studies, as a store has it. Memory grows with those who left. */
export function* studyParts(store: Store, filter: HistoryFilter): Generator<StudyPart> {
  if (filter.record !== undefined) return;
  const left = new Map<string, ChainPosition>();
  for (const log of eventLogs(store, ["StudyLeft"])) left.set(keyOf(log, 2), positionOf(log));
  const holders = new Map<string, readonly Hex32[]>();
  const members = store.prepare("SELECT hospital FROM member WHERE id = ?");
  for (const log of eventLogs(store, ["StudyProposed", "StudyJoined"])) {
    if (log.event === "StudyProposed") {
      holders.set(keyOf(log, 1), holdersIn(log));
      continue;
    }
    const patient = hexWord(log.topics, 2);
    const { hospital } = members.get(log.topics.subarray(64, 96)) ?? {};
    const part: StudyPart = {
      studyId: hexWord(log.topics, 1),
      patient,
      patientHospital: hospital ? (toHex(hospital as Uint8Array) as Hex32) : undefined, // 32 bytes by the reader's schema
      holders: holders.get(keyOf(log, 1)) ?? [],
      joined: positionOf(log),
      left: left.get(keyOf(log, 2)),
    };
    if (isWanted(part, filter)) yield part;
  }
}

function isWanted({ patient, patientHospital, joined }: StudyPart, filter: HistoryFilter): boolean {
  const {
    since = joined.timestamp,
    until = joined.timestamp + 1n,
    member = patient,
    hospital = patientHospital,
  } = filter;
  return joined.timestamp >= since && joined.timestamp < until && member === patient && hospital === patientHospital;
}

/** @throws AUDIT_MISMATCH the log is none of the contract's */
function holdersIn({ topics, data }: StoredLog): readonly Hex32[] {
  const words = Array.from({ length: topics.length / 32 }, (_, i) => hexWord(topics, i));
  try {
    const { holders } = REGISTRY.parseLog({ topics: words, data: toHex(data) })?.args.terms ?? {};
    return [...holders].map(hex32);
  } catch (cause) {
    throw new MedexError("AUDIT_MISMATCH", "a study's proposal is malformed: medex audit verify says which", { cause });
  }
}
