import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { MedexError } from "@medexchain/core";
import { type Loop, startLoop } from "../concurrency/loop.ts";
import type { DatabaseConfig, StorageConfig } from "../config/schema.ts";
import { type Failure, failureOf } from "../observe/failure.ts";
import type { Database } from "./database.ts";

/** Watches whether what is done can still be written down. */
export interface StorageGuard extends Loop {
  /** Why it cannot, or undefined while it can. */
  failure(): Failure | undefined;
}

export interface StorageGuardOptions {
  readonly database: Database;
  readonly where: DatabaseConfig;
  readonly config: StorageConfig;
  /** Written each time, so that relayers that share a database know of each other. */
  readonly account: string;
  /** Names this run of it. */
  readonly run: string;
  /** Told when it begins to fail and when it works again; awaited before the next look. */
  changed(failure: Failure | undefined): Promise<void>;
}

/** Writes to the database, and measures the disk, again and again. */
export function startStorageGuard(options: StorageGuardOptions): StorageGuard {
  let failure: Failure | undefined;
  const look = async (): Promise<boolean> => {
    const now = await probe(options).then(() => undefined, failureOf);
    const turned = (now === undefined) !== (failure === undefined);
    failure = now;
    if (turned) await options.changed(failure);
    return false;
  };
  const loop = startLoop(look, options.config.intervalMs, (error) => {
    failure = failureOf(error);
  });
  return { ...loop, failure: () => failure };
}

async function probe({ database, where, config, account, run }: StorageGuardOptions): Promise<void> {
  if ("directory" in where) {
    const { bavail, bsize } = await statfs(where.directory);
    if (bavail * bsize < config.minFreeBytes) {
      throw new MedexError(
        "STORAGE_FAILED",
        `${where.directory}: fewer than ${config.minFreeBytes} bytes are free; the relayer takes no work until there is room`,
      );
    }
  }
  const timer = new AbortController();
  try {
    const written = database.query(
      `INSERT INTO relayer.relayers (account, run) VALUES ($1, $2)
         ON CONFLICT (account) DO UPDATE SET seen_at = now(), run = excluded.run`,
      [account, run],
    );
    const late = sleep(config.timeoutMs, undefined, { signal: timer.signal }).then(() => {
      throw new MedexError(
        "STORAGE_FAILED",
        `relayer database: no write finished within ${config.timeoutMs} ms; the relayer takes no work meanwhile`,
      );
    });
    await Promise.race([written, late]);
  } finally {
    timer.abort();
  }
}
