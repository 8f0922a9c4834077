import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { coalesce } from "../concurrency/coalesce.ts";
import { safeInteger } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

/** What a relayer is about to say to a chain. */
export interface HeldStatement {
  /** The chain that verifies it. */
  readonly chainId: bigint;
  /** Who says it. */
  readonly relayer: string;
  /** Of what it speaks: of that, one thing is said in an epoch. */
  readonly subject: string;
  /** Of the chain's relayers. */
  readonly epoch: bigint;
  /** Digest of what is said, the same whenever it expires. */
  readonly content: Hex32;
}

const saidSchema = z.object({ place: safeInteger, content: z.string() });
/** Statements that come close together are written down together. */
const WRITE_DELAY_MS = 2;

/** What was said of each statement's subject, by this one or before: an update that changes nothing, so that one query tells. */
async function writeDown(db: Queryable, statements: readonly HeldStatement[]): Promise<string[]> {
  const rows = await db.query(
    `WITH given AS (
       SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[]) WITH ORDINALITY
         AS g (chain_id, relayer, subject, epoch, content, place)),
     said AS (
       INSERT INTO relayer.statements AS said (chain_id, relayer, subject, epoch, content)
       SELECT DISTINCT ON (chain_id, relayer, subject, epoch) chain_id, relayer, subject, epoch, content FROM given
        ORDER BY chain_id, relayer, subject, epoch, place
           ON CONFLICT (chain_id, relayer, subject, epoch) DO UPDATE SET content = said.content
        RETURNING chain_id, relayer, subject, epoch, content)
     SELECT g.place, s.content FROM given g JOIN said s
         ON s.chain_id = g.chain_id AND s.relayer = g.relayer AND s.subject = g.subject AND s.epoch = g.epoch`,
    [
      statements.map(({ chainId }) => String(chainId)),
      statements.map(({ relayer }) => relayer),
      statements.map(({ subject }) => subject),
      statements.map(({ epoch }) => String(epoch)),
      statements.map(({ content }) => content),
    ],
  );
  const said = new Map(parseRows(saidSchema, rows).map(({ place, content }) => [place, content]));
  return statements.map((_statement, index) => said.get(index + 1) ?? "");
}

const writers = new WeakMap<Queryable, (statement: HeldStatement) => Promise<string>>();

function writerOf(db: Queryable): (statement: HeldStatement) => Promise<string> {
  const writer =
    writers.get(db) ?? coalesce((statements: readonly HeldStatement[]) => writeDown(db, statements), WRITE_DELAY_MS);
  writers.set(db, writer);
  return writer;
}

/**
 * Holds a relayer to its word: writes down what it says of a subject before it signs it, and refuses to say another thing in the same
 * epoch. Two such statements would suspend it (`Equivocations.sol`), and what a chain has said twice, differently, it has taken back.
 *
 * @throws ATTESTATION_CONFLICT when it has said another thing
 */
export async function holdToWord(db: Queryable, statement: HeldStatement): Promise<void> {
  if ((await writerOf(db)(statement)) === statement.content) return;
  const { chainId, subject, epoch } = statement;
  throw new MedexError(
    "ATTESTATION_CONFLICT",
    `chain ${chainId}: this relayer has signed another thing of the ${subject} in epoch ${epoch}, and would contradict itself: a chain was reorganised deeper than \`confirmations\`, or the relayer changed its software; check both, then have a new epoch begun`,
  );
}

/** Statements of epochs that have ended stay for so long: an attestation's longest life. */
const KEPT = "31 days";

/** Forgets what was said in epochs that have long ended. */
export async function forgetStatements(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM relayer.statements s
      WHERE s.created_at < now() - interval '${KEPT}'
        AND s.epoch < (SELECT max(l.epoch) FROM relayer.statements l WHERE l.chain_id = s.chain_id)`,
  );
}
