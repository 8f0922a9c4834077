import { keccak256 } from "../keccak.ts";
import type { Store } from "../store/store.ts";
import { type EventIndex, REQUEST_TOPIC } from "./events.ts";
import type { NodeBlock, NodeLog } from "./node-client.ts";

/** Writes a checked block with its logs into the store. A log that no contract of the suite makes is kept as the event `?`. */
export function rowWriter(store: Store, chainId: bigint, index: EventIndex) {
  const block = store.prepare("INSERT OR IGNORE INTO block VALUES (?, ?, ?, ?)");
  const tx = store.prepare("INSERT OR IGNORE INTO tx VALUES (?, ?, ?, ?, ?, ?, ?)");
  const log = store.prepare("INSERT OR IGNORE INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const member = store.prepare("INSERT OR IGNORE INTO member VALUES (?, ?)");
  const record = store.prepare("INSERT OR IGNORE INTO record VALUES (?, ?, ?)");
  const request = store.prepare("INSERT OR IGNORE INTO request (id, time, record, requester) VALUES (?, ?, ?, ?)");

  return ({ number, hash, timestamp, transactions }: NodeBlock, logs: readonly NodeLog[]): void => {
    block.run(chainId, number, hash, timestamp);
    const places = new Map(transactions.map(({ hash: id }, place) => [id.toString("latin1"), place]));
    const written = new Set<number>();
    const placeOf = (id: Buffer): number => {
      const place = places.get(id.toString("latin1"));
      const transaction = transactions[place ?? -1];
      if (place === undefined || !transaction) throw new RangeError("a log's transaction is not in its block"); // as was checked
      if (written.has(place)) return place;
      written.add(place);
      const { from, to, input } = transaction;
      tx.run(chainId, number, place, id, bytesOf(from), to ? bytesOf(to) : null, input);
      return place;
    };
    for (const { address, topics, data, logIndex, transactionHash } of logs) {
      const known = index.get(`${address} ${topics[0]?.toString("hex")}`);
      const { contract, event } = known ?? { contract: address, event: "?" };
      const id = topics[REQUEST_TOPIC[event] ?? 4] ?? null;
      log.run(
        chainId,
        number,
        logIndex,
        placeOf(transactionHash),
        transactionHash,
        contract,
        event,
        Buffer.concat(topics),
        data,
        id,
      );
      const [, first, second, third] = topics;
      if ((event === "MemberEnrolled" || event === "MemberImported") && first && second) member.run(first, second);
      if (event === "RecordAnchored" && first && second) record.run(first, second, keccak256(data.subarray(0, 96)));
      // The first words of both are the request: record, requester. In `RequestDelivered` a word comes before them.
      const at = event === "AccessRequested" ? 0 : event === "RequestDelivered" ? 32 : undefined;
      if (at !== undefined && id && third)
        request.run(id, timestamp, data.subarray(at, at + 32), data.subarray(at + 32, at + 64));
    }
  };
}

const bytesOf = (address: string): Buffer => Buffer.from(address.slice(2), "hex");
