/** Attestations: this relayer's own, and those of others that share its database or are its peers, where a chain wants several. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Attestation,
  type Attestations,
  type AttestationTerms,
  ask,
  chainTime,
  type Hex32,
  signBls,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { hexlify, type Wallet } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";
import { type AttestedDigest, insertAttestation, type StoredAttestation } from "../database/attestations.ts";
import type { Database } from "../database/database.ts";
import { holdToWord } from "../database/statements.ts";
import type { Observer } from "../observe/observer.ts";
import type { Peers } from "../peers/peers.ts";
import { aggregated, MOST_SINGLE, type RegisteredKeys, registeredKeys } from "./aggregate.ts";
import { storedAttestations } from "./stored-attestations.ts";

/** What a chain's `RelayerSet` asks for. */
export interface Quorum {
  readonly threshold: number;
  /** Grows with every change of relayers or threshold. */
  readonly epoch: bigint;
  /** Addresses in lower case. */
  readonly relayers: ReadonlySet<string>;
  /** Of relayers that take part in aggregates; undefined where those do not count. */
  readonly keys: RegisteredKeys | undefined;
}

const QUORUM_AGE_MS = 5_000;
/** How long a job waits for the others before it makes room. */
const WAIT_MS = 3_000;
const WAIT_STEP_MS = 100;

/** All that is asked of the chain that verifies. */
type Verifier = Pick<RelayChain, "chain">;

const known = new WeakMap<Verifier, { at: number; quorum: Promise<Quorum> }>();

/** The chain's threshold and relayers, as they were at most some seconds ago. */
export function quorumOf(relayChain: Verifier, maxAgeMs = QUORUM_AGE_MS): Promise<Quorum> {
  const latest = known.get(relayChain);
  if (latest && performance.now() - latest.at < maxAgeMs) return latest.quorum;
  const { chain } = relayChain;
  const { relayers: set } = chain;
  const asked = ask(chain, () => Promise.all([set.threshold(), set.relayers(), set.epoch()]));
  const quorum = Promise.all([asked, registeredKeys(relayChain)]).then(([[threshold, relayers, epoch], keys]) => ({
    threshold: Number(threshold),
    epoch,
    relayers: new Set(relayers.map((address) => address.toLowerCase())),
    keys,
  }));
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
  /** Who signs a share of an aggregate, too, where this relayer takes part in them. */
  readonly blsKey?: Uint8Array | undefined;
  /** Of what it speaks, in words: of that, a relayer says one thing in an epoch. */
  readonly subject: string;
  /** Since when it is true, Unix seconds: with the verifying chain's time it says when the attestation expires. */
  readonly since: bigint;
  /** Of the relayers for whom it speaks; of those of now where it is absent. */
  readonly epoch?: bigint | undefined;
  /** The EIP-712 digest. */
  digest(terms: AttestationTerms): Hex32;
}

/** An attestation holds to the end of the month, counted from when its statement became true, that it is signed in. */
const TERM_SECONDS = 30n * 86_400n;
/** One that would end sooner holds for the next month, too. The contract takes none for more than 31 days. */
const LEAST_SECONDS = 600n;

/**
 * The terms under which a statement is attested now. They follow from the chains alone, so that relayers who say the same sign the same, and a retry says it
 * bit by bit again: only a new epoch, or a month, makes another digest of it.
 */
export async function termsOf(
  verifier: Verifier,
  { since, epoch }: Pick<Statement, "since" | "epoch">,
): Promise<AttestationTerms> {
  const [quorum, now] = await Promise.all([quorumOf(verifier), chainTime(verifier.chain)]);
  return { epoch: epoch ?? quorum.epoch, expiry: expiryAt(since, now) };
}

/** When an attestation expires that is signed now. */
export function expiryAt(since: bigint, now: bigint): bigint {
  const age = now + LEAST_SECONDS - since;
  const terms = age > 0n ? age / TERM_SECONDS + 1n : 1n;
  return since + terms * TERM_SECONDS;
}

/** When attestations of a statement may expire that were signed from then to now, the earliest first. */
export function expiriesUntil(since: bigint, now: bigint): bigint[] {
  const expiries: bigint[] = [];
  for (let at = since + TERM_SECONDS; at <= expiryAt(since, now); at += TERM_SECONDS) expiries.push(at);
  return expiries;
}

/**
 * Since when a statement about an open request counts: so that its attestations expire a little after the request, which lives for 30 days
 * at most. All relayers sign the same as long as it lives.
 */
export const sinceOfOpen = (requestExpiry: bigint): bigint => requestExpiry - TERM_SECONDS + 2n * LEAST_SECONDS;

