import { keccak256 } from "@medexchain/evm";
import type { Store } from "../store/store.ts";
import { BY_SENDER, type EventIndex, MAKES_MEMBER, REQUEST_TOPIC } from "./events.ts";
import type { NodeLog } from "./node-answers.ts";
import type { NodeBlock } from "./node-client.ts";
import { signedTransaction } from "./signed-transaction.ts";

/** Writes a checked block with its logs into the store. A log that no contract of the suite makes is kept as the event `?`. */
export function rowWriter(store: Store, chainId: bigint, index: EventIndex) {
  const block = store.prepare("INSERT OR IGNORE INTO block VALUES (?, ?, ?, ?)");
  const tx = store.prepare("INSERT OR IGNORE INTO tx VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  const log = store.prepare("INSERT OR IGNORE INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const member = store.prepare("INSERT OR IGNORE INTO member VALUES (?, ?)");
  const record = store.prepare("INSERT OR IGNORE INTO record VALUES (?, ?, ?)");
  const request = store.prepare("INSERT OR IGNORE INTO request (id, time, record, requester) VALUES (?, ?, ?, ?)");

  const eventOf = ({ address, topics }: NodeLog) =>
    index.get(`${address} ${topics[0]?.toString("hex")}`) ?? { contract: address, event: "?" };

  return ({ number, hash, timestamp, transactions }: NodeBlock, logs: readonly NodeLog[]): void => {
    block.run(chainId, number, hash, timestamp);
    /** Whether the sender counts, by transaction. */
    const wanted = new Map<string, boolean>();
    const keyOf = (id: Buffer) => id.toString("latin1");
    for (const log of logs) {
      const id = keyOf(log.transactionHash);
      if (!wanted.get(id)) wanted.set(id, BY_SENDER.has(eventOf(log).event));
    }
    const places = new Map<string, number>();
    for (const [place, { hash: id, from, to, input, raw }] of transactions.entries()) {
      const senderCounts = wanted.get(keyOf(id));
      if (senderCounts === undefined) continue;
      places.set(keyOf(id), place);
      const signed = senderCounts ? signedTransaction(raw, chainId) : undefined;
      const proof = signed ? Buffer.concat([signed.hash, signed.digest, signed.signature]) : null;
      tx.run(chainId, number, place, id, bytesOf(from), to ? bytesOf(to) : null, input, proof);
    }
    for (const each of logs) {
      const { topics, data, logIndex, transactionHash } = each;
      const place = places.get(keyOf(transactionHash));
      if (place === undefined) throw new RangeError("a log's transaction is not in its block"); // as was checked
      const { contract, event } = eventOf(each);
      const id = topics[REQUEST_TOPIC[event] ?? 4] ?? null;
      log.run(chainId, number, logIndex, place, transactionHash, contract, event, Buffer.concat(topics), data, id);
      const [, first, second, third] = topics;
      if (MAKES_MEMBER.has(event) && first && second) member.run(first, second);
      if (event === "RecordAnchored" && first && second) record.run(first, second, keccak256(data.subarray(0, 96)));
      // The first words of both are the request: record, requester. In `RequestDelivered` a word comes before them.
      const at = event === "AccessRequested" ? 0 : event === "RequestDelivered" ? 32 : undefined;
      if (at !== undefined && id && third)
        request.run(id, timestamp, data.subarray(at, at + 32), data.subarray(at + 32, at + 64));
    }
  };
}

const bytesOf = (address: string): Buffer => Buffer.from(address.slice(2), "hex");
