import { ask, type Chain, fromHex32, type Hex32 } from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import {
  acceptInvitation,
  invitationOf,
  type MemberInvite,
  memberInviteSchema,
  readInviteFile,
  requireGoodInvitation,
  requireOperators,
} from "@medexchain/gateway";
import { createVault, listVaults } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { readPassphrase } from "../prompt/passphrase.ts";
import { joinNetwork } from "../session/network.ts";
import { type MemberSite, openSession, placeMember, type UnlockedVault, unlock } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";
import { completeJoining } from "./membership.ts";

/**
 * `medex member join FILE`: checks the invite, takes its network into the configuration, makes a vault, has the account enrolled, and joins.
 * Run again after it broke off, it goes on.
 */
export async function joinByInvite(
  context: Context,
  file: string,
  options: { readonly vault?: string },
): Promise<void> {
  const { output } = context;
  const invite = await readInviteFile(file, memberInviteSchema);
  const { fingerprint, memberId, invitation } = invitationOf(invite);
  const { hospital, pseudonym } = invite;
  output.note(
    `${displayText(hospital)} invites you as ${displayText(pseudonym)}. Fingerprint: ${fingerprint} (compare it with the hospital, by telephone or in person)`,
  );
  const chain = invite.network.hospitals[hospital]?.chain ?? "";
  const check = (home: Chain) => requireOperators(home, invitation);
  await joinNetwork(context, { network: invite.network, chain, own: hospital, check });
  await using session = await openSession(context);
  const { name, isNew } = await vaultOf(context, invite, options);
  // Before anything is made for it. One that this very vault has used already is good to go on with.
  if (isNew) await requireGoodInvitation(await session.chain(chain), invitation);
  const vault = isNew ? await createFor(context, invite, name) : await openFor(context, invite, name);
  const site = await placeMember(session, { ...vault.contents, membership: { hospital, pseudonym } });
  if (!(await isEnrolled(site, memberId))) {
    if (!isNew) await requireGoodInvitation(site.chain, invitation);
    await enrol(context, site, invite);
  }
  await completeJoining(context, session, { vault, site, membership: { hospital, pseudonym } });
}

/** Which vault, and whether it is to be made. */
async function vaultOf(
  { vaults, as }: Context,
  { pseudonym }: MemberInvite,
  { vault }: { readonly vault?: string },
): Promise<{ name: string; isNew: boolean }> {
  const name = as ?? vault ?? slugOf(pseudonym);
  return { name, isNew: !(await listVaults(vaults)).some((known) => known.name === name) };
}

type MemberVault = UnlockedVault<"owner" | "doctor">;

async function createFor(context: Context, { role }: MemberInvite, name: string): Promise<MemberVault> {
  const passphrase = await readPassphrase(context, `the new vault ${name}`, { repeat: true });
  const accountKey = fromHex32(Wallet.createRandom().privateKey);
  const contents = role === "owner" ? { role, accountKey, secret: randomBytes(32) } : { role, accountKey };
  // The account's key is kept before anybody is told of the account.
  await createVault(context.vaults, name, contents, passphrase);
  return { name, contents, passphrase };
}

async function openFor(
  context: Context,
  { role, hospital, pseudonym }: MemberInvite,
  name: string,
): Promise<MemberVault> {
  const vault = await unlock({ ...context, as: name }, [role]);
  const { membership } = vault.contents;
  if (membership !== undefined && (membership.hospital !== hospital || membership.pseudonym !== pseudonym)) {
    throw new MedexError(
      "VAULT_EXISTS",
      `the vault ${name} is a member's already, ${displayText(membership.pseudonym)} at ${displayText(membership.hospital)}: give --vault for a new one`,
    );
  }
  return vault;
}

/** Has the account enrolled. A reply that was lost is asked for on the chain. */
async function enrol({ output }: Context, site: MemberSite, invite: MemberInvite): Promise<void> {
  const { invitation, key, memberId } = invitationOf(invite);
  output.progress("having the hospital enrol you");
  const gateway = await site.gateway();
  const { deployment } = site.chain;
  const accepted = await acceptInvitation(key, deployment, invitation, site.account.address);
  try {
    const { isFunded } = await gateway.enrol(accepted);
    if (!isFunded) {
      output.note("The hospital could not give your account what it promised for transactions: tell its operator.");
    }
  } catch (error) {
    if (!(await isEnrolled(site, memberId))) throw error;
  }
}

async function isEnrolled({ chain, account }: MemberSite, memberId: Hex32): Promise<boolean> {
  return (await ask(chain, () => chain.hospitals.activeMember(memberId))).account === account.address;
}
