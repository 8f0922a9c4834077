/** Consents of an owner by which its device approves requests with nobody at hand, see `contracts/StandingConsents.sol`. */
import {
  ask,
  type Chain,
  chainLogs,
  chainTime,
  consentIdOf,
  givenConsentOf,
  type Hex32,
  hex32,
  purposeText,
  requestStateOf,
  type StandingConsent,
  signConsent,
  toHex32,
  transact,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ConsentTerms } from "@medexchain/fhir";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Result, Signer } from "ethers";
import { classDigest, classesOf, documentDigest } from "./consented-data.ts";

/** A consent as it stands on its chain. */
export interface ConsentStanding {
  readonly consentId: Hex32;
  readonly consent: StandingConsent;
  /** Whether something can be approved by it: given by the owner's account of now, not revoked, in its period, not used up. */
  readonly state: "in force" | "not yet" | "expired" | "used up" | "revoked" | "of another account";
  readonly used: bigint;
}

/** What becomes a consent on chain. */
export interface ConsentDraft {
  readonly owner: Hex32;
  readonly terms: ConsentTerms;
  /** The FHIR Consent, as it is. */
  readonly document: Uint8Array;
  /** 32 random bytes. */
  readonly salt: Uint8Array;
  readonly maxAccessCount: number;
}

/** A purpose as requests have it: ASCII, padded with zeros. */
function purposeBytes(code: string): Hex32 {
  const bytes = new Uint8Array(32);
  bytes.set(utf8ToBytes(code));
  return toHex32(bytes);
}

/** The consent that an owner signs. */
export function standingConsentOf({ owner, terms, document, salt, maxAccessCount }: ConsentDraft): StandingConsent {
  return {
    owner,
    document: documentDigest(salt, document),
    hospitals: [...terms.hospitals],
    members: [...terms.members],
    purposes: terms.purposes.map(purposeBytes),
    records: [...terms.data.records],
    classes: classesOf(terms.data).map((name) => classDigest(salt, name)),
    from: terms.from,
    until: terms.until,
    maxAccessCount: BigInt(maxAccessCount),
  };
}

const contractOf = ({ deployment }: Chain) => ({ chainId: deployment.chainId, address: deployment.consents });

/** The id that a consent has on a chain. */
export const consentIdOn = (chain: Chain, consent: StandingConsent): Hex32 => consentIdOf(contractOf(chain), consent);

/**
 * Signs a consent, and puts it on chain, as the owner; names the contract as the one that approves in the owner's place, where it is not
 * named yet.
 *
 * @param chain as the owner's account
 * @throws INPUT_INVALID another policy contract approves for the owner; CHAIN_REVERTED, ACCOUNT_UNFUNDED, SERVICE_UNREACHABLE
 */
export async function giveConsent(chain: Chain, account: Signer, consent: StandingConsent): Promise<string> {
  const { consents: address } = chain.deployment;
  const named = BigInt(await ask(chain, () => chain.records.policyOf(consent.owner)));
  if (named !== 0n && named !== BigInt(address)) {
    throw new MedexError(
      "INPUT_INVALID",
      `the contract 0x${named.toString(16).padStart(40, "0")} approves in your place, and only one can: end that first (RecordRegistry.setPolicy)`,
    );
  }
  if (named === 0n) await transact(chain, () => chain.records.setPolicy(consent.owner, address));
  const signature = await signConsent(account, contractOf(chain), consent);
  const { hash } = await transact(chain, () => chain.consents.give(consent, signature));
  return hash;
}

/** What became of a revoked consent's requests that were approved and not granted yet. */
export interface RevokedConsent {
  /** Absent where it was revoked before. */
  readonly transactionHash?: string;
  /** Whose approval was taken back. */
  readonly withdrawn: readonly Hex32[];
}

/**
 * Ends a consent, and takes back what was approved by it and is not granted yet. Partials that relayers have published by then cannot be
 * taken back. Of one that is revoked already, it takes back what is left: that goes on with a revocation that broke off.
 *
 * @param chain as the owner's account
 * @param from the block in which the contracts were deployed, or a later one
 * @throws CHAIN_REVERTED, SERVICE_UNREACHABLE
 */
