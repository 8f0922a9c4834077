/** The hospital's part of its members' calls, behind its firewall. */
import { type Hospital, parseMemberKeys } from "@medexchain/actors";
import { ask, type Chain, fromHex32, type Hex32, memberIdOf, toHex32, transact, ZERO_32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { checkUserPublicKey, type G2Bytes } from "@medexchain/pre";
import { bytesToHex } from "@noble/hashes/utils.js";
import { getAddress, isError } from "ethers";
import type { IssuedCall, IssuedMethod, Issuer } from "./issuer.ts";
import { ownerOf, requireScheme } from "./member-scope.ts";
import type { MethodInput, MethodOutput } from "./methods.ts";
import { refused } from "./refused.ts";

/** How long a gift may take to be in a block, in milliseconds. */
const FUND_MS = 10_000;

/** A hospital that issues keys and certificates. */
export interface IssuingHospital {
  readonly hospital: Hospital;
  /** `PK_A'` or `PK_B'`, of its firewall, 96 bytes. */
  readonly publicKey: G2Bytes;
  /** The hospital's home chain, on which its members are enrolled. */
  readonly chain: Chain;
  readonly store: ContentStore;
}

/** A hospital in the process of its firewall: for development, since whoever has that process has both secrets. */
export function issueHere(site: IssuingHospital): Issuer {
  return {
    issue: async (call, signal) => issue(site, call, signal),
    health: async () => "together",
  };
}

/**
 * Carries out the hospital's part of a member's call that was admitted.
 *
 * @throws GATEWAY_CALL_REFUSED, and what the chain or the store throws; the signal's reason, until what is done once is begun
 */
export async function issue<M extends IssuedMethod>(
  site: IssuingHospital,
  { method, input, member }: IssuedCall<M>,
  signal: AbortSignal,
): Promise<MethodOutput<M>> {
  // TypeScript does not see that the method picks the input and the output.
  switch (method as IssuedMethod) {
    case "enrol":
      return (await enrol(site, input as MethodInput<"enrol">, signal)) as MethodOutput<M>;
    case "owner-key":
      return ownerKey(site, member, input as MethodInput<"owner-key">) as MethodOutput<M>;
    case "partial-key":
      return partialKey(site, member) as MethodOutput<M>;
    case "certify":
      return (await certify(site, member, input as MethodInput<"certify">, signal)) as MethodOutput<M>;
  }
}

function ownerKey({ hospital }: IssuingHospital, member: Hex32, { scope }: MethodInput<"owner-key">) {
  requireScheme(hospital, "ibe");
  return { key: hospital.issueOwnerKey(ownerOf(member, scope)) };
}

function partialKey({ hospital }: IssuingHospital, member: Hex32) {
  requireScheme(hospital, "clc");
  return { key: hospital.issuePartialKey(fromHex32(member)) };
}

/**
 * The certificate that was promised with an invitation, for the account that accepted it, and what the account is given to pay for
 * transactions with.
 */
async function enrol({ hospital, chain }: IssuingHospital, input: MethodInput<"enrol">, signal: AbortSignal) {
  const account = getAddress(`0x${bytesToHex(input.account)}`);
  const [certificate, signature] = await hospital.certifyHashed(chain, {
    pseudonym: toHex32(input.pseudonym),
    account,
    // An owner's key is its identity; a doctor's is certified when the doctor has made it.
    keyDigest: ZERO_32,
    serial: BigInt(input.serial),
    notAfter: BigInt(input.notAfter),
  });
  signal.throwIfAborted();
  const { hospitals } = chain.as(hospital.operator);
  const { hash } = await transact(chain, () => hospitals.enrolMember(certificate, signature));
  return { transactionHash: fromHex32(hash), isFunded: await fund({ hospital, chain }, account, input.gwei) };
}

/** Gives an account as much as it lacks. That it could not is for the member to be told: enrolled they are. */
async function fund(
  { hospital, chain }: Pick<IssuingHospital, "hospital" | "chain">,
  account: string,
  gwei: number,
): Promise<boolean> {
  try {
    const value = BigInt(gwei) * 1_000_000_000n - (await ask(chain, () => chain.provider.getBalance(account)));
    if (value <= 0n) return true;
    const operator = hospital.operator.connect(chain.provider);
    const receipt = await ask(chain, async () =>
      (await operator.sendTransaction({ to: account, value })).wait(1, FUND_MS),
    );
    return receipt?.status === 1;
  } catch (error) {
    if (isError(error, "TIMEOUT") || MedexError.is(error)) return false;
    throw error;
  }
}

/**
 * A certificate with the digest of the member's keys, in the place of the one without that the operator enrolled. Keys are certified
 * once: whoever stole the account cannot put others in their place; for new keys the operator enrols the member anew.
 */
async function certify(
  { hospital, publicKey, chain, store }: IssuingHospital,
  member: Hex32,
  input: MethodInput<"certify">,
  signal: AbortSignal,
) {
  requireScheme(hospital, "clc");
  const [keyDigest, pseudonym] = [toHex32(input.keyDigest), toHex32(input.pseudonym)];
  if (memberIdOf(hospital.id, pseudonym) !== member) throw refused("names a pseudonym that is not the caller's");
  const enrolled = await ask(chain, () => chain.hospitals.member(member));
  if (enrolled.keyDigest !== ZERO_32) {
    throw refused(
      "would replace keys that are already certified; ask the hospital's operator to enrol the member again",
    );
  }
  const keys = await store.get(input.keyDigest, { maxBytes: CONTENT_LIMITS.memberKeys, signal });
  checkUserPublicKey(parseMemberKeys(keys).pre, publicKey);
  const { account, serial, notAfter } = enrolled;
  const subject = { pseudonym, account, keyDigest, serial: serial + 1n, notAfter };
  const [certificate, signature] = await hospital.certifyHashed(chain, subject);
  signal.throwIfAborted();
  const { hospitals } = chain.as(hospital.operator);
  const { hash } = await transact(chain, () => hospitals.enrolMember(certificate, signature));
  return { transactionHash: fromHex32(hash) };
}
