import { existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ArtifactResolver,
  type EIP1193Provider,
  status,
  trackTransaction,
  wipe,
} from "@nomicfoundation/ignition-core";
import { MedexError } from "../offchain/errors.ts";
import { broadcast, signedLog, signedTransactions } from "./deployer-account.ts";
import type { JsonRpc } from "./json-rpc.ts";

export interface RecoverOptions {
  readonly network: string;
  readonly journal: string;
  readonly rpc: JsonRpc;
  readonly provider: EIP1193Provider;
  readonly artifacts: ArtifactResolver;
  readonly confirmations: number;
  readonly pollInterval: number;
  readonly deployer: string;
}

/** How long transactions of an earlier run may take to confirm. */
const SETTLE_MS = 120_000;

/**
 * Makes a deployment that was cut off at any point fit to go on. Ignition's journal tells which step had a nonce, but not always
 * which transaction; `signed.jsonl` tells that:
 *
 * - the step's transaction was signed: it is sent (again) and entered in the journal;
 * - it was not: nothing can have been sent, and the step is wiped from the journal, to be done anew;
 * - a step failed or timed out: it is wiped too. Every step may be repeated; a contract that is deployed twice is used once.
 *
 * Then waits until no transaction of the deployer's is under way.
 *
 * @throws DEPLOYMENT_FAILED when they do not confirm
 */
export async function recover(options: RecoverOptions): Promise<void> {
  const { network, journal, rpc, provider, artifacts, confirmations, pollInterval, deployer } = options;
  if (existsSync(journalFile(journal))) {
    for (const { futureId, nonce } of lostSteps(readJournal(journal))) {
      const signed = signedTransactions(journal).findLast((each) => each.nonce === nonce);
      if (signed === undefined) {
        await wipe(journal, artifacts, futureId);
      } else {
        await broadcast(rpc, signed);
        await trackTransaction(journal, signed.hash, provider, confirmations);
      }
    }
  }
  await settle({ network, rpc, confirmations, pollInterval, deployer });
  if (existsSync(journalFile(journal))) {
    const { failed, timedOut } = await status(journal);
    for (const { futureId } of [...failed, ...timedOut]) await wipe(journal, artifacts, futureId);
  }
}

/**
 * Removes from the journal what was cut off while it was written: the last line, which tells what did not happen yet, or is found
 * again. Before anything reads the journal.
 */
export function dropCutLines(journal: string): void {
  for (const file of [journalFile(journal), signedLog(journal)]) {
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    const start = text.trimEnd().lastIndexOf("\n") + 1;
    const last = text.slice(start);
    if (last === "" || isJson(last)) continue;
    truncateSync(file, Buffer.byteLength(text.slice(0, start)));
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The lines of an Ignition journal that matter here. */
interface JournalLine {
  readonly type: string;
  readonly futureId?: string;
  readonly networkInteractionId?: number;
  readonly nonce?: number;
  readonly receipt?: { readonly blockNumber: number };
}

/** Ignition's journal in a deployment's folder. */
export const journalFile = (journal: string): string => join(journal, "journal.jsonl");

/** The block in which the deployment began: no event of the suite is older. Undefined before the first confirmation. */
export function firstBlock(journal: string): number | undefined {
  const blocks = readJournal(journal).flatMap(({ receipt }) => (receipt === undefined ? [] : [receipt.blockNumber]));
  return blocks.length === 0 ? undefined : Math.min(...blocks);
}

function readJournal(journal: string): JournalLine[] {
  return readFileSync(journalFile(journal), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalLine); // Ignition's own format, of the pinned version
}

/** Steps that were given a nonce and have no transaction in the journal. */
function lostSteps(lines: readonly JournalLine[]): { futureId: string; nonce: number }[] {
  const lost = new Map<string, { futureId: string; nonce: number }>();
  const sent = new Set<string>();
  for (const { type, futureId, networkInteractionId, nonce } of lines) {
    if (futureId === undefined) continue;
    const key = `${futureId} ${networkInteractionId}`;
    if (type === "TRANSACTION_PREPARE_SEND" && nonce !== undefined && !sent.has(key))
      lost.set(key, { futureId, nonce });
    if (type === "TRANSACTION_SEND") {
      sent.add(key);
      lost.delete(key);
    }
    if (type === "WIPE_APPLY") {
      for (const each of [...lost.keys(), ...sent]) {
        if (!each.startsWith(`${futureId} `)) continue;
        lost.delete(each);
        sent.delete(each);
      }
    }
  }
  return [...lost.values()].sort((a, b) => a.nonce - b.nonce);
}

async function settle({
  network,
  rpc,
  confirmations,
  pollInterval,
  deployer,
}: Pick<RecoverOptions, "network" | "rpc" | "confirmations" | "pollInterval" | "deployer">): Promise<void> {
  const count = async (block: string) => Number(await rpc("eth_getTransactionCount", [deployer, block]));
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const pending = await count("pending");
    const deep = Number(await rpc("eth_blockNumber")) - confirmations + 1;
    if (pending === 0 || (deep >= 0 && (await count(`0x${deep.toString(16)}`)) === pending)) return;
    if (Date.now() > deadline) {
      throw new MedexError(
        "DEPLOYMENT_FAILED",
        `${network}: transactions of the deployer's do not reach ${confirmations} confirmations: check that the chain makes blocks, then run again`,
      );
    }
    await sleep(pollInterval);
  }
}