export async function revokeConsent(chain: Chain, consentId: Hex32, from: number): Promise<RevokedConsent> {
  const { status } = await ask(chain, () => chain.consents.stateOf(consentId));
  const transactionHash =
    status === REVOKED ? undefined : (await transact(chain, () => chain.consents.revoke(consentId))).hash;
  const { consents, grants } = chain;
  const filter = consents.filters.ConsentUsed(consentId);
  const logs = await chainLogs(chain, (first, last) => consents.queryFilter(filter, first, last), { from });
  const withdrawn: Hex32[] = [];
  for (const { args } of logs) {
    const requestId = hex32(args.requestId);
    const { state, expiry } = await ask(chain, () => grants.grant(requestId));
    if (requestStateOf(state) !== "Authorized" || (await chainTime(chain, 0)) >= expiry) continue;
    try {
      await transact(chain, () => grants.withdraw(requestId));
      withdrawn.push(requestId);
    } catch (error) {
      // Relayers may have been faster: then it is granted, and nothing is under way any more.
      const { state: now } = await ask(chain, () => grants.grant(requestId));
      if (requestStateOf(now) === "Authorized") throw error;
    }
  }
  return { ...(transactionHash !== undefined && { transactionHash }), withdrawn };
}

/**
 * The consents that an owner gave, the oldest first, from their events, each proven by its id.
 *
 * @param from the block in which the contracts were deployed, or a later one
 * @throws SERVICE_PROTOCOL the node shows a consent under another's id; SERVICE_UNREACHABLE
 */
export async function listConsents(chain: Chain, owner: Hex32, from: number): Promise<ConsentStanding[]> {
  return Promise.all((await consentsGivenIn(chain, owner, { from })).map((given) => standingOf(chain, given)));
}

/** A consent that was given. */
export interface GivenConsent {
  readonly consentId: Hex32;
  readonly consent: StandingConsent;
}

/** The consents that an owner gave in some blocks, the oldest first. */
export async function consentsGivenIn(
  chain: Chain,
  owner: Hex32,
  span: { readonly from: number; readonly to?: number },
): Promise<GivenConsent[]> {
  const { consents } = chain;
  const filter = consents.filters.ConsentGiven(undefined, owner);
  const logs = await chainLogs(chain, (first, last) => consents.queryFilter(filter, first, last), span);
  return logs.map(({ args }) => ({
    consentId: hex32(args.consentId),
    consent: givenConsentOf(args.consent as unknown as Result),
  }));
}

/** A consent's standing now, proven by its id. */
export async function standingOf(chain: Chain, { consent, consentId }: GivenConsent): Promise<ConsentStanding> {
  if (consentIdOn(chain, consent) !== consentId) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chain.deployment.chainId}: the node shows another consent under the id ${consentId}; use another node`,
    );
  }
  const [{ account, used, status }, last, now] = await Promise.all([
    ask(chain, () => chain.consents.stateOf(consentId)),
    ask(chain, () => chain.hospitals.lastAccount(consent.owner)),
    chainTime(chain, 0),
  ]);
  return {
    consentId,
    consent,
    used,
    state: stateIn(consent, { isRevoked: status !== GIVEN, isOwn: account === last, used, now }),
  };
}

/** Of `ConsentStatus`. */
const GIVEN = 1n;
const REVOKED = 2n;

function stateIn(
  { from, until, maxAccessCount }: StandingConsent,
  { isRevoked, isOwn, used, now }: { isRevoked: boolean; isOwn: boolean; used: bigint; now: bigint },
): ConsentStanding["state"] {
  if (isRevoked) return "revoked";
  if (now >= until) return "expired";
  if (!isOwn) return "of another account";
  if (used >= maxAccessCount) return "used up";
  return now < from ? "not yet" : "in force";
}

/** What a request asks that a consent may cover. */
export interface AskedFor {
  readonly recordId: Hex32;
  readonly requester: Hex32;
  /** Of the requester. */
  readonly hospitalId: Hex32;
  /** The code of HL7's PurposeOfUse. */
  readonly purpose: string;
}

/** Whether a consent names the record, the purpose, and who asks. Its data is another question. */
export function covers({ hospitals, members, purposes, records }: StandingConsent, asked: AskedFor): boolean {
  return (
    (members.includes(asked.requester) || hospitals.includes(asked.hospitalId)) &&
    purposes.some((purpose) => purposeText(purpose) === asked.purpose) &&
    (records.length === 0 || records.includes(asked.recordId))
  );
}
