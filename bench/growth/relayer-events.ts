import type { Hex32 } from "@medexchain/chain";
import { eventsOf, insertEvents, type NewEvent } from "../../relayer/database/events.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { BATCH, drawHex, grow, pick, type Subject, temporary } from "./grow.ts";

/** Events of requests in the relayer's own table, in PGlite, as its watcher stores them. */
export async function relayerEventsGrowth(counts: readonly number[]): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const directory = await temporary(stack);
  const database = stack.adopt(await openDatabase({ directory }), (each) => each.close());
  const requestIds: Hex32[] = [];
  let sequence = 0;
  const add = async (): Promise<void> => {
    const events = Array.from({ length: BATCH }, (): NewEvent => {
      sequence += 1;
      const requestId = drawHex();
      requestIds.push(requestId);
      const payload = { requestId, recordId: drawHex(), requester: drawHex(), expiry: 1_800_000_000 };
      const [blockHash, transactionHash] = [drawHex(), drawHex()];
      return {
        outbox: "requests",
        sequence,
        kind: "AccessRequested",
        requestId,
        payload,
        block: sequence,
        blockHash,
        transactionHash,
      };
    });
    await database.transaction((tx) => insertEvents(tx, 31_338n, events));
  };
  const read = async (): Promise<void> => {
    const found = await eventsOf(database, pick(requestIds));
    if (found.length !== 1) throw new Error("an event that was stored is not there");
  };
  const size = async (count: number): Promise<number> => {
    const [row] = await database.query("SELECT pg_total_relation_size('relayer.events')::float8 AS bytes");
    return (row as { bytes: number }).bytes / count; // one row of that column, as the statement says
  };
  return {
    title: "Events in the relayer's database",
    each: "bytes of one, with indexes",
    rows: await grow(counts, { add, read, size }),
  };
}
