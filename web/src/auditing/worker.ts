/** The thread that reads histories for an auditor, searches and exports them. It holds no secret: what it reads is public. */
import {
  type Consent,
  consentOfDecision,
  csvOf,
  ndjsonOf,
  type ProvenReceipt,
  passes,
  type RequestSummary,
  readVerdict,
  type Search,
  type Step,
  search,
  timelineOf,
} from "@medexchain/audit/view";
import { pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expose } from "comlink";
import { openNetwork } from "../device/network.ts";
import { told } from "../device/told.ts";
import { openFile } from "./file-history.ts";
import type { OpenedHistory } from "./history.ts";
import { LiveHistory, type OnRead } from "./live-history.ts";
import { checkReceipt, type Trust } from "./receipts.ts";

/** What a page is told of a history. */
export interface HistoryFacts {
  /** Up to which block each chain was read; of a file, undefined. */
  readonly heads: readonly { readonly name: string; readonly chainId: bigint; readonly block: number }[] | undefined;
  readonly total: number;
  /** By their ids, as the configuration knows them. */
  readonly hospitals: ReadonlyMap<string, string>;
  /** Those that somebody gave. */
  readonly purposes: readonly string[];
}

/** A request in the list. */
export interface Line extends RequestSummary {
  /** How many findings of the verdict concern it. */
  readonly findings: number;
}

export interface Wanted extends Omit<Search, "among"> {
  readonly onlyFindings?: boolean;
}

export interface Detail {
  readonly summary: RequestSummary;
  readonly steps: readonly Step[];
  /** The owner's decision as FHIR; undefined where nobody decided, or a chain of it is not configured. */
  readonly consent: Consent | undefined;
  /** Whether it is known if the record was revoked since. */
  readonly knowsRevocations: boolean;
}

/** Of a verdict's file. */
const MAX_VERDICT_BYTES = 32 * 1024 * 1024;

let history: OpenedHistory | undefined;
let findings: ReadonlyMap<string, number> = new Map();
/** What was searched last, until the history changes. */
let searched: { readonly key: string; readonly found: readonly number[] } | undefined;

function opened(): OpenedHistory {
  if (history === undefined) throw new MedexError("INPUT_INVALID", "no history is open");
  return history;
}

async function hospitalNames(): Promise<ReadonlyMap<string, string>> {
  const { facts } = await openNetwork();
  return new Map(Object.keys(facts.hospitals).map((name) => [pseudonymHash(name), name]));
}

async function factsOf(from: OpenedHistory): Promise<HistoryFacts> {
  history = from;
  searched = undefined;
  return {
    heads: from instanceof LiveHistory ? from.heads : undefined,
    total: from.summaries.length,
    hospitals: await hospitalNames(),
    purposes: [...new Set(from.summaries.map(({ purpose }) => purpose))].sort(),
  };
}

async function find({ onlyFindings = false, ...wanted }: Wanted): Promise<readonly number[]> {
  const key = JSON.stringify([wanted, onlyFindings]);
  if (searched?.key !== key) {
    const among = onlyFindings ? { among: new Set(findings.keys()) } : {};
    searched = { key, found: search(opened().summaries, { ...wanted, ...among }, await hospitalNames()) };
  }
  return searched.found;
}

async function openLive(onRead: OnRead): Promise<HistoryFacts> {
  const network = await openNetwork();
  const chains = await Promise.all(
    Object.entries(network.facts.chains).map(async ([name, { fromBlock }]) => ({
      name,
      chain: await network.chain(name),
      fromBlock,
    })),
  );
  const live = new LiveHistory(chains);
  await live.refresh(onRead);
  return factsOf(live);
}

/** A time that no calendar has, or a chain that is not configured, has no document. */
function consentIn(entry: ReturnType<OpenedHistory["entry"]>, contracts: Parameters<typeof consentOfDecision>[2]) {
  try {
    return consentOfDecision(entry, opened().revocations ?? new Map(), contracts);
  } catch (error) {
    if (MedexError.is(error)) return undefined;
    throw error;
  }
}

const auditing = told({
  openLive,
  /** Reads what is new on the chains; of a history from a file, undefined: nothing is. */
  async refresh(onRead: OnRead): Promise<HistoryFacts | undefined> {
    if (!(history instanceof LiveHistory)) return undefined;
    const live = history;
    try {
      await live.refresh(onRead);
    } catch (error) {
      // Another chain than before: what was shown of it is not true any more.
      if (MedexError.is(error, "AUDIT_MISMATCH") && history === live) return openLive(onRead);
      throw error;
    }
    // Something else may have been opened meanwhile.
    return history === live ? factsOf(live) : undefined;
  },
  openFile: async (file: File, onProgress: (done: number, total: number) => void) =>
    factsOf(await openFile(file, onProgress)),
  /** Some lines of what is searched for, and how many there are. */
  async lines(wanted: Wanted, from: number, count: number): Promise<{ matched: number; lines: Line[] }> {
    const found = await find(wanted);
    const { summaries } = opened();
    const lines = found.slice(from, from + count).flatMap((at): Line[] => {
      const summary = summaries[at];
      return summary ? [{ ...summary, findings: findings.get(summary.id) ?? 0 }] : [];
    });
    return { matched: found.length, lines };
  },
  async detail(id: string): Promise<Detail> {
    const { facts } = await openNetwork();
    const contracts = new Map(Object.values(facts.chains).map(({ deployment }) => [deployment.chainId, deployment]));
    const at = opened().summaries.findIndex((each) => each.id === id);
    const summary = opened().summaries[at];
    if (summary === undefined) throw new MedexError("INPUT_INVALID", "the history has no such request any more");
    const entry = opened().entry(at);
    return {
      summary,
      steps: timelineOf(entry),
      consent: consentIn(entry, contracts),
      knowsRevocations: opened().revocations !== undefined,
    };
  },
  /** What is searched for, as a file: CSV, or JSON with a request a line, as `medex audit export` writes them. */
  async save(wanted: Wanted, format: "csv" | "json"): Promise<Blob> {
    const found = await find(wanted);
    const from = opened();
    const entries = (function* () {
      for (const at of found) yield from.entry(at);
    })();
    const type = format === "csv" ? "text/csv" : "application/x-ndjson";
    return new Blob([...(format === "csv" ? csvOf(entries) : ndjsonOf(entries))], { type });
  },
  /** What `medex audit verify --json` said; its findings are counted at the requests from then on. */
  async verdict(file: Blob) {
    if (file.size > MAX_VERDICT_BYTES) throw new MedexError("INPUT_INVALID", "the file is too long to be a verdict");
    const verdict = readVerdict(await file.text());
    const counts = new Map<string, number>();
    for (const { where } of verdict.findings) {
      if (where.requestId !== undefined) counts.set(where.requestId, (counts.get(where.requestId) ?? 0) + 1);
    }
    findings = counts;
    searched = undefined;
    return { ...verdict, passed: passes(verdict.findings) };
  },
  receipt: async (file: Blob, trust: Trust): Promise<ProvenReceipt> => checkReceipt(await openNetwork(), file, trust),
});
export type Auditing = typeof auditing;
expose(auditing);
