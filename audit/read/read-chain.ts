import { MedexError } from "@medexchain/core";
import { allLogs, logRanges, startPace } from "@medexchain/evm";
import type { AuditSource, ReadProgress } from "../access-history.ts";
import { finding, type Report } from "../finding.ts";
import { type RangeProver, rangeProver } from "../proven/range-prover.ts";
import { inTransaction, type Store } from "../store/store.ts";
import { addressesOf, type EventIndex, eventIndex } from "./events.ts";
import type { NodeLog } from "./node-answers.ts";
import type { NodeBlock, NodeClient, NodeHeader } from "./node-client.ts";
import { rowWriter } from "./write-rows.ts";

/** Blocks that one `eth_getLogs` asks for at most: what public nodes answer. */
const MOST_BLOCKS = 2_000;
/** Logs of one range, above which the next asks for fewer blocks: a range is held in memory. */
const MANY_LOGS = 2_000;
/** Blocks that are asked for at first, when nobody knows how many logs are in one. */
const FIRST_BLOCKS = 250;
/** Blocks that are asked for at once. */
const BLOCKS_AT_ONCE = 50;

export interface ReadContext {
  readonly store: Store;
  readonly source: AuditSource;
  readonly node: NodeClient;
  /** A second node, whose answers must be the same. */
  readonly witness?: NodeClient;
  readonly report: Report;
  /** No block after this one; up to the last that is confirmed unless given. */
  readonly until?: number;
  readonly observe?: (progress: ReadProgress) => void;
  readonly signal?: AbortSignal;
}

type Cursor = Pick<ReadHead, "block" | "hash">;

interface Numbered {
  readonly number: number;
  readonly hash: Buffer;
}

/** A block that everything up to was read. */
export interface ReadHead {
  readonly block: number;
  readonly hash: Buffer;
  /** Unix seconds. */
  readonly timestamp: number;
}

/**
 * Brings a chain's logs, with the blocks and transactions that they are in, into the store, from where the last reading ended. Stops
 * with a finding where the chain is not the one that was read before, or a node contradicts itself or the witness; what was read up
 * to there stays.
 *
 * @returns up to where the store has the chain, or undefined where it has nothing of it
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL; the signal's reason
 */
export async function readChain(context: ReadContext): Promise<ReadHead | undefined> {
  const { store, source, node, signal } = context;
  const { chainId } = source.deployment;
  const index = eventIndex(source.deployment, source.studies);
  const last = Math.min((await node.latest()) - source.confirmations, context.until ?? Number.POSITIVE_INFINITY);
  const cursor = cursorOf(store, chainId);
  const before = cursor && (await node.header(cursor.block));
  let head: ReadHead | undefined = cursor && { ...cursor, timestamp: before?.timestamp ?? 0 };
  if (cursor && !isUnchanged(context, cursor, before)) return head;
  await using prover = rangeProver(store, source, signal);
  const ranges = logRanges({
    node: `chain ${chainId}`,
    from: head ? head.block + 1 : source.fromBlock,
    to: last,
    read: (from, to) => node.logs(addressesOf(source.deployment, source.studies), from, to),
    pace: startPace(MOST_BLOCKS, FIRST_BLOCKS),
    manyLogs: MANY_LOGS,
    signal,
  });
  for await (const { from, to, logs } of ranges) {
    const next = await storeRange(context, index, head, logs, from, to, prover);
    if (!next) return head;
    head = next;
    context.observe?.({ chainId, block: to, last });
  }
  return head;
}

function cursorOf(store: Store, chainId: bigint): Cursor | undefined {
  const row = store.prepare("SELECT block, hash FROM cursor WHERE chain = ?").get(chainId);
  return row && { block: Number(row.block), hash: Buffer.from(row.hash as Uint8Array) }; // by the schema
}

/**
 * Whether the block at which the last reading ended is still in the chain.
 * @param now the block of that number
 */
function isUnchanged({ node, report }: ReadContext, head: Cursor, now: NodeHeader | undefined): boolean {
  if (now?.hash.equals(head.hash)) return true;
  report(
    finding({
      code: "CHAIN_REWRITTEN",
      message: "a block that was read before is no longer in the chain",
      where: { chainId: node.chainId, block: head.block },
      expected: text(head.hash),
      found: now ? text(now.hash) : "no such block",
    }),
  );
  return false;
}

