import { randomBytes } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { openSeenRecords } from "@medexchain/actors/files";
import { BATCH, grow, pick, type Subject, temporary } from "./grow.ts";

/** Record ids that a firewall has let through, durably on disk. */
export async function seenRecordsGrowth(counts: readonly number[]): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const directory = await temporary(stack);
  const seen = await openSeenRecords(directory);
  const ids: Uint8Array[] = [];
  const add = async (): Promise<void> => {
    for (let i = 0; i < BATCH; i += 1) {
      const id = new Uint8Array(randomBytes(32));
      ids.push(id);
      if (!(await seen.records.add(id))) throw new Error("a new id was taken for a seen one");
    }
  };
  const read = async (): Promise<void> => {
    if (!(await seen.records.has(pick(ids)))) throw new Error("an id that was added is not there");
  };
  // Empty files: what they take is their names in folders.
  const size = async (count: number): Promise<number> => {
    const shards = await readdir(join(directory, "records"));
    const folders = await Promise.all(shards.map((shard) => stat(join(directory, "records", shard))));
    return folders.reduce((sum, folder) => sum + folder.size, 0) / count;
  };
  return {
    title: "Record ids at a firewall",
    each: "bytes of one, of its folder",
    rows: await grow(counts, { add, read, size }),
  };
}
