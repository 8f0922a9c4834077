/** The file with which a hospital invites a patient or doctor: all that they would otherwise copy by hand, for one use. */
import { memberIdOf, pseudonymHash, toHex32 } from "@medexchain/chain";
import { networkSchema } from "@medexchain/config/network";
import { encodeObject, type Hex32, MedexError } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Signer, Wallet } from "ethers";
import { z } from "zod";
import { type Invitation, invite } from "./invitation.ts";

const hexOf = (length: number) => z.templateLiteral(["0x", z.string().regex(new RegExp(`^[0-9a-f]{${2 * length}}$`))]);
const name = z.string().min(1).max(256);

export const memberInviteSchema = z.strictObject({
  type: z.literal("medexchain/member-invite"),
  network: networkSchema,
  hospital: name,
  pseudonym: name,
  role: z.enum(["owner", "doctor"]),
  serial: z.int().positive(),
  notAfter: z.int().positive(),
  expiry: z.int().positive(),
  gwei: z.int().nonnegative(),
  /** Secret: whoever has it can join in the member's place, until it is used. */
  key: hexOf(32),
  /** The operator's. */
  signature: hexOf(65),
});
export type MemberInvite = z.infer<typeof memberInviteSchema>;

/**
 * Makes an invite.
 *
 * @param operator of the hospital
 */
export async function createMemberInvite(
  operator: Signer,
  about: Omit<MemberInvite, "type" | "key" | "signature">,
): Promise<MemberInvite> {
  const unsigned = { type: "medexchain/member-invite", ...about, key: hexKey(), signature: "0x" } as const;
  const { terms, deployment } = termsOf(unsigned);
  const { signature } = await invite(operator, deployment, terms);
  return { ...unsigned, signature: signature as `0x${string}` }; // of ethers
}

const hexKey = (): `0x${string}` => `0x${Wallet.createRandom().privateKey.slice(2)}`;

/** What an invite promises, for checking and accepting. */
export function invitationOf(invite: MemberInvite): {
  readonly invitation: Invitation;
  readonly key: Wallet;
  readonly memberId: Hex32;
  /** What both sides compare by another way than that of the file: 128 bits of the digest of all that is in it, but the key. */
  readonly fingerprint: string;
} {
  const { terms } = termsOf(invite);
  const digits = bytesToHex(sha256(encodeObject({ ...terms }))).slice(0, 32);
  return {
    invitation: { ...terms, signature: invite.signature },
    key: new Wallet(invite.key),
    memberId: memberIdOf(terms.hospital, terms.pseudonym),
    fingerprint: (digits.match(/.{4}/g) ?? []).join(" "),
  };
}

function termsOf(invite: Omit<MemberInvite, "signature">) {
  const { type, network, hospital, pseudonym, role, serial, notAfter, expiry, gwei } = invite;
  const chain = network.hospitals[hospital]?.chain ?? "";
  const deployment = network.chains[chain]?.deployment;
  if (deployment === undefined) {
    throw new MedexError("CONFIG_INVALID", `the invite does not say on which chain ${hospital} is: get another one`);
  }
  const contents = toHex32(sha256(encodeObject({ type, network, hospital, pseudonym, role })));
  const ids = { hospital: pseudonymHash(hospital), pseudonym: pseudonymHash(pseudonym) };
  return {
    deployment,
    terms: { ...ids, key: new Wallet(invite.key).address, serial, notAfter, expiry, gwei, contents },
  };
}
