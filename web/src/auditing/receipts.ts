/** Receipts that somebody gives: checked here, by what the auditor trusts. */
import {
  type ProvenReceipt,
  parseVerifierKey,
  type Receipt,
  receiptSchema,
  verifyReceipt,
} from "@medexchain/audit/view";
import { ask, type Chain, type Hex32, hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Network } from "../device/network.ts";

/** What the auditor believes: a root from elsewhere, witnesses who cosigned, or, with neither, the checkpoint that another chain keeps. */
export interface Trust {
  readonly root?: string;
  /** Keys of witnesses, one a line. */
  readonly witnesses?: string;
}

/** Of a receipt's file. */
const MAX_BYTES = 262_144;
/** Checkpoints that are asked for at once, and looked through at most. */
const PAGE = 100;
const MOST_CHECKPOINTS = 10_000;

/** @throws INPUT_INVALID, RECEIPT_INVALID, CHECKPOINT_MISSING */
export async function checkReceipt(
  network: Network,
  file: Blob,
  { root = "", witnesses = "" }: Trust,
): Promise<ProvenReceipt> {
  const json = await readJson(file);
  const keys = witnesses.split("\n").filter((line) => line.trim() !== "");
  if (root.trim() === "" && keys.length === 0) {
    return verifyReceipt(json, { root: await keptRoot(network, receiptOf(json)) });
  }
  return verifyReceipt(json, {
    ...(root.trim() !== "" && { root: rootOf(root) }),
    witnesses: keys.map(parseVerifierKey),
  });
}

async function readJson(file: Blob): Promise<unknown> {
  if (file.size > MAX_BYTES) throw new MedexError("INPUT_INVALID", "the file is too long to be a receipt");
  try {
    return JSON.parse(await file.text());
  } catch (cause) {
    throw new MedexError("INPUT_INVALID", "the file is no receipt: it is not JSON", { cause });
  }
}

function receiptOf(json: unknown): Receipt {
  const parsed = receiptSchema.safeParse(json);
  if (!parsed.success) throw new MedexError("INPUT_INVALID", "the file is no receipt of this version");
  return parsed.data;
}

function rootOf(text: string): Hex32 {
  try {
    return hex32(text.trim());
  } catch {
    throw new MedexError("INPUT_INVALID", "the root must be 0x and 64 hexadecimal digits");
  }
}

/** The root of the receipt's checkpoint as another chain keeps it, by that chain's node. */
async function keptRoot(network: Network, { chainId, ledger, checkpoint }: Receipt): Promise<Hex32> {
  const { keptBy, entryCount } = checkpoint;
  const missing = (what: string) =>
    new MedexError("CHECKPOINT_MISSING", `${what}: give the ledger's root, or a witness's key, that you trust`);
  if (keptBy === undefined) throw missing("the receipt names no chain that keeps its checkpoint");
  const entry = Object.entries(network.facts.chains).find(
    ([, { deployment }]) => String(deployment.chainId) === keptBy.chainId,
  );
  if (entry === undefined) throw missing(`the network has no chain with id ${keptBy.chainId}`);
  const roots = await rootsAmong(await network.chain(entry[0]), BigInt(chainId), ledger, BigInt(entryCount));
  const [root, other] = roots;
  if (root === undefined) throw missing(`chain ${keptBy.chainId} keeps no checkpoint of ${entryCount} entries`);
  if (other !== undefined) {
    throw new MedexError(
      "AUDIT_MISMATCH",
      `chain ${keptBy.chainId} keeps checkpoints of ${entryCount} entries that contradict each other: run medex audit verify`,
    );
  }
  return root;
}

/** The roots of a ledger's checkpoints of one length: one, where nobody lied. */
async function rootsAmong(chain: Chain, chainId: bigint, ledger: string, entries: bigint): Promise<Set<Hex32>> {
  const count = Number(await ask(chain, () => chain.checkpoints.checkpointCount(chainId, ledger)));
  const roots = new Set<Hex32>();
  for (let from = Math.max(0, count - MOST_CHECKPOINTS); from < count; from += PAGE) {
    const { page } = await ask(chain, () => chain.checkpoints.checkpoints(chainId, ledger, from, PAGE));
    for (const { entryCount, root } of page) if (entryCount === entries) roots.add(hex32(root));
  }
  return roots;
}
