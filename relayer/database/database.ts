import { MedexError } from "@medexchain/core";
import type { z } from "zod";

/** Where statements run: the database, or one transaction of it. */
export interface Queryable {
  /** Runs one statement with `$1`-style parameters; the rows as the driver gives them, to be parsed. */
  query(sql: string, params?: readonly unknown[]): Promise<unknown[]>;
}

/** The relayer's one store, in PostgreSQL's dialect. */
export interface Database extends Queryable {
  /** Runs `fn` in a transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Runs several statements without parameters. */
  execute(sql: string): Promise<void>;
  /** Whether this process is the only user, so that what is marked as running at the start is not. */
  readonly exclusive: boolean;
  close(): Promise<void>;
}

/** Rows in their stored form to typed values. A row that does not fit is a schema of another version. */
export function parseRows<T extends z.ZodType>(schema: T, rows: readonly unknown[]): z.output<T>[] {
  return rows.map((row) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    const columns = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
    throw new MedexError("DATABASE_INVALID", `relayer database: unexpected ${columns}: another version wrote it`);
  });
}
