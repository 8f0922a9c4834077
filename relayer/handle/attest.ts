/** Attestations: this relayer's own, and those of others that share its database, where a chain wants several. */
import { setTimeout as sleep } from "node:timers/promises";
import { ask, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Wallet } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";
import {
  type AttestedDigest,
  attestationsOf,
  insertAttestation,
  type StoredAttestation,
} from "../database/attestations.ts";
import type { Database } from "../database/database.ts";

/** What a chain's `RelayerSet` asks for. */
export interface Quorum {
  readonly threshold: number;
  /** Addresses in lower case. */
  readonly relayers: ReadonlySet<string>;
}

const QUORUM_AGE_MS = 5_000;
/** How long a job waits for the others before it makes room. */
const WAIT_MS = 3_000;
const WAIT_STEP_MS = 100;

const known = new WeakMap<RelayChain, { at: number; quorum: Promise<Quorum> }>();

/** The chain's threshold and relayers, as they were at most some seconds ago. */
export function quorumOf(relayChain: RelayChain): Promise<Quorum> {
  const latest = known.get(relayChain);
  if (latest && performance.now() - latest.at < QUORUM_AGE_MS) return latest.quorum;
  const { chain } = relayChain;
  const quorum = ask(chain, () => Promise.all([chain.relayers.threshold(), chain.relayers.relayers()])).then(
    ([threshold, relayers]) => ({
      threshold: Number(threshold),
      relayers: new Set(relayers.map((address) => address.toLowerCase())),
    }),
  );
  known.set(relayChain, { at: performance.now(), quorum });
  quorum.catch(() => known.delete(relayChain)); // whoever awaits it is told; the next one asks again
  return quorum;
}

/** What a relayer may have to put its name to, for a request; worked out where it is wanted only. */
export interface Statement {
  /** Of the chain that verifies it. */
  readonly chainId: bigint;
  readonly requestId: Hex32;
  /** Who signs. */
  readonly account: Wallet;
  /** The EIP-712 digest. */
  digest(): Hex32;
}

const sign = (account: Wallet, digest: Hex32): StoredAttestation => ({
  relayer: account.address,
  signature: account.signingKey.sign(digest).serialized,
});

/** Signs a statement and stores the attestation for the others that share the database. */
export async function attest(database: Database, statement: Statement): Promise<AttestedDigest> {
  const { chainId, requestId, account } = statement;
  const attested = { chainId, requestId, digest: statement.digest() };
  await insertAttestation(database, attested, sign(account, attested.digest));
  return attested;
}

/**
 * Waits until enough relayers have attested.
 *
 * @param statement what they attest, and this relayer with them
 * @param sends whether this relayer's own counts by its sending, so that only the others' are listed (M4)
 * @returns in ascending order of address, as the contracts want them
 * @throws ATTESTATIONS_MISSING when there are not enough yet
 */
export async function collectAttestations(
  database: Database,
  verifier: RelayChain,
  statement: Statement,
  sends: boolean,
): Promise<StoredAttestation[]> {
  const { threshold, relayers } = await quorumOf(verifier);
  const { account, chainId, requestId } = statement;
  const own = account.address;
  const needed = sends ? threshold - 1 : threshold;
  if (threshold <= 1) return sends ? [] : [sign(account, statement.digest())];
  const attested = await attest(database, statement);
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const all = await attestationsOf(database, attested);
    const counted = all
      .filter(({ relayer }) => relayers.has(relayer.toLowerCase()))
      .filter(({ relayer }) => !(sends && relayer === own))
      .sort((a, b) => (BigInt(a.relayer) < BigInt(b.relayer) ? -1 : 1));
    if (counted.length >= needed) return counted.slice(0, needed);
    if (performance.now() >= deadline) {
      throw new MedexError(
        "ATTESTATIONS_MISSING",
        `chain ${chainId} needs ${threshold} relayers to attest request ${requestId}, but only ${counted.length + (sends ? 1 : 0)} did: start more relayers on this database`,
      );
    }
    await sleep(WAIT_STEP_MS);
  }
}
