/** The history as the chains' nodes tell it now. Believed, not verified. */
import {
  addressesOf,
  type ChainPosition,
  eventIndex,
  joinRequest,
  MAKES_MEMBER,
  REQUEST_TOPIC,
  type RequestSummary,
  type StoredLog,
  summaryOf,
} from "@medexchain/audit/view";
import { ask, type Chain, chainLogRanges, type Hex32, hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { getBytes, type Log } from "ethers";
import type { OpenedHistory } from "./history.ts";

/** Logs that are held: of about 20,000 requests. A longer history is read by `medex audit`, which keeps it on disk. */
const MAX_LOGS = 200_000;
/** Headers that are asked for at once. */
const BLOCKS_AT_ONCE = 50;

/** A chain and how far it was read. */
interface Reading {
  readonly name: string;
  readonly chain: Chain;
  readonly index: ReturnType<typeof eventIndex>;
  next: number;
  /** The highest block that the chain is known to have. */
  known: number;
  /** Of the last block that was read, and had a log in it. */
  last: { readonly block: number; readonly hash: string } | undefined;
}

/** How far a chain is read: block, of how many. */
export type OnRead = (chain: string, block: number, last: number) => void;

export class LiveHistory implements OpenedHistory {
  #readings: readonly Reading[];
  #logs = new Map<Hex32, StoredLog[]>();
  #lines = new Map<Hex32, RequestSummary>();
  #hospitals = new Map<Hex32, Hex32>();
  #owners = new Map<Hex32, Hex32>();
  #revocations = new Map<Hex32, ChainPosition>();
  #count = 0;
  /** Requests with events that no line shows yet. */
  #touched = new Set<Hex32>();
  summaries: readonly RequestSummary[] = [];

  constructor(chains: readonly { readonly name: string; readonly chain: Chain; readonly fromBlock: number }[]) {
    this.#readings = chains.map(({ name, chain, fromBlock }) => ({
      name,
      chain,
      index: eventIndex(chain.deployment),
      next: fromBlock,
      known: fromBlock,
      last: undefined,
    }));
  }

  get revocations(): ReadonlyMap<Hex32, ChainPosition> {
    return this.#revocations;
  }

  /** Up to which block each chain was read. */
  get heads(): { readonly name: string; readonly chainId: bigint; readonly block: number }[] {
    return this.#readings.map(({ name, chain, next }) => ({
      name,
      chainId: chain.deployment.chainId,
      block: next - 1,
    }));
  }

  entry(at: number) {
    const id = this.summaries[at]?.id as Hex32; // as `#join` made it
    const entry = this.#join(id);
    if (entry === undefined) throw new RangeError("no such request");
    return entry;
  }

  /**
   * Reads what is new, of each chain that can be read. What was read before a chain broke off counts.
   *
   * @throws SERVICE_UNREACHABLE; SERVICE_PROTOCOL, also where a node is behind what was read before; INPUT_INVALID where the history is
   *   longer than a browser holds; AUDIT_MISMATCH where a chain is not the one that was read before: open it anew
   */
  async refresh(onRead: OnRead): Promise<void> {
    const failures: unknown[] = [];
    for (const reading of this.#readings) {
      await this.#read(reading, onRead).catch((reason: unknown) => failures.push(reason));
    }
    this.#showTouched();
    // Another chain than before is the gravest: nothing that is shown of it holds.
    const [failure] = [...failures.filter((each) => MedexError.is(each, "AUDIT_MISMATCH")), ...failures];
    if (failure !== undefined) throw failure;
  }

  #showTouched(): void {
    if (this.#touched.size === 0) return;
    for (const id of this.#touched) {
      const entry = this.#join(id);
      if (entry) this.#lines.set(id, summaryOf(entry));
    }
    this.#touched.clear();
    this.summaries = [...this.#lines.values()].sort((a, b) => Number(a.asked ?? 0) - Number(b.asked ?? 0));
  }

  async #read(reading: Reading, onRead: OnRead): Promise<void> {
    const { name, chain, known } = reading;
    const { provider, deployment } = chain;
    const last = await ask(chain, () => provider.getBlockNumber());
    if (last < known) throw behind(name, `it is at block ${last}, and block ${known} is known`);
    await this.#requireSameChain(reading);
    const address = addressesOf(deployment);
    const ranges = chainLogRanges(chain, (fromBlock, toBlock) => provider.getLogs({ address, fromBlock, toBlock }), {
      from: reading.next,
      to: last,
    });
    for await (const { to, logs } of ranges) {
      if (this.#count + logs.length > MAX_LOGS) {
        throw new MedexError(
          "INPUT_INVALID",
          "this history is too long to be read by a browser: run medex audit export --format json, and drop its file here",
        );
      }
      const times = await timesOf(chain, logs);
      this.#count += logs.length;
      for (const log of logs) this.#take(reading, log, times.get(log.blockNumber) ?? 0);
      const final = logs.at(-1);
      if (final) reading.last = { block: final.blockNumber, hash: final.blockHash };
      reading.next = to + 1;
      reading.known = Math.max(known, to);
      onRead(name, to, last);
    }
  }

  async #requireSameChain({ name, chain, last }: Reading): Promise<void> {
    if (last === undefined) return;
    const block = await ask(chain, () => chain.provider.getBlock(last.block));
    if (block === null) throw behind(name, `it does not know block ${last.block}, which was read before`);
    if (block.hash !== last.hash) {
      throw new MedexError("AUDIT_MISMATCH", `${name}: block ${last.block} is not the one that was read before`);
    }
  }

  #take({ chain, index }: Reading, log: Log, timestamp: number): void {
    const [topic = "", first, second] = log.topics;
    const { contract, event } = index.get(`${log.address.toLowerCase()} ${topic.slice(2)}`) ?? {};
    if (contract === undefined || event === undefined) return;
    if (MAKES_MEMBER.has(event) && first && second) return void this.#hospitals.set(hex32(first), hex32(second));
    if (event === "RecordAnchored" && first && second) return void this.#owners.set(hex32(first), hex32(second));
    const stored: StoredLog = {
      chainId: chain.deployment.chainId,
      block: log.blockNumber,
      position: log.index,
      place: log.transactionIndex,
      transaction: getBytes(log.transactionHash),
      contract,
      event,
      topics: getBytes(`0x${log.topics.map((each) => each.slice(2)).join("")}`),
      data: getBytes(log.data),
      timestamp,
    };
    if (event === "RecordRevoked" && first) {
      const { chainId, block, position: logIndex } = stored;
      const transactionHash = hex32(log.transactionHash);
      const at = { chainId, block, logIndex, transactionHash, timestamp: BigInt(timestamp) };
      return void this.#revocations.set(hex32(first), at);
    }
    const id = log.topics[REQUEST_TOPIC[event] ?? 4];
    if (id === undefined) return;
    const requestId = hex32(id);
    const known = this.#logs.get(requestId) ?? [];
    if (known.length === 0) this.#logs.set(requestId, known);
    known.push(stored);
    this.#touched.add(requestId);
  }

  #join(id: Hex32) {
    // By chain and in its order, as the auditor's store gives them; they are read in order.
    const logs = [...(this.#logs.get(id) ?? [])].sort((a, b) => Number(a.chainId - b.chainId));
    const parties = { requesterHospital: undefined, owner: undefined, ownerHospital: undefined };
    const joined = joinRequest(id, logs, parties);
    if (joined === undefined) return undefined;
    const owner = this.#owners.get(joined.recordId);
    return {
      ...joined,
      requesterHospital: this.#hospitals.get(joined.requester),
      owner,
      ownerHospital: owner && this.#hospitals.get(owner),
    };
  }
}

