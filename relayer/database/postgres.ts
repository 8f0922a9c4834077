import { MedexError } from "@medexchain/core";
import pg from "pg";
import { printableUrl } from "../config/schema.ts";
import type { Database, Queryable } from "./database.ts";
import { storageError } from "./storage-error.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** PostgreSQL: connection exceptions, and a server that is starting or stopping. */
const UNREACHABLE = /^(08...|57P0[123]|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EPIPE)$/;
/** What `pg` says, without a code, of a connection that could not be made, or is lost; the latter also to whoever asks over it again. */
const LOST = /timeout exceeded|timeout expired|Connection terminated|connection error and is not queryable/;

/**
 * Connects to a PostgreSQL server.
 *
 * @param url postgres://user:password@host:port/database
 * @throws SERVICE_UNREACHABLE, CONFIG_INVALID when the server refuses the user or database
 */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // An idle connection that breaks is replaced on the next query, which reports what is still wrong then.
  pool.on("error", () => undefined);
  const place = printableUrl(url);
  const through = (runner: pg.Pool | pg.PoolClient): Queryable => ({
    query: async (sql, params = []) => {
      try {
        return (await runner.query(sql, [...params])).rows;
      } catch (error) {
        throw databaseError(error, place);
      }
    },
  });
  const database = through(pool);
  try {
    await database.query("SELECT 1");
  } catch (error) {
    await pool.end();
    throw MedexError.is(error)
      ? error
      : new MedexError("CONFIG_INVALID", `PostgreSQL at ${place} refuses the user or the database; check the URL`, {
          cause: error,
        });
  }
  return {
    ...database,
    transaction: (fn) => transact(pool, place, (client) => fn(through(client))),
    execute: async (sql) => {
      await pool.query(sql).catch((error: unknown) => {
        throw databaseError(error, place);
      });
    },
    exclusive: false,
    close: () => pool.end(),
  };
}

async function transact<T>(pool: pg.Pool, place: string, fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseError(error, place);
  });
  let broken = false;
  // The pool listens to idle connections only. One that breaks between two statements fails the next; unheard, it ends the process.
  const onError = () => {
    broken = true;
  };
  client.on("error", onError);
  try {
    await client.query("BEGIN");
    const result = await fn(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {
      broken = true;
    });
    throw databaseError(error, place);
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

function databaseError(error: unknown, place: string): unknown {
  if (MedexError.is(error) || !(error instanceof Error)) return error;
  const full = storageError(error, place);
  if (full) return full;
  const code = "code" in error ? String(error.code) : "";
  if (!UNREACHABLE.test(code) && !LOST.test(error.message)) return error;
  return new MedexError("SERVICE_UNREACHABLE", `PostgreSQL at ${place} does not answer: check that it is up`, {
    cause: error,
  });
}
