/** Leases in the database: who does alone what need be done once. All times are the database's own. */
import { z } from "zod";
import { safeInteger } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

/** A run of a relayer, and its account. */
export interface LeaseHolder {
  readonly run: string;
  readonly account: string;
}

/** A lease that a run holds, or held: the token tells which. */
export interface Lease {
  readonly name: string;
  readonly run: string;
  readonly token: number;
}

const leaseSchema = z.object({
  name: z.string(),
  run: z.string(),
  account: z.string(),
  token: safeInteger,
  /** Whether it has not expired. */
  alive: z.boolean(),
  /** For how long it has been free, ms; 0 while it is alive. */
  freeMs: safeInteger,
  /** Whether another relayer has asked for it. */
  asked: z.boolean(),
});
export type LeaseRow = z.infer<typeof leaseSchema>;

/** All leases that there are, or were. */
export async function readLeases(db: Queryable): Promise<LeaseRow[]> {
  const rows = await db.query(
    `SELECT name, holder AS run, account, token, expires_at > clock_timestamp() AS alive, asked_at IS NOT NULL AS asked,
            greatest(0, extract(epoch FROM clock_timestamp() - expires_at) * 1000)::bigint AS "freeMs"
       FROM relayer.leases ORDER BY name`,
  );
  return parseRows(leaseSchema, rows);
}

const heldSchema = leaseSchema.pick({ name: true, run: true, token: true });

/** Prolongs leases that a run still holds, expired or not. What is not among the answer another has taken. */
export async function renewLeases(
  db: Queryable,
  run: string,
  names: readonly string[],
  ttlMs: number,
): Promise<Lease[]> {
  if (names.length === 0) return [];
  const rows = await db.query(
    `UPDATE relayer.leases SET expires_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
      WHERE holder = $1 AND name = ANY($2::text[]) RETURNING name, holder AS run, token`,
    [run, names, ttlMs],
  );
  return parseRows(heldSchema, rows);
}

/** Takes leases that are free. Those that another was quicker to take are not among the answer. */
export async function takeLeases(
  db: Queryable,
  { run, account }: LeaseHolder,
  names: readonly string[],
  ttlMs: number,
): Promise<Lease[]> {
  if (names.length === 0) return [];
  const rows = await db.query(
    `INSERT INTO relayer.leases AS l (name, holder, account, expires_at)
     SELECT name, $1, $2, clock_timestamp() + make_interval(secs => $4::float8 / 1000)
       FROM unnest($3::text[]) AS name ORDER BY name
         ON CONFLICT (name) DO UPDATE
            SET holder = excluded.holder, account = excluded.account, expires_at = excluded.expires_at, asked_at = NULL,
                token = l.token + 1
          WHERE l.expires_at <= clock_timestamp() RETURNING name, holder AS run, token`,
    [run, account, names, ttlMs],
  );
  return parseRows(heldSchema, rows);
}

/** Ends leases of a run at once. */
export async function releaseLeases(db: Queryable, run: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await db.query(
    `UPDATE relayer.leases SET expires_at = clock_timestamp(), asked_at = NULL WHERE holder = $1 AND name = ANY($2::text[])`,
    [run, names],
  );
}

/** Takes a lease from its holder, if it is still that one's; undefined where it is not. What the holder is about to write is refused from then on. */
export async function seizeLease(
  db: Queryable,
  { run, account }: LeaseHolder,
  { name, token }: Pick<Lease, "name" | "token">,
  ttlMs: number,
): Promise<Lease | undefined> {
  const rows = await db.query(
    `UPDATE relayer.leases
        SET holder = $1, account = $2, token = token + 1, asked_at = NULL,
            expires_at = clock_timestamp() + make_interval(secs => $5::float8 / 1000)
      WHERE name = $3 AND token = $4 RETURNING name, holder AS run, token`,
    [run, account, name, token, ttlMs],
  );
  return parseRows(heldSchema, rows)[0];
}

/** Asks a lease's holder to give it up. */
export async function askForLease(db: Queryable, { name, token }: Pick<Lease, "name" | "token">): Promise<void> {
  await db.query("UPDATE relayer.leases SET asked_at = clock_timestamp() WHERE name = $1 AND token = $2", [
    name,
    token,
  ]);
}

/**
 * Whether a lease is still a run's own, and remains so until the transaction ends: whoever would take it waits for that. Without it, one that
 * was held up for longer than its lease would write over its successor.
 */
export async function holdsLease(tx: Queryable, { name, run, token }: Lease): Promise<boolean> {
  const rows = await tx.query("SELECT 1 FROM relayer.leases WHERE name = $1 AND holder = $2 AND token = $3 FOR SHARE", [
    name,
    run,
    token,
  ]);
  return rows.length > 0;
}

/** A run that was seen so recently lives. */
export const ALIVE_SECONDS = 8;

/** Accounts that were run on the database of late. */
export async function accountsSeen(db: Queryable): Promise<string[]> {
  const rows = await db.query(
    `SELECT account FROM relayer.relayers WHERE seen_at > now() - interval '${ALIVE_SECONDS} seconds'`,
  );
  return parseRows(leaseSchema.pick({ account: true }), rows).map(({ account }) => account);
}

const countSchema = z.object({ count: safeInteger });

/** Notes that a relayer lives, and tells how many use the database, itself among them. */
export async function countRelayers(db: Queryable, { run, account }: LeaseHolder): Promise<number> {
  const rows = await db.query(
    `WITH own AS (
       INSERT INTO relayer.relayers (account, run) VALUES ($1, $2)
         ON CONFLICT (account) DO UPDATE SET seen_at = now(), run = excluded.run)
     SELECT 1 + count(*) AS count FROM relayer.relayers
      WHERE account <> $1 AND seen_at > now() - interval '${ALIVE_SECONDS} seconds'`,
    [account, run],
  );
  return parseRows(countSchema, rows)[0]?.count ?? 1;
}
