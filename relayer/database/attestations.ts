import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import { parseRows, type Queryable } from "./database.ts";

const attestationSchema = z.object({ relayer: z.string(), signature: z.string() });
/** One relayer's EIP-712 signature. Public: it goes on-chain. */
export type StoredAttestation = z.infer<typeof attestationSchema>;

/** What is attested: a digest that a chain verifies, about a request. */
export interface AttestedDigest {
  readonly chainId: bigint;
  readonly digest: Hex32;
  readonly requestId: Hex32;
}

/** Stores a relayer's attestation, for the others that use this database; nothing happens when it is known. */
export async function insertAttestation(
  db: Queryable,
  { chainId, digest, requestId }: AttestedDigest,
  { relayer, signature }: StoredAttestation,
): Promise<void> {
  await db.query(
    `INSERT INTO relayer.attestations (chain_id, digest, relayer, request_id, signature) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
    [chainId, digest, relayer, requestId, signature],
  );
}

/** All attestations of a digest. */
export async function attestationsOf(db: Queryable, { chainId, digest }: AttestedDigest): Promise<StoredAttestation[]> {
  const rows = await db.query(
    "SELECT relayer, signature FROM relayer.attestations WHERE chain_id = $1 AND digest = $2",
    [chainId, digest],
  );
  return parseRows(attestationSchema, rows);
}

const openSchema = z.object({ key: z.string() });

/**
 * Keys of pending jobs of two kinds that a relayer may still have to attest, oldest first.
 *
 * @param skip keys that are not wanted
 */
export async function unattestedJobs(db: Queryable, relayer: string, skip: readonly string[]): Promise<string[]> {
  const rows = await db.query(
    `SELECT j.key FROM relayer.jobs j
      WHERE j.state = 'pending' AND j.kind IN ('re-encrypt', 'deliver-response') AND NOT j.key = ANY($2::text[])
        AND NOT EXISTS (
          SELECT 1 FROM relayer.attestations a WHERE a.request_id = j.request_id AND a.relayer = $1
             AND (a.chain_id = j.chain_id) = (j.kind = 're-encrypt'))
      ORDER BY j.created_at LIMIT 100`,
    [relayer, skip],
  );
  return parseRows(openSchema, rows).map(({ key }) => key);
}
