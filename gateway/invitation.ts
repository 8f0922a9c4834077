/**
 * Invitations: a hospital's promise to enrol under a pseudonym whoever has the invitation's key. Two EIP-712 messages under the domain of the
 * registry of the hospital's home chain: the operator's `Invitation`, and the key's `Acceptance` of it for an account. Both firewall and hospital
 * check them. One is good once, and keeps no list for it: it promises a certificate with the next serial, which a registry takes once.
 */
import {
  ask,
  type Chain,
  chainTime,
  type Deployment,
  fromHex32,
  type Hex32,
  memberIdOf,
  toHex32,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { getAddress, type Signer, type TypedDataDomain, verifyTypedData } from "ethers";
import type { Audience, SignedCall } from "./admit.ts";
import { decodeInput, type MethodInput } from "./methods.ts";
import { refused } from "./refused.ts";

/** What a hospital promises. */
export interface InvitationTerms {
  readonly hospital: Hex32;
  /** SHA-256 of the member's pseudonym. */
  readonly pseudonym: Hex32;
  /** The address of the invitation's key. */
  readonly key: string;
  /** Of the certificate. */
  readonly serial: number;
  /** Of the certificate, Unix seconds. */
  readonly notAfter: number;
  /** Of the invitation, Unix seconds. */
  readonly expiry: number;
  /** What the account is given to pay for transactions with. */
  readonly gwei: number;
  /** SHA-256 of what else the invite says: nothing of it can be exchanged. */
  readonly contents: Hex32;
}

export interface Invitation extends InvitationTerms {
  /** The operator's, 65 bytes as hexadecimal digits. */
  readonly signature: string;
}

const TYPES = {
  Invitation: [
    { type: "bytes32", name: "hospital" },
    { type: "bytes32", name: "pseudonym" },
    { type: "address", name: "key" },
    { type: "uint64", name: "serial" },
    { type: "uint64", name: "notAfter" },
    { type: "uint64", name: "expiry" },
    { type: "uint64", name: "gwei" },
    { type: "bytes32", name: "contents" },
  ],
};
const ACCEPTANCE = {
  Acceptance: [
    { type: "bytes32", name: "hospital" },
    { type: "bytes32", name: "member" },
    { type: "address", name: "account" },
    { type: "uint64", name: "serial" },
  ],
};

const domainOf = ({ chainId, hospitals }: Deployment): TypedDataDomain => ({
  name: "MedExChain Invitation",
  version: "1",
  chainId,
  verifyingContract: hospitals,
});

/** Signs an invitation as the hospital's operator. */
export async function invite(operator: Signer, deployment: Deployment, terms: InvitationTerms): Promise<Invitation> {
  return { ...terms, signature: await operator.signTypedData(domainOf(deployment), TYPES, terms) };
}

/**
 * Accepts an invitation for an account.
 *
 * @param key the invitation's
 * @returns the input of `GatewayClient.enrol`
 */
export async function acceptInvitation(
  key: Signer,
  deployment: Deployment,
  { signature, ...terms }: Invitation,
  account: string,
): Promise<MethodInput<"enrol">> {
  const { hospital, pseudonym, serial } = terms;
  const message = { hospital, member: memberIdOf(hospital, pseudonym), account, serial };
  const acceptance = await key.signTypedData(domainOf(deployment), ACCEPTANCE, message);
  return {
    pseudonym: fromHex32(pseudonym),
    account: hexToBytes(account.slice(2)),
    key: hexToBytes(terms.key.slice(2)),
    serial,
    notAfter: terms.notAfter,
    expiry: terms.expiry,
    gwei: terms.gwei,
    contents: fromHex32(terms.contents),
    invitation: hexToBytes(signature.slice(2)),
    acceptance: hexToBytes(acceptance.slice(2)),
  };
}

const wrong = (why: string): MedexError => new MedexError("CERTIFICATE_INVALID", `the invite ${why}`);

/**
 * Checks with the registry of the hospital's home chain who signed an invitation. It may have been used.
 *
 * @throws CERTIFICATE_INVALID when that is not the hospital's operator; SERVICE_UNREACHABLE
 */
export async function requireOperators(chain: Chain, { signature, ...terms }: Invitation): Promise<void> {
  const { operator } = await ask(chain, () => chain.hospitals.hospital(terms.hospital));
  if (signerOf(chain.deployment, TYPES, terms, signature) !== operator) {
    throw wrong("is not signed by the operator of its hospital: do not trust it, and ask the hospital for another");
  }
}

/**
 * Checks an invitation with the registry of the hospital's home chain.
 *
 * @throws CERTIFICATE_INVALID when it is not signed by the hospital's operator, has expired, or was used; SERVICE_UNREACHABLE
 */
export async function requireGoodInvitation(chain: Chain, invitation: Invitation): Promise<void> {
  await requireOperators(chain, invitation);
  // A chain that makes no empty blocks may be behind the clock, and a clock may be wrong: by either it has expired.
  const [onChain, here] = [await chainTime(chain), BigInt(Math.floor(Date.now() / 1000))];
  if ((onChain > here ? onChain : here) >= BigInt(invitation.expiry))
    throw wrong("has expired: ask the hospital for another");
  const { serial } = await ask(chain, () =>
    chain.hospitals.member(memberIdOf(invitation.hospital, invitation.pseudonym)),
  );
  if (serial >= BigInt(invitation.serial)) {
    throw wrong(
      "was used, or the hospital has enrolled this member since: ask it for another, and tell it if that was not you",
    );
  }
}

/**
 * Checks that who signed a call to be enrolled was invited by the hospital.
 *
 * @throws GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED, SERVICE_UNREACHABLE
 */
export async function requireInvited({ hospital, chain }: Audience, { call, signer }: SignedCall): Promise<void> {
  const input = decodeInput("enrol", call.payload);
  const [account, key] = [addressOf(input.account), addressOf(input.key)];
  if (account !== signer) throw refused("is not signed by the account that it wants enrolled");
  const pseudonym = toHex32(input.pseudonym);
  if (memberIdOf(hospital.id, pseudonym) !== call.member) throw refused("names another member than its invitation");
  const { serial, notAfter, expiry, gwei } = input;
  const accepted = { hospital: hospital.id, member: call.member, account, serial };
  if (signerOf(chain.deployment, ACCEPTANCE, accepted, input.acceptance) !== key) {
    throw refused("comes from somebody who does not have the invitation's key");
  }
  const terms = {
    hospital: hospital.id,
    pseudonym,
    key,
    serial,
    notAfter,
    expiry,
    gwei,
    contents: toHex32(input.contents),
  };
  await requireGoodInvitation(chain, { ...terms, signature: `0x${bytesToHex(input.invitation)}` }).catch(
    (error: unknown) => {
      throw MedexError.is(error, "CERTIFICATE_INVALID") ? refused(`is refused: ${error.message}`) : error;
    },
  );
}

const addressOf = (bytes: Uint8Array): string => getAddress(`0x${bytesToHex(bytes)}`);

/** Who signed; undefined where that is no signature. */
function signerOf(
  deployment: Deployment,
  types: Record<string, { type: string; name: string }[]>,
  message: Record<string, unknown>,
  signature: string | Uint8Array,
): string | undefined {
  try {
    const hex = typeof signature === "string" ? signature : `0x${bytesToHex(signature)}`;
    return verifyTypedData(domainOf(deployment), types, message, hex);
  } catch {
    return undefined; // malformed
  }
}
