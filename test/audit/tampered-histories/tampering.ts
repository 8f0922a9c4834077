/**
 * A node that alters one thing of what it truly has, drawn by a seed: it drops, changes, repeats, moves or invents a log, a header, a
 * transaction, an answer to a call, or an account's code. It knows nothing of what an audit checks.
 */
import type { Deployment } from "@medexchain/chain";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";
import type { RawTransaction } from "../support/rpc-transaction.ts";
import type { RawBlock, RawLog } from "../support/tamper.ts";
import { callKey, codeKey, logKey, type Piece } from "./history.ts";

export type How = "drop" | "change" | "repeat" | "reorder" | "invent";

export interface Tampering {
  readonly seed: number;
  readonly how: How;
  readonly piece: Piece;
  /** What of the piece is changed: a field; of a log's or a call's words, which. */
  readonly field: string;
  /** Which of the field's digits, and to which other. */
  readonly digit: number;
  readonly by: number;
}

/** What can be done to each kind of piece, and which of its fields can be changed. */
const WAYS: Readonly<Record<Piece["of"], { readonly how: readonly How[]; readonly fields: readonly string[] }>> = {
  log: {
    how: ["drop", "change", "repeat", "reorder", "invent"],
    fields: ["data", "topics", "address", "transactionHash", "blockHash", "blockNumber", "logIndex"],
  },
  header: { how: ["drop", "change"], fields: ["hash", "parentHash", "timestamp", "number"] },
  transaction: {
    how: ["drop", "change", "repeat", "reorder"],
    fields: ["hash", "from", "to", "input", "nonce", "value", "gas", "r", "s", "yParity"],
  },
  call: { how: ["drop", "change"], fields: ["result"] },
  code: { how: ["drop", "change"], fields: ["result"] },
};

/** Marsaglia's xorshift, 32 bits. */
export function random(seed: number): (below: number) => number {
  let state = (Math.imul(seed + 1, 0x9e3779b9) ^ 0x6d2b79f5) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let round = 0; round < 16; round++) next(); // neighbouring seeds draw alike at first
  return (below) => next() % below;
}

/** Draws what is done to which of these pieces. Each kind of piece comes as often as the others. */
export function drawTampering(seed: number, pieces: readonly Piece[]): Tampering {
  const draw = random(seed);
  const pick = <T>(from: readonly T[]): T => from[draw(from.length)]!;
  // Logs and transactions are most of what a node tells.
  const of = pick(["log", "log", "log", "transaction", "transaction", "header", "call", "call", "code"] as const);
  const { how, fields } = WAYS[of];
  const piece = pick(pieces.filter((each) => each.of === of));
  return { seed, how: pick(how), piece, field: pick(fields), digit: draw(2 ** 20), by: 1 + draw(15) };
}

/** In words, for a test's name and a finding's report. */
export function describeTampering({ seed, how, piece, field }: Tampering): string {
  const of =
    piece.of === "log" ? `log ${piece.key} (${piece.log.topics[0]?.slice(0, 10)})` : `${piece.of} ${piece.key}`;
  return `seed ${seed}: ${how} ${how === "change" ? `${field} of ` : ""}${of.slice(0, 90)}`;
}

/** Changes one digit of hexadecimal. What has none is left alone. */
function changed(value: string, { digit, by }: Tampering): string {
  const at = 2 + (digit % Math.max(1, value.length - 2));
  const was = Number.parseInt(value[at] ?? "", 16);
  if (Number.isNaN(was)) return value;
  return value.slice(0, at) + ((was + by) % 16).toString(16) + value.slice(at + 1);
}

const withChange = <T extends object>(piece: T, tampering: Tampering): T => {
  const value = (piece as Record<string, unknown>)[tampering.field];
  const now = Array.isArray(value)
    ? value.with(tampering.digit % value.length, changed(String(value[tampering.digit % value.length]), tampering))
    : changed(String(value ?? "0x0"), tampering);
  return { ...piece, [tampering.field]: now };
};

/** A list of what a node tells in order, tampered with at one place. */
function tamperedList<T extends object>(list: readonly T[], isPiece: (each: T) => boolean, tampering: Tampering): T[] {
  const at = list.findIndex(isPiece);
  const piece = list[at];
  if (!piece) return [...list];
  switch (tampering.how) {
    case "drop":
      return list.toSpliced(at, 1);
    case "change":
      return list.with(at, withChange(piece, tampering));
    case "repeat":
      return list.toSpliced(at, 0, piece);
    case "reorder": {
      const other = at + 1 < list.length ? at + 1 : at - 1;
      const neighbour = list[other];
      return neighbour ? list.with(at, neighbour).with(other, piece) : [...list];
    }
    case "invent": {
      // As if the contract had said it once more, at the end of the same block.
      const { blockNumber } = piece as unknown as RawLog;
      const last = list.findLastIndex((each) => (each as unknown as RawLog).blockNumber === blockNumber);
      const index = Number((list[last] as unknown as RawLog).logIndex) + 1;
      return list.toSpliced(last + 1, 0, { ...piece, logIndex: `0x${index.toString(16)}` });
    }
  }
}

export interface TamperingNode extends AsyncDisposable {
  readonly deployment: Deployment;
  readonly proxy: RpcProxy;
  /** Whether what it told was another than what it has. */
  hasTampered(): boolean;
}

export async function startTamperingNode(deployment: Deployment, tampering: Tampering): Promise<TamperingNode> {
  const proxy = await startRpcProxy(deployment.rpcUrl);
  const { piece } = tampering;
  let hasTampered = false;
  proxy.intercept = async (method, params, forward) => {
    const { result } = (await forward()) as { result?: unknown };
    if (result === undefined || result === null) return undefined;
    const now = tamperedAnswer(method, params, result);
    if (now === undefined || JSON.stringify(now.result) === JSON.stringify(result)) return undefined;
    hasTampered = true;
    return now;
  };
  const tamperedAnswer = (method: string, params: unknown[], result: unknown): { result: unknown } | undefined => {
    if (method === "eth_getLogs" && piece.of === "log") {
      return { result: tamperedList(result as RawLog[], (log) => logKey(log) === piece.key, tampering) };
    }
    if (method === "eth_getBlockByNumber") {
      const block = result as RawBlock;
      if (piece.of === "header" && block.number === piece.key)
        return { result: tampering.how === "drop" ? null : withChange(block, tampering) };
      if (piece.of === "transaction" && params[1] === true) {
        const isPiece = ({ hash }: RawTransaction) => hash === piece.key;
        return { result: { ...block, transactions: tamperedList(block.transactions, isPiece, tampering) } };
      }
    }
    const isAnswer =
      (method === "eth_call" && piece.of === "call" && callKey(params) === piece.key) ||
      (method === "eth_getCode" && piece.of === "code" && codeKey(params) === piece.key);
    if (!isAnswer) return undefined;
    return { result: tampering.how === "drop" ? "0x" : changed(result as string, tampering) };
  };
  return {
    deployment: { ...deployment, rpcUrl: proxy.url },
    proxy,
    hasTampered: () => hasTampered,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}
