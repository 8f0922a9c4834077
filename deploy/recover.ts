import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MedexError } from "@medexchain/core";
import { type JsonRpc, NodeRefusal } from "@medexchain/evm";
import {
  type ArtifactResolver,
  type EIP1193Provider,
  status,
  trackTransaction,
  wipe,
} from "@nomicfoundation/ignition-core";
import { getAddress } from "ethers";
import { z } from "zod";
import { broadcast, type SignedTransaction, signedLog, signedTransactions } from "./deployer-account.ts";

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
 * Makes a deployment that was cut off at any point fit to go on. Ignition's journal tells which steps had a nonce, but not always
 * which transaction, and it cannot go on from every place where it may have been stopped; `signed.jsonl` and the chain tell the rest:
 *
 * - a step's transaction was signed: it is sent (again), waited for, and entered in the journal with its receipt. Ignition derives its next nonce
 *   from the steps without a receipt alone, and stops (HHE10411) where a later one has one;
 * - nothing was signed: nothing can have been sent, and the step is wiped from the journal, to be done anew;
 * - a step failed, timed out, or its nonce was used by another transaction: it is wiped too. Every step may be repeated; a contract that
 *   is deployed twice is used once.
 *
 * In the end no transaction of the deployer's is under way.
 *
 * @throws DEPLOYMENT_FAILED when they do not confirm
 */
export async function recover(options: RecoverOptions): Promise<void> {
  const { journal, rpc, provider, artifacts, confirmations } = options;
  if (!existsSync(journalFile(journal))) return settle(options);
  const signed = signedTransactions(journal);
  for (const { futureId, nonce, hashes } of openSteps(readJournal(journal))) {
    const mine = signed.findLast((each) => each.nonce === nonce && (hashes.length === 0 || hashes.includes(each.hash)));
    if (mine === undefined || !(await isAccepted(options, mine))) await wipe(journal, artifacts, futureId);
    else if (hashes.length === 0) await trackTransaction(journal, mine.hash, provider, confirmations);
  }
  await settle(options);
  for (const step of openSteps(readJournal(journal))) {
    const receipt = await receiptOf(rpc, step.hashes);
    if (receipt === undefined) await wipe(journal, artifacts, step.futureId);
    else enterReceipt(journal, step, receipt);
  }
  const { failed, timedOut } = await status(journal);
  for (const { futureId } of [...failed, ...timedOut]) await wipe(journal, artifacts, futureId);
}

/** Whether a transaction is on its way or in a block; false when another one has its nonce. */
async function isAccepted({ rpc, deployer }: RecoverOptions, signed: SignedTransaction): Promise<boolean> {
  try {
    await broadcast(rpc, signed);
    return true;
  } catch (error) {
    if (!(error instanceof NodeRefusal)) throw error;
    if (Number(await rpc.request("eth_getTransactionCount", [deployer, "latest"])) > signed.nonce) return false;
    throw error;
  }
}

/** A receipt as nodes answer it. */
const receiptSchema = z.object({
  transactionHash: z.string(),
  blockHash: z.string(),
  blockNumber: z.coerce.number(),
  contractAddress: z.string().nullish(),
  status: z.coerce.number(),
  logs: z.array(
    z.object({ address: z.string(), logIndex: z.coerce.number(), data: z.string(), topics: z.array(z.string()) }),
  ),
});
type Receipt = z.infer<typeof receiptSchema>;

async function receiptOf(rpc: JsonRpc, hashes: readonly string[]): Promise<Receipt | undefined> {
  for (const hash of hashes) {
    const receipt = await rpc.request("eth_getTransactionReceipt", [hash]);
    if (receipt !== null) return receiptSchema.parse(receipt);
  }
  return undefined;
}

/** Enters a transaction's receipt in Ignition's journal, as Ignition itself does. */
function enterReceipt(journal: string, { futureId, networkInteractionId }: OpenStep, receipt: Receipt): void {
  const { transactionHash, blockHash, blockNumber, contractAddress, status, logs } = receipt;
  const line = {
    futureId,
    hash: transactionHash,
    networkInteractionId,
    receipt: {
      blockHash,
      blockNumber,
      ...(contractAddress && { contractAddress: getAddress(contractAddress) }),
      logs: logs.map((log) => ({ ...log, address: getAddress(log.address) })),
      status: status === 1 ? "SUCCESS" : "FAILURE",
    },
    type: "TRANSACTION_CONFIRM",
  };
  appendFileSync(journalFile(journal), `\n${JSON.stringify(line)}`);
}

