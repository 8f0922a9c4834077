/** Who the validators of a chain are, at the block up to which it was proven: kept beside what was read. */
import type { Store } from "../store/store.ts";
import type { Trusted } from "./validator-walk.ts";

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS validators (chain INTEGER PRIMARY KEY, block INTEGER NOT NULL, list TEXT NOT NULL) STRICT";

/** Undefined where nothing was proven yet. */
export function trustedIn(store: Store, chainId: bigint): Trusted | undefined {
  store.exec(SCHEMA);
  const row = store.prepare("SELECT block, list FROM validators WHERE chain = ?").get(chainId);
  return row && { block: Number(row.block), validators: String(row.list).split(" ") };
}

/** In the transaction that stores the range that ends at the block. */
export function saveTrusted(store: Store, chainId: bigint, { block, validators }: Trusted): void {
  store
    .prepare(
      "INSERT INTO validators VALUES (?, ?, ?) ON CONFLICT (chain) DO UPDATE SET block = excluded.block, list = excluded.list",
    )
    .run(chainId, block, validators.join(" "));
}
