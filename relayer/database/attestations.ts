import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import { hex32, int8 } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

const attestationSchema = z.object({
  relayer: z.string(),
  signature: z.string(),
  share: z
    .string()
    .nullable()
    .transform((share) => share ?? undefined),
});
/** One relayer's EIP-712 signature, and its share of an aggregate, in hexadecimal, if it gives one. Public: they go on-chain. */
export interface StoredAttestation {
  readonly relayer: string;
  readonly signature: string;
  readonly share?: string | undefined;
}

/** What is attested: a digest that a chain verifies, about a request. */
export interface AttestedDigest {
  readonly chainId: bigint;
  readonly digest: Hex32;
  readonly requestId: Hex32;
  /** Of the chain's relayers, under which it was signed. */
  readonly epoch: bigint;
}

/**
 * Stores this relayer's attestation, for the others that use this database; nothing happens when it is known. What stood there as this
 * relayer's and was another goes.
 */
export async function insertAttestation(
  db: Queryable,
  { chainId, digest, requestId, epoch }: AttestedDigest,
  { relayer, signature, share }: StoredAttestation,
): Promise<void> {
  await db.query(
    `INSERT INTO relayer.attestations (chain_id, digest, relayer, request_id, signature, epoch, share)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (chain_id, digest, relayer)
         DO UPDATE SET signature = excluded.signature, share = coalesce(excluded.share, attestations.share)
          WHERE (attestations.signature, attestations.share)
             IS DISTINCT FROM (excluded.signature, coalesce(excluded.share, attestations.share))`,
    [chainId, digest, relayer, requestId, signature, epoch, share ?? null],
  );
}

/** All attestations of a digest. */
export async function attestationsOf(
  db: Queryable,
  { chainId, digest }: Pick<AttestedDigest, "chainId" | "digest">,
): Promise<StoredAttestation[]> {
  const rows = await db.query(
    "SELECT relayer, signature, share FROM relayer.attestations WHERE chain_id = $1 AND digest = $2",
    [chainId, digest],
  );
  return parseRows(attestationSchema, rows);
}

/** Removes an attestation of a digest that is not what it should be; not one that has replaced it meanwhile. */
export async function removeAttestation(
  db: Queryable,
  { chainId, digest }: Pick<AttestedDigest, "chainId" | "digest">,
  { relayer, signature }: StoredAttestation,
): Promise<void> {
  await db.query(
    "DELETE FROM relayer.attestations WHERE chain_id = $1 AND digest = $2 AND relayer = $3 AND signature = $4",
    [chainId, digest, relayer, signature],
  );
}

const digestSchema = attestationSchema.extend({ digest: hex32, epoch: int8 });
/** An attestation with what it is of. */
export type DigestAttestation = z.infer<typeof digestSchema>;

/** What one relayer has attested about a request, for one chain; the latest first. */
export async function attestationsBy(
  db: Queryable,
  relayer: string,
  { chainId, requestId }: Pick<AttestedDigest, "chainId" | "requestId">,
  most: number,
): Promise<DigestAttestation[]> {
  const rows = await db.query(
    `SELECT digest, epoch, relayer, signature, share FROM relayer.attestations
      WHERE request_id = $1 AND chain_id = $2 AND relayer = $3 ORDER BY created_at DESC LIMIT $4`,
    [requestId, chainId, relayer, most],
  );
  return parseRows(digestSchema, rows);
}

/** What all relayers of this database have attested about a request, for one chain, in one epoch. */
export async function attestationsAbout(
  db: Queryable,
  { chainId, requestId, epoch }: Omit<AttestedDigest, "digest">,
): Promise<DigestAttestation[]> {
  const rows = await db.query(
    `SELECT digest, epoch, relayer, signature, share FROM relayer.attestations
      WHERE request_id = $1 AND chain_id = $2 AND epoch = $3`,
    [requestId, chainId, epoch],
  );
  return parseRows(digestSchema, rows);
}

const openSchema = z.object({ key: z.string() });

/**
 * Keys of pending jobs of two kinds that a relayer may still have to attest, oldest first. What it attested in an epoch that has ended, or so long ago
 * that it expires, is to be attested again. A re-encryption that was done without it within a day is among them.
 *
 * @param epochs of the relayers of each chain now
 * @param skip keys that are not wanted
 */
export async function unattestedJobs(
  db: Queryable,
  relayer: string,
  epochs: ReadonlyMap<bigint, bigint>,
  skip: readonly string[],
): Promise<string[]> {
  const rows = await db.query(
    `SELECT j.key FROM relayer.jobs j
      WHERE j.kind IN ('re-encrypt', 'deliver-response') AND NOT j.key = ANY($2::text[])
        AND (j.state = 'pending' OR j.kind = 're-encrypt' AND j.state = 'done' AND j.updated_at > now() - interval '1 day'
          AND NOT EXISTS (
            SELECT 1 FROM relayer.attestations o
             WHERE o.request_id = j.request_id AND o.relayer = $1 AND o.chain_id = j.chain_id))
        AND NOT EXISTS (
          SELECT 1 FROM relayer.attestations a
            JOIN unnest($3::bigint[], $4::bigint[]) AS now (chain_id, epoch)
              ON now.chain_id = a.chain_id AND now.epoch = a.epoch
           WHERE a.request_id = j.request_id AND a.relayer = $1 AND a.created_at > now() - interval '29 days'
             AND (a.chain_id = j.chain_id) = (j.kind = 're-encrypt'))
      ORDER BY j.created_at LIMIT 100`,
    [relayer, skip, [...epochs.keys()], [...epochs.values()]],
  );
  return parseRows(openSchema, rows).map(({ key }) => key);
}