/**
 * Mends the journal's files where a run was cut off while it wrote them. A last line that is not whole is removed: what it tells did not
 * happen yet, or is found again. Ignition's list of addresses, which it rewrites in place, is made anew from the journal. Before anything
 * else reads them.
 */
export function mendFiles(journal: string): void {
  for (const file of [journalFile(journal), signedLog(journal)]) {
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    const start = text.trimEnd().lastIndexOf("\n") + 1;
    const last = text.slice(start);
    if (last === "" || isJson(last)) continue;
    truncateSync(file, Buffer.byteLength(text.slice(0, start)));
  }
  const list = join(journal, "deployed_addresses.json");
  if (existsSync(list) && !isJson(readFileSync(list, "utf8"))) {
    const entries = readJournal(journal).flatMap(({ futureId, contractAddress, result }) => {
      const address = contractAddress ?? result?.address;
      return futureId === undefined || address === undefined ? [] : [[futureId, address] as const];
    });
    writeFileSync(list, JSON.stringify(Object.fromEntries(entries), undefined, 2));
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
  readonly transaction?: { readonly hash: string };
  readonly receipt?: { readonly blockNumber: number };
  /** Of a step that finds a contract. */
  readonly contractAddress?: string;
  /** Of a step that deploys one. */
  readonly result?: { readonly address?: string };
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

/** A step that was begun and has no receipt. */
interface OpenStep {
  readonly futureId: string;
  readonly networkInteractionId: number;
  /** Undefined where it was stopped before it had one. */
  readonly nonce: number | undefined;
  /** Of its transactions in the journal: none, one, or with raised fees several. */
  readonly hashes: readonly string[];
}

/** The steps that were begun and have no receipt, in the order of their nonces. */
function openSteps(lines: readonly JournalLine[]): OpenStep[] {
  const open = new Map<string, OpenStep>();
  for (const { type, futureId, networkInteractionId = 1, nonce, transaction } of lines) {
    if (futureId === undefined) continue;
    const step = open.get(futureId) ?? { futureId, networkInteractionId, nonce: undefined, hashes: [] };
    if (type === "DEPLOYMENT_EXECUTION_STATE_INITIALIZE" || type === "CALL_EXECUTION_STATE_INITIALIZE") {
      open.set(futureId, step);
    } else if (type === "TRANSACTION_PREPARE_SEND") {
      open.set(futureId, { ...step, networkInteractionId, nonce });
    } else if (type === "TRANSACTION_SEND" && transaction !== undefined) {
      open.set(futureId, { ...step, networkInteractionId, nonce, hashes: [...step.hashes, transaction.hash] });
    } else if (CLOSING.has(type)) {
      open.delete(futureId);
    }
  }
  return [...open.values()].sort((a, b) => (a.nonce ?? Number.MAX_SAFE_INTEGER) - (b.nonce ?? Number.MAX_SAFE_INTEGER));
}

/** What ends a step, well or badly. A simulation that fails completes it at once. */
const CLOSING: ReadonlySet<string> = new Set([
  "TRANSACTION_CONFIRM",
  "ONCHAIN_INTERACTION_TIMEOUT",
  "DEPLOYMENT_EXECUTION_STATE_COMPLETE",
  "CALL_EXECUTION_STATE_COMPLETE",
  "WIPE_APPLY",
]);

async function settle({ network, rpc, confirmations, pollInterval, deployer }: RecoverOptions): Promise<void> {
  const count = async (block: string) => Number(await rpc.request("eth_getTransactionCount", [deployer, block]));
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const pending = await count("pending");
    const deep = Number(await rpc.request("eth_blockNumber")) - confirmations + 1;
    if (pending === 0 || (deep >= 0 && (await count(`0x${deep.toString(16)}`)) === pending)) return;
    if (Date.now() > deadline) {
      throw new MedexError(
        "DEPLOYMENT_FAILED",
        `${network}: the deployer's transactions do not reach ${confirmations} confirmations: check that the chain makes blocks, then run again`,
      );
    }
    await sleep(pollInterval);
  }
}
