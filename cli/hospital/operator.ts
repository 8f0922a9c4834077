/** What a hospital's operator does on chain, for the commands and for the staff's page. */
import { ask, type Chain, type Hex32, memberIdOf, pseudonymHash, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { createMemberInvite, type MemberInvite } from "@medexchain/gateway";
import type { ContentsOf } from "@medexchain/vault";
import type { Signer } from "ethers";
import { hospitalEntry } from "../session/config.ts";
import { networkOf } from "../session/network.ts";
import { type Session, walletOf } from "../session/session.ts";

/** A hospital, acting by its operator's account. */
export interface HospitalOperator {
  readonly session: Pick<Session, "config" | "chain">;
  readonly pseudonym: string;
  readonly scheme: "ibe" | "clc";
  readonly operator: Signer;
}

export const operatorOf = (session: Session, contents: ContentsOf<"hospital">): HospitalOperator => ({
  session,
  pseudonym: contents.pseudonym,
  scheme: contents.scheme,
  operator: walletOf(contents),
});

/** The chain on which the hospital enrols its members, by its name, through the operator's account. */
export async function homeOf({ session, pseudonym, operator }: HospitalOperator): Promise<[name: string, Chain]> {
  const { chain } = hospitalEntry(session.config, pseudonym);
  return [chain, (await session.chain(chain)).as(operator)];
}

/** Sets how many accesses to all of the hospital's records one requester can be granted. */
export async function setAccessLimit(of: HospitalOperator, count: number): Promise<{ chain: string; hash: string }> {
  const [name, chain] = await homeOf(of);
  const { hash } = await transact(chain, () => chain.hospitals.setMaxAccessCount(pseudonymHash(of.pseudonym), count));
  return { chain: name, hash };
}

/** Sets how many requests one of the hospital's doctors can file in an hour, on each of these chains; on all unless given. */
export async function setMemberLimit(
  { session, pseudonym, operator }: HospitalOperator,
  count: number,
  chains: readonly string[] = Object.keys(session.config.chains),
): Promise<{ chain: string; transactionHash: string }[]> {
  const done: { chain: string; transactionHash: string }[] = [];
  for (const name of chains) {
    const chain = (await session.chain(name)).as(operator);
    const { hash } = await transact(chain, () =>
      chain.hospitals.setMaxRequestsPerMember(pseudonymHash(pseudonym), count),
    );
    done.push({ chain: name, transactionHash: hash });
  }
  return done;
}

/** Suspends a member on the hospital's chain, or ends that. @returns the transaction's hash */
export async function setStanding(
  of: HospitalOperator,
  verb: "suspend" | "reinstate",
  memberId: Hex32,
): Promise<string> {
  const [, chain] = await homeOf(of);
  const { hospitals } = chain;
  const send = () => (verb === "suspend" ? hospitals.suspendMember(memberId) : hospitals.reinstateMember(memberId));
  return (await transact(chain, send)).hash;
}

export interface InviteTerms {
  /** Days until the member's certificate expires. */
  readonly days: number;
  /** Hours until the invite itself expires. */
  readonly hours: number;
  /** What the hospital gives the member's account. */
  readonly gwei: number;
}

/**
 * Makes an invite for a patient, or a doctor: whom the hospital has keys for.
 *
 * @throws CONFIG_INVALID when the configuration does not say where members reach the firewall; CERTIFICATE_INVALID when the account is not
 *   the operator's
 */
export async function makeInvite(
  of: HospitalOperator,
  pseudonym: string,
  { days, hours, gwei }: InviteTerms,
): Promise<{ readonly invite: MemberInvite; readonly memberId: Hex32 }> {
  const { session, pseudonym: hospital, scheme } = of;
  if (hospitalEntry(session.config, hospital).gateway === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the configuration does not say where members reach the firewall of ${hospital}: add it with medex hospital add, or have it serve with --announce`,
    );
  }
  const [name, chain] = await homeOf(of);
  const hospitalId = pseudonymHash(hospital);
  const memberId = memberIdOf(hospitalId, pseudonymHash(pseudonym));
  const [{ serial }, { operator }, block] = await Promise.all([
    ask(chain, () => chain.hospitals.member(memberId)),
    ask(chain, () => chain.hospitals.hospital(hospitalId)),
    ask(chain, () => chain.provider.getBlock("latest")),
  ]);
  if (operator !== (await of.operator.getAddress())) {
    throw new MedexError("CERTIFICATE_INVALID", `this vault's account is not the operator of ${hospital} on ${name}`);
  }
  const now = Math.max(block?.timestamp ?? 0, Math.floor(Date.now() / 1000));
  const invite = await createMemberInvite(of.operator, {
    network: networkOf(session.config, hospital),
    hospital,
    pseudonym,
    role: scheme === "ibe" ? "owner" : "doctor",
    serial: Number(serial) + 1,
    notAfter: now + days * 86_400,
    expiry: now + hours * 3600,
    gwei,
  });
  return { invite, memberId };
}