/** Checks a range against its headers and stores it. Undefined where it is contradicted. */
async function storeRange(
  context: ReadContext,
  index: EventIndex,
  head: ReadHead | undefined,
  logs: readonly NodeLog[],
  from: number,
  to: number,
  prover: RangeProver | undefined,
): Promise<ReadHead | undefined> {
  const { store, node, witness, report, signal } = context;
  const { chainId } = node;
  const end = await node.header(to);
  if (!end) throw new MedexError("SERVICE_PROTOCOL", `chain ${chainId}: the node lost block ${to}: use another node`);
  if (witness && !(await agrees(context, witness, end, logs, from))) return undefined;

  const misplaced = logs.findIndex((log, at) => at > 0 && !follows(logs[at - 1], log));
  if (misplaced !== -1) {
    const { blockNumber: block = to, logIndex = 0 } = logs[misplaced] ?? {};
    report(
      finding({
        code: "EVENT_ORDER",
        message: "logs are out of order, or repeated",
        where: { chainId, block, logIndex },
        expected: "ascending",
        found: "not so",
      }),
    );
    return undefined;
  }
  const perBlock = Map.groupBy(logs, ({ blockNumber }) => blockNumber);
  const numbers = [...perBlock.keys()].sort((a, b) => a - b);
  const write = rowWriter(store, chainId, index);
  let previous: Numbered | undefined = head && { number: head.block, hash: head.hash };
  // Kept aside until the whole range stands.
  const checked: [NodeBlock, readonly NodeLog[]][] = [];
  for (let at = 0; at < numbers.length; at += BLOCKS_AT_ONCE) {
    signal?.throwIfAborted();
    const blocks = await node.blocks(numbers.slice(at, at + BLOCKS_AT_ONCE));
    for (const [offset, block] of blocks.entries()) {
      const number = numbers[at + offset] ?? Number.NaN;
      const own = perBlock.get(number) ?? [];
      const wrong = contradiction(number, block, own, previous, from, to);
      if (wrong) {
        report(
          finding({
            code: "HEADER_MISMATCH",
            message: wrong.message,
            where: { chainId, block: number },
            expected: wrong.expected,
            found: wrong.found,
          }),
        );
        return undefined;
      }
      if (!block) continue;
      checked.push([block, own]);
      previous = block;
    }
  }
  if (previous?.number === to && !previous.hash.equals(end.hash)) {
    report(
      finding({
        code: "HEADER_MISMATCH",
        message: "the node returned two versions of one block",
        where: { chainId, block: to },
        expected: text(previous.hash),
        found: text(end.hash),
      }),
    );
    return undefined;
  }
  const unproven = await prover?.prove(checked, end);
  if (unproven) {
    const { code, block, message, expected, found } = unproven;
    report(finding({ code, message, where: { chainId, block }, expected, found }));
    return undefined;
  }
  inTransaction(store, () => {
    for (const [block, own] of checked) write(block, own);
    prover?.save();
    store
      .prepare(
        "INSERT INTO cursor VALUES (?, ?, ?) ON CONFLICT (chain) DO UPDATE SET block = excluded.block, hash = excluded.hash",
      )
      .run(chainId, to, end.hash);
  });
  return { block: to, hash: end.hash, timestamp: end.timestamp };
}

/** How a block contradicts its logs, its predecessor, or what was asked. */
function contradiction(
  number: number,
  block: NodeBlock | undefined,
  logs: readonly NodeLog[],
  previous: Numbered | undefined,
  from: number,
  to: number,
): { message: string; expected: string; found: string } | undefined {
  if (number < from || number > to)
    return { message: "a log of another range", expected: `${from} to ${to}`, found: `${number}` };
  if (!block || block.number !== number) {
    return {
      message: "a log names a block that does not exist",
      expected: `block ${number}`,
      found: block ? `block ${block.number}` : "none",
    };
  }
  if (previous && previous.number === number - 1 && !block.parentHash.equals(previous.hash)) {
    return {
      message: "the block does not follow the one before it",
      expected: text(previous.hash),
      found: text(block.parentHash),
    };
  }
  const transactions = new Set(block.transactions.map(({ hash }) => hash.toString("latin1")));
  if (transactions.size < block.transactions.length) {
    return {
      message: "a block names a transaction twice",
      expected: `${block.transactions.length} transactions`,
      found: `${transactions.size}`,
    };
  }
  for (const { blockHash, transactionHash } of logs) {
    if (!blockHash.equals(block.hash))
      return { message: "a log names another block", expected: text(block.hash), found: text(blockHash) };
    if (!transactions.has(transactionHash.toString("latin1"))) {
      return { message: "a log's transaction is not in its block", expected: text(transactionHash), found: "none" };
    }
  }
  return undefined;
}

/** Whether a second node has the same end of the range, and the same logs in it. */
async function agrees(
  { node, source, report, signal }: ReadContext,
  witness: NodeClient,
  end: NodeHeader,
  logs: readonly NodeLog[],
  from: number,
): Promise<boolean> {
  const { chainId } = node;
  const disagree = (block: number, what: string, expected: string, found: string) => {
    report(
      finding({
        code: "NODES_DISAGREE",
        message: `two nodes report different ${what}`,
        where: { chainId, block },
        expected,
        found,
      }),
    );
    return false;
  };
  const other = await witness.header(end.number);
  if (!other?.hash.equals(end.hash)) {
    return disagree(end.number, "hashes of a block", text(end.hash), other ? text(other.hash) : "no such block");
  }
  const others = await allLogs({
    node: `chain ${chainId}, second node`,
    from,
    to: end.number,
    read: (first, last) => witness.logs(addressesOf(source.deployment, source.studies), first, last), // it may take fewer blocks at once
    signal,
  });
  for (let position = 0; position < Math.max(logs.length, others.length); position++) {
    const [ours, theirs] = [logs[position], others[position]].map((log) => (log ? describeLog(log) : "no further log"));
    const block = logs[position]?.blockNumber ?? others[position]?.blockNumber ?? end.number;
    if (ours !== theirs) return disagree(block, "logs", ours ?? "", theirs ?? "");
  }
  return true;
}

const follows = (before: NodeLog | undefined, after: NodeLog): boolean =>
  before === undefined ||
  after.blockNumber > before.blockNumber ||
  (after.blockNumber === before.blockNumber && after.logIndex > before.logIndex);

const describeLog = ({ address, topics, data, blockHash, transactionHash, logIndex }: NodeLog): string =>
  [address, text(blockHash), logIndex, text(transactionHash), ...topics.map(text), text(data)].join(" ");

const text = (value: Buffer): string => `0x${value.toString("hex")}`;