/** Of a node that has less than is known of its chain: what it tells would pass for an empty history. */
const behind = (name: string, why: string): MedexError =>
  new MedexError(
    "SERVICE_PROTOCOL",
    `the node of ${name} is behind its chain: ${why}; it is asked again. If the chain was started anew, read the chains again`,
  );

/** When the blocks of these logs were, in Unix seconds. */
async function timesOf(chain: Chain, logs: readonly Log[]): Promise<Map<number, number>> {
  const { provider, deployment } = chain;
  const hashes = new Map(logs.map(({ blockNumber, blockHash }) => [blockNumber, blockHash]));
  const numbers = [...hashes.keys()];
  const times = new Map<number, number>();
  for (let at = 0; at < numbers.length; at += BLOCKS_AT_ONCE) {
    const some = numbers.slice(at, at + BLOCKS_AT_ONCE);
    const blocks = await ask(chain, () => Promise.all(some.map((number) => provider.getBlock(number))));
    for (const [offset, block] of blocks.entries()) {
      const number = some[offset] ?? 0;
      if (block?.hash !== hashes.get(number)) {
        throw new MedexError(
          "SERVICE_PROTOCOL",
          `chain ${deployment.chainId}: the node's logs of block ${number} are of another block than its header; try again, or use another node`,
        );
      }
      times.set(number, block?.timestamp ?? 0);
    }
  }
  return times;
}
