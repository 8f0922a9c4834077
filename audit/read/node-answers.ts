/**
 * Logs and transactions as a node tells them. Parsed by hand, as each of an audit's comes by here, and a schema takes four times as long.
 * Every function returns undefined for what is not of its form.
 */

export interface NodeLog {
  /** In lower case. */
  readonly address: string;
  /** 32 bytes each, at most four. */
  readonly topics: readonly Buffer[];
  readonly data: Buffer;
  readonly blockNumber: number;
  readonly blockHash: Buffer;
  readonly transactionHash: Buffer;
  readonly logIndex: number;
}

/** A transaction. Its other fields are kept as they are, for `signedTransaction`. */
export interface NodeTransaction {
  readonly hash: Buffer;
  /** In lower case, as `to` is; undefined where a contract is made. */
  readonly from: string;
  readonly to: string | undefined;
  readonly input: Buffer;
  readonly raw: Fields;
}

/** Anything. */
type Fields = Readonly<Record<string, unknown>>;

/** A list of logs. */
export const parseLogs = (value: unknown): NodeLog[] | undefined => parseList(value, parseLog);

/** A list of transactions. */
export const parseTransactions = (value: unknown): NodeTransaction[] | undefined => parseList(value, parseTransaction);

/** Whole bytes of hex after `0x`. A pattern to match would take longer than to decode and count. */
export function parseBytes(value: unknown): Buffer | undefined {
  if (typeof value !== "string" || !value.startsWith("0x")) return undefined;
  const decoded = Buffer.from(value.slice(2), "hex"); // up to the first character that is no hex
  return value.length === 2 + 2 * decoded.length ? decoded : undefined;
}

/** 32 bytes. */
export const parseHash = (value: unknown): Buffer | undefined =>
  typeof value === "string" && value.length === 66 ? parseBytes(value) : undefined;

/** Of at most 53 bits. */
export function parseQuantity(value: unknown): number | undefined {
  const number = typeof value === "string" && value.startsWith("0x") ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const parseAddress = (value: unknown): string | undefined =>
  typeof value === "string" && ADDRESS.test(value) ? value.toLowerCase() : undefined;

function parseLog(value: unknown): NodeLog | undefined {
  if (!isFields(value)) return undefined;
  const address = parseAddress(value.address);
  const topics = parseList(value.topics, parseHash);
  const data = parseBytes(value.data);
  const blockNumber = parseQuantity(value.blockNumber);
  const blockHash = parseHash(value.blockHash);
  const transactionHash = parseHash(value.transactionHash);
  const logIndex = parseQuantity(value.logIndex);
  if (address === undefined || !topics || topics.length > 4 || !data || !blockHash || !transactionHash)
    return undefined;
  if (blockNumber === undefined || logIndex === undefined) return undefined;
  return { address, topics, data, blockNumber, blockHash, transactionHash, logIndex };
}

function parseTransaction(value: unknown): NodeTransaction | undefined {
  if (!isFields(value)) return undefined;
  const hash = parseHash(value.hash);
  const from = parseAddress(value.from);
  const isNew = value.to === null || value.to === undefined;
  const to = parseAddress(value.to);
  const input = parseBytes(value.input);
  if (!hash || from === undefined || !input || (to === undefined && !isNew)) return undefined;
  return { hash, from, to, input, raw: value };
}

function parseList<T>(value: unknown, parse: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: T[] = [];
  for (const each of value) {
    const item = parse(each);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