const sign = (account: Wallet, digest: Hex32): Attestation => ({
  relayer: account.address,
  signature: account.signingKey.sign(digest).serialized,
});

const NO_TERMS: AttestationTerms = { epoch: 0n, expiry: 0n };

/**
 * Signs a statement, if this relayer has not said another thing of its subject in this epoch.
 *
 * @throws ATTESTATION_CONFLICT
 */
async function signOnce(
  database: Database,
  { chainId, account, subject, digest }: Statement,
  terms: AttestationTerms,
): Promise<Attestation> {
  const said = { chainId, relayer: account.address, subject, epoch: terms.epoch, content: digest(NO_TERMS) };
  await holdToWord(database, said);
  return sign(account, digest(terms));
}

/**
 * Signs a statement and stores the attestation for the others that share the database.
 *
 * @throws ATTESTATION_CONFLICT when this relayer has said another thing of its subject in this epoch
 */
export async function attest(
  database: Database,
  statement: Statement,
  terms: AttestationTerms,
): Promise<AttestedDigest> {
  const { chainId, requestId, blsKey } = statement;
  const attested = { chainId, requestId, epoch: terms.epoch, digest: statement.digest(terms) };
  const signed = await signOnce(database, statement, terms);
  const share = blsKey && hexlify(signBls(blsKey, attested.digest));
  await insertAttestation(database, attested, { ...signed, share });
  return attested;
}

const ascending = (one: Attestation, other: Attestation): number =>
  BigInt(one.relayer) < BigInt(other.relayer) ? -1 : 1;

/** Where attestations of others are found. */
export interface AttestationSources {
  readonly database: Database;
  readonly peers: Peers;
  readonly observe: Observer;
}

/** Whether a relayer has done what it signs for. */
export interface Confirmation {
  /** False while it is not known. */
  holds(relayer: string): boolean;
}

/** How attestations are collected, where not in the usual way. */
export interface Collecting {
  /** Whether this relayer's own counts by its sending, so that only the others' are listed (M4). */
  readonly sends?: boolean;
  /** Whose count, where they are not those of now. */
  readonly quorum?: Quorum;
  /** What must hold of a relayer for its attestation to count. */
  readonly confirmation?: Confirmation;
}

/**
 * Waits until enough relayers have attested.
 *
 * @param statement what they attest, and this relayer with them
 * @returns as the contracts take them
 * @throws ATTESTATIONS_MISSING when there are not enough yet; ATTESTATION_CONFLICT
 */
export async function collectAttestations(
  { database, peers, observe }: AttestationSources,
  verifier: Verifier,
  statement: Statement,
  { sends = false, quorum, confirmation }: Collecting = {},
): Promise<Attestations> {
  const { threshold, relayers, keys } = quorum ?? (await quorumOf(verifier));
  const { account, blsKey, chainId, requestId } = statement;
  const own = account.address;
  const needed = sends ? threshold - 1 : threshold;
  const terms = await termsOf(verifier, statement);
  if (threshold <= 1) return { ...terms, by: [await signOnce(database, statement, terms)] };
  const attested = await attest(database, statement, terms);
  const stored = storedAttestations({ database, observe }, attested);
  using asking = peers.ask(attested);
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const all = [...(await stored()), ...asking.given()];
    const counted = all
      .filter(({ relayer }) => relayers.has(relayer.toLowerCase()))
      .filter(({ relayer }) => !(sends && relayer === own))
      .filter(({ relayer }) => relayer === own || !confirmation || confirmation.holds(relayer));
    const single = onePerRelayer(counted);
    if (single.length >= needed) {
      const of = keys && blsKey && { set: verifier.chain.deployment.relayers, keys, digest: attested.digest };
      const together = of && aggregated(of, counted, needed);
      const by = together ?? single.slice(0, needed).map(({ relayer, signature }) => ({ relayer, signature }));
      if (together || needed <= MOST_SINGLE) return { ...terms, by: by.sort(ascending) };
    }
    if (performance.now() >= deadline) {
      throw new MedexError(
        "ATTESTATIONS_MISSING",
        `chain ${chainId} needs ${threshold} relayers to attest request ${requestId}, but only ${single.length + (sends ? 1 : 0)} did: start more relayers, on this database or as its \`peers\``,
      );
    }
    await sleep(WAIT_STEP_MS);
  }
}

/** One attestation of each relayer: all signatures hold, whichever it is. */
export const onePerRelayer = (given: readonly StoredAttestation[]): StoredAttestation[] => [
  ...new Map(given.map((attestation) => [attestation.relayer, attestation])).values(),
];
