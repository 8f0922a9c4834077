/** Joining a hospital by its invite, as `medex member join` does. */
import { ask, memberIdOf, pseudonymHash } from "@medexchain/chain";
import { MedexError, toJson } from "@medexchain/core";
import { connectGateway } from "@medexchain/gateway/client";
import { acceptInvitation, requireGoodInvitation } from "@medexchain/gateway/invitation";
import { invitationOf, type MemberInvite, memberInviteSchema } from "@medexchain/gateway/member-invite";
import type { Database } from "./database.ts";
import { type Contents, createIdentity, unlockIdentity, walletOf } from "./identity.ts";
import type { Network } from "./network.ts";

/** What a person should see of an invite before accepting it. */
export interface InviteView {
  readonly hospital: string;
  readonly pseudonym: string;
  readonly role: "owner" | "doctor";
  /** To be compared with the hospital's by another way. */
  readonly fingerprint: string;
}

/** Longest invite, in characters. */
const LONGEST = 512 * 1024;

/** @throws INPUT_INVALID when the text is no invite */
export function readMemberInvite(text: string): MemberInvite {
  const parsed = text.length > LONGEST ? undefined : memberInviteSchema.safeParse(jsonOf(text));
  if (parsed?.success) return parsed.data;
  throw new MedexError("INPUT_INVALID", "this is no invite of a hospital: choose the file that it gave you");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused as what it is not
  }
}

export function viewInvite(text: string): InviteView {
  const invite = readMemberInvite(text);
  const { hospital, pseudonym, role } = invite;
  return { hospital, pseudonym, role, fingerprint: invitationOf(invite).fingerprint };
}

/**
 * Checks an invite with the hospital's chain, makes a vault, and has its account enrolled. Done again after it broke off, it goes on.
 *
 * @returns the vault's name, what is in it, and whether the hospital could give the account what it promised to pay for transactions
 * @throws INPUT_INVALID (no invite, or of another network), CERTIFICATE_INVALID (not the hospital's, expired, used), VAULT_PASSPHRASE_WRONG
 */
export async function joinByInvite(
  database: Database,
  network: Network,
  text: string,
  passphrase: string,
): Promise<{ vault: string; contents: Contents; isFunded: boolean }> {
  const invite = readMemberInvite(text);
  const { hospital, pseudonym: vault, role } = invite;
  const { invitation, key, memberId } = invitationOf(invite);
  const chain = await homeOf(network, invite);
  const isNew = (await database.get("vaults", vault)) === undefined;
  if (isNew) await requireGoodInvitation(chain, invitation);
  const membership = { hospital, pseudonym: vault };
  const contents = isNew
    ? await createIdentity(database, vault, role, membership, passphrase)
    : await unlockIdentity(database, vault, passphrase);
  if (
    contents.membership?.hospital !== hospital ||
    memberIdOf(invitation.hospital, pseudonymHash(vault)) !== memberId
  ) {
    throw new MedexError(
      "VAULT_EXISTS",
      `this browser has an account named "${vault}" at another hospital already: ask for an invite by another name`,
    );
  }
  const account = walletOf(contents);
  const isEnrolled = async (): Promise<boolean> =>
    (await ask(chain, () => chain.hospitals.activeMember(memberId))).account === account.address;
  if (await isEnrolled()) return { vault, contents, isFunded: true };
  const { store } = network;
  const gateway = await connectGateway({
    url: network.gatewayUrl(hospital),
    chain: chain.as(account),
    store,
    hospitalId: invitation.hospital,
    memberId,
    account,
  });
  const accepted = await acceptInvitation(key, chain.deployment, invitation, account.address);
  const { isFunded } = await gateway.enrol(accepted).catch(async (error: unknown) => {
    if (!(await isEnrolled())) throw error; // else the reply alone was lost, and with it what it says of money
    return { isFunded: true };
  });
  return { vault, contents, isFunded };
}

/** The hospital's chain. What the invite says of the network must be what the app's own server says: it is that which is talked to. */
async function homeOf(network: Network, { hospital, network: theirs }: MemberInvite) {
  const name = network.facts.hospitals[hospital]?.chain ?? "";
  const known = network.facts.chains[name]?.deployment;
  const told = theirs.chains[theirs.hospitals[hospital]?.chain ?? ""]?.deployment;
  if (known === undefined || told === undefined || contractsOf(known) !== contractsOf(told)) {
    throw new MedexError(
      "INPUT_INVALID",
      `the invite of "${hospital}" is for another network than this app is served for`,
    );
  }
  return network.chain(name);
}

const contractsOf = (deployment: object): string =>
  toJson(Object.entries({ ...deployment, rpcUrl: undefined }).toSorted()).toLowerCase();
