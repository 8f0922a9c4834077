/** Who a vault makes of this browser: an account, and a place at a hospital. */
import { makeUserKeys, publishUserKeys } from "@medexchain/actors";
import { ask, type Chain, fromHex32, type Hex32, memberIdOf, pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { connectGateway, type GatewayClient } from "@medexchain/gateway/client";
import { initCurve, keyGenDU, X_WING_SEED_LENGTH } from "@medexchain/pre";
import { accountOf, type ContentsOf, openContents, sealContents } from "@medexchain/vault/sealed-contents";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { addVault, type Database, putDurably, vaultExists } from "./database.ts";
import type { Network } from "./network.ts";

export type Contents = ContentsOf<"owner"> | ContentsOf<"doctor">;
type Membership = NonNullable<Contents["membership"]>;

/** A patient or a doctor, unlocked. */
export interface Identity {
  readonly vault: string;
  readonly contents: Contents & { readonly membership: Membership };
  readonly account: Wallet;
  readonly memberId: Hex32;
  /** The hospital's, through the account. */
  readonly chain: Chain;
  readonly chainName: string;
  readonly gateway: GatewayClient;
}

export const walletOf = ({ accountKey }: Contents): Wallet => new Wallet(`0x${bytesToHex(accountKey)}`);

/** Draws what a new vault holds, and keeps it under the passphrase. @throws VAULT_EXISTS */
export async function createIdentity(
  database: Database,
  vault: string,
  role: Contents["role"],
  membership: Membership,
  passphrase: string,
): Promise<Contents> {
  if ((await database.getKey("vaults", vault)) !== undefined) throw vaultExists(vault);
  const accountKey = randomBytes(32);
  const contents: Contents =
    role === "owner" ? { role, accountKey, membership, secret: randomBytes(32) } : { role, accountKey, membership };
  await addVault(database, vault, await sealContents(contents, passphrase));
  return contents;
}

/** @throws VAULT_NOT_FOUND, VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED */
export async function unlockIdentity(database: Database, vault: string, passphrase: string): Promise<Contents> {
  const text = await database.get("vaults", vault);
  if (text === undefined) throw new MedexError("VAULT_NOT_FOUND", `this browser has no account named "${vault}"`);
  const contents = await openContents(text, passphrase, `the account "${vault}"`);
  if (contents.role === "owner" || contents.role === "doctor") return contents;
  throw new MedexError(
    "INPUT_INVALID",
    "this is the vault of a hospital or of a firewall, which the app has no use for",
  );
}

/**
 * Takes the place at the hospital; a doctor makes keys with it, once, and has them certified.
 *
 * @throws CERTIFICATE_INVALID when the hospital has not enrolled the account
 */
export async function placeIdentity(
  database: Database,
  network: Network,
  vault: string,
  contents: Contents,
  passphrase: string,
): Promise<Identity> {
  const { membership } = contents;
  if (membership === undefined) {
    throw new MedexError("INPUT_INVALID", "this vault is of nobody's membership yet: join a hospital first");
  }
  const entry = network.facts.hospitals[membership.hospital];
  if (entry === undefined) {
    throw new MedexError("CONFIG_INVALID", `the network has no hospital named "${membership.hospital}"`);
  }
  const account = walletOf(contents);
  const chain = (await network.chain(entry.chain)).as(account);
  const hospitalId = pseudonymHash(membership.hospital);
  const memberId = memberIdOf(hospitalId, pseudonymHash(membership.pseudonym));
  const { account: enrolled } = await ask(chain, () => chain.hospitals.activeMember(memberId));
  if (enrolled !== accountOf(contents)) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `${membership.hospital} has not enrolled the account ${account.address} as "${membership.pseudonym}"; ask its front desk`,
    );
  }
  const { store } = network;
  const url = network.gatewayUrl(membership.hospital);
  const gateway = await connectGateway({ url, chain, store, hospitalId, memberId, account });
  const placed = { ...contents, membership };
  const identity = { vault, account, memberId, chain, chainName: entry.chain, gateway };
  if (placed.role === "owner" || placed.keys !== undefined) return { ...identity, contents: placed };
  return { ...identity, contents: await makeKeys(database, network, { ...identity, contents: placed }, passphrase) };
}

type DoctorContents = ContentsOf<"doctor"> & { readonly membership: Membership };

async function makeKeys(
  database: Database,
  { store }: Network,
  { vault, contents, memberId, gateway }: Identity & { readonly contents: DoctorContents },
  passphrase: string,
): Promise<DoctorContents> {
  await initCurve();
  const { requestPartialKey, firewall, certify } = gateway;
  const keys = await makeUserKeys(keyGenDU(await requestPartialKey(), fromHex32(memberId), firewall.publicKey));
  const { pre, bfv, kem = { seed: randomBytes(X_WING_SEED_LENGTH) } } = keys;
  const made: DoctorContents = {
    ...contents,
    keys: { pre: { privateKey: pre.privateKey, ...pre.publicKey }, bfv, kem: { seed: kem.seed } },
  };
  // The secret is kept before its public half is certified: a certified key without its secret could open nothing.
  await putDurably(database, "vaults", vault, await sealContents(made, passphrase));
  const digest = await publishUserKeys(store, keys);
  await certify(fromHex32(digest), fromHex32(pseudonymHash(contents.membership.pseudonym)));
  return made;
}
