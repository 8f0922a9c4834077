/**
 * One session of an embedded database, over PostgreSQL's wire protocol. PGlite's own `query` parses and plans a statement each time, and sends it
 * in five messages, each a call into WebAssembly: that takes three times as long as to send a statement that is known in one.
 */
import { messages, type PGlite, protocol } from "@electric-sql/pglite";
import { MedexError } from "@medexchain/core";
import pg from "pg";
import type { Queryable } from "./database.ts";

const { serialize } = protocol;

/** Statements are forgotten after so long: the plan of one was made for the sizes that the tables had then. */
const PLANS_MS = 10_000;

/** A session: what is asked of it is done in turn. */
export interface PgliteSession extends Queryable {
  transaction<T>(fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Runs several statements without parameters. */
  execute(sql: string): Promise<void>;
  /** When what was asked for before is done. */
  close(): Promise<void>;
}

/** Opens the one session that an embedded database may have. */
export function openSession(pglite: PGlite): PgliteSession {
  const names = new Map<string, string>();
  let prepared = 0;
  let since = performance.now();
  let isClosed = false;

  const send = async (parts: readonly Uint8Array[]) => {
    if (isClosed) throw new MedexError("SERVICE_UNREACHABLE", "relayer database: it is closed");
    return (await pglite.execProtocol(Buffer.concat(parts))).messages;
  };
  const simple = (sql: string) => send([serialize.query(sql)]);
  const query: Queryable["query"] = async (sql, params = []) => {
    const known = names.get(sql);
    const statement = known ?? `s${++prepared}`;
    const answer = await send([
      ...(known === undefined ? [serialize.parse({ name: statement, text: sql })] : []),
      serialize.bind({ statement, values: params.map(textOf) }),
      serialize.describe({ type: "P" }),
      serialize.execute({}),
      serialize.sync(),
    ]);
    names.set(sql, statement);
    return rowsIn(answer);
  };
  const forgetOld = async (): Promise<void> => {
    if (performance.now() - since < PLANS_MS) return;
    since = performance.now();
    names.clear();
    await simple("DEALLOCATE ALL");
  };

  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined); // whoever asked is told
    return next;
  };
  return {
    query: (sql, params) =>
      inTurn(async () => {
        await forgetOld();
        return query(sql, params);
      }),
    transaction: (fn) =>
      inTurn(async () => {
        await simple("BEGIN");
        try {
          const result = await fn({ query });
          await simple("COMMIT");
          return result;
        } catch (error) {
          await simple("ROLLBACK");
          throw error;
        }
      }),
    execute: (sql) => inTurn(async () => void (await simple(sql))),
    close: () =>
      inTurn(async () => {
        isClosed = true;
        await pglite.close();
      }),
  };
}

/** A parameter in PostgreSQL's text form. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) return String(value);
  const items = value.map((item: unknown) => {
    const text = textOf(item);
    return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}

/** The rows of an answer, in the form in which `pg` gives them. */
function rowsIn(answer: Awaited<ReturnType<PGlite["execProtocol"]>>["messages"]): unknown[] {
  let columns: { readonly name: string; readonly parse: (text: string) => unknown }[] = [];
  const rows: unknown[] = [];
  for (const message of answer) {
    if (message instanceof messages.RowDescriptionMessage) {
      columns = message.fields.map(({ name, dataTypeID }) => ({
        name,
        parse: pg.types.getTypeParser(dataTypeID, "text"),
      }));
    } else if (message instanceof messages.DataRowMessage) {
      const { fields } = message;
      const entries = columns.map(({ name, parse }, index) => {
        const text = fields[index] ?? null;
        return [name, text === null ? null : parse(text)] as const;
      });
      rows.push(Object.fromEntries(entries));
    }
  }
  return rows;
}
