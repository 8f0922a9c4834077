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
  type ToldVerdict,
  timelineOf,
} from "@medexchain/audit/view";
import { pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expose } from "comlink";
import { openNetwork } from "../device/network.ts";
import { type Failure, failureOf, told } from "../device/told.ts";
import { inOrder } from "../in-order.ts";
import { openFile } from "./file-history.ts";
import type { OpenedHistory } from "./history.ts";
import { LiveHistory, type OnRead } from "./live-history.ts";
import { checkReceipt, type Trust } from "./receipts.ts";

/** What a page is told of a history. */
export interface HistoryFacts {
  /** How many histories were opened before this one: what was said of them is not said of it. */
  readonly opened: number;
  /** Up to which block each chain was read; of a file, undefined. */
  readonly heads: readonly { readonly name: string; readonly chainId: bigint; readonly block: number }[] | undefined;
  readonly total: number;
  /** Why the last reading of the chains broke off; what was read until then is there. */
  readonly brokeOff?: Failure;
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

/** What a file says that an audit found, and of which chains; those of this network by their names. */
export interface ReadVerdict extends ToldVerdict {
  readonly chains: (ToldVerdict["chains"][number] & { readonly name: string | undefined })[];
}

/** Of a verdict's file. */
const MAX_VERDICT_BYTES = 32 * 1024 * 1024;

let history: OpenedHistory | undefined;
/** How many were opened before it. */
let openedBefore = 0;
const openInOrder = inOrder();
let findings: ReadonlyMap<string, number> = new Map();
const readVerdictInOrder = inOrder();
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
  const hospitals = await hospitalNames();
  return {
    opened: openedBefore,
    heads: from instanceof LiveHistory ? from.heads : undefined,
    total: from.summaries.length,
    hospitals,
    purposes: [...new Set(from.summaries.map(({ purpose }) => purpose))].sort(),
  };
}

/**
 * Opens another history, of which a verdict on the one before says nothing.
 *
 * @returns undefined where one that was asked for later is open by then
 */
async function openHistory(read: () => Promise<OpenedHistory>): Promise<HistoryFacts | undefined> {
  const counts = openInOrder();
  const from = await read();
  if (!counts()) return undefined;
  if (history !== undefined) {
    openedBefore += 1;
    findings = new Map();
  }
  history = from;
  searched = undefined;
  return factsOf(from);
}

/** @param hospitals from `hospitalNames`, asked before: history and answer must be of one moment */
function find({ onlyFindings = false, ...wanted }: Wanted, hospitals: ReadonlyMap<string, string>): readonly number[] {
  const key = JSON.stringify([wanted, onlyFindings]);
  if (searched?.key !== key) {
    const among = onlyFindings ? { among: new Set(findings.keys()) } : {};
    searched = { key, found: search(opened().summaries, { ...wanted, ...among }, hospitals) };
  }
  return searched.found;
}

async function readLive(onRead: OnRead): Promise<LiveHistory> {
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
  return live;
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
  openLive: (onRead: OnRead) => openHistory(() => readLive(onRead)),
  /** Reads what is new on the chains; of a history from a file, undefined: nothing is. */
  async refresh(onRead: OnRead): Promise<HistoryFacts | undefined> {
    if (!(history instanceof LiveHistory)) return undefined;
    const live = history;
    const failure = await live.refresh(onRead).then(() => undefined, failureOf);
    // Something else may have been opened meanwhile.
    if (history !== live) return undefined;
    // Another chain than before: what was shown of it is not true any more.
    if (failure?.code === "AUDIT_MISMATCH") return openHistory(() => readLive(onRead));
    searched = undefined;
    return { ...(await factsOf(live)), ...(failure && { brokeOff: failure }) };
  },
  openFile: (file: File, onProgress: (done: number, total: number) => void) =>
    openHistory(() => openFile(file, onProgress)),
  /** Some lines of what is searched for, and how many there are. */
  async lines(wanted: Wanted, from: number, count: number): Promise<{ matched: number; lines: Line[] }> {
    const hospitals = await hospitalNames();
    const found = find(wanted, hospitals);
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
    const hospitals = await hospitalNames();
    const found = find(wanted, hospitals);
    const from = opened();
    const entries = (function* () {
      for (const at of found) yield from.entry(at);
    })();
    const type = format === "csv" ? "text/csv" : "application/x-ndjson";
    return new Blob([...(format === "csv" ? csvOf(entries) : ndjsonOf(entries))], { type });
  },
  /**
   * What `medex audit verify --json` said; its findings are counted at the requests from then on.
   *
   * @returns undefined where one that was dropped later has been read by then, or another history is open
   */
  async verdict(file: Blob): Promise<ReadVerdict | undefined> {
    if (file.size > MAX_VERDICT_BYTES) throw new MedexError("INPUT_INVALID", "the file is too long to be a verdict");
    const isNewest = readVerdictInOrder();
    const about = openedBefore;
    const verdict = readVerdict(await file.text());
    if (!isNewest() || about !== openedBefore) return undefined;
    const counts = new Map<string, number>();
    for (const { where } of verdict.findings) {
      if (where.requestId !== undefined) counts.set(where.requestId, (counts.get(where.requestId) ?? 0) + 1);
    }
    findings = counts;
    searched = undefined;
    const { facts } = await openNetwork();
    const nameOf = new Map(Object.entries(facts.chains).map(([name, { deployment }]) => [deployment.chainId, name]));
    const chains = verdict.chains.map((chain) => ({ ...chain, name: nameOf.get(BigInt(chain.chainId)) }));
    return { ...verdict, chains, passed: passes(verdict.findings) };
  },
  receipt: async (file: Blob, trust: Trust): Promise<ProvenReceipt> => checkReceipt(await openNetwork(), file, trust),
});
export type Auditing = typeof auditing;
expose(auditing);
