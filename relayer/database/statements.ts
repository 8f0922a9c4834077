import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { z } from "zod";
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

const saidSchema = z.object({ content: z.string() });

/**
 * Holds a relayer to its word: writes down what it says of a subject before it signs it, and refuses to say another thing in the same
 * epoch. Two such statements would suspend it (`Equivocations.sol`), and what a chain has said twice, differently, it has taken back.
 *
 * @throws ATTESTATION_CONFLICT when it has said another thing
 */
export async function holdToWord(
  db: Queryable,
  { chainId, relayer, subject, epoch, content }: HeldStatement,
): Promise<void> {
  // An update that changes nothing, so that one query tells what was said before.
  const rows = await db.query(
    `INSERT INTO relayer.statements AS said (chain_id, relayer, subject, epoch, content) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (chain_id, relayer, subject, epoch) DO UPDATE SET content = said.content RETURNING content`,
    [chainId, relayer, subject, epoch, content],
  );
  const said = parseRows(saidSchema, rows)[0]?.content;
  if (said === content) return;
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
