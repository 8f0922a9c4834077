import {
  type AttestedDigest,
  attestationsOf,
  removeAttestation,
  type StoredAttestation,
} from "../database/attestations.ts";
import type { Database } from "../database/database.ts";
import type { Observer } from "../observe/observer.ts";
import { signerOf } from "./signer-of.ts";

/**
 * Makes the reader of what relayers on one database have attested of a digest. Others write there, too, so a row counts by its signature alone: one
 * that its relayer did not sign would have the chain refuse all that go with it. It is named once and removed, so that the relayer can attest anew.
 */
export function storedAttestations(
  { database, observe }: { readonly database: Database; readonly observe: Observer },
  attested: AttestedDigest,
): () => Promise<StoredAttestation[]> {
  const signers = new Map<string, string | undefined>();
  const signedBy = (signature: string): string | undefined => {
    if (!signers.has(signature)) signers.set(signature, signerOf(attested.digest, signature));
    return signers.get(signature);
  };
  return async () => {
    const sound: StoredAttestation[] = [];
    for (const row of await attestationsOf(database, attested)) {
      const relayer = signedBy(row.signature);
      if (relayer?.toLowerCase() === row.relayer.toLowerCase()) {
        sound.push({ ...row, relayer });
        continue;
      }
      await removeAttestation(database, attested, row);
      const message = `relayer database: the attestation of request ${attested.requestId} for chain ${attested.chainId} that stands there as ${row.relayer}'s is not signed by it, and was removed; find out who writes to the database`;
      observe({ type: "failed", where: "attestations", code: "DATABASE_INVALID", message });
    }
    return sound;
  };
}
