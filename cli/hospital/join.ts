import { fromHex32, pseudonymHash, transact } from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { readInviteFile } from "@medexchain/gateway";
import {
  generateFirewallSecrets,
  initCurve,
  setupA,
  setupB,
  X_WING_SEED_LENGTH,
  xWingPublicKey,
} from "@medexchain/pre";
import { type ContentsOf, createVault, listVaults, openVault, saveVault } from "@medexchain/vault";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { readPassphrase, readSecretFile } from "../prompt/passphrase.ts";
import { joinNetwork } from "../session/network.ts";
import { openSession, type Session, type UnlockedVault, unlock, walletOf } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";
import {
  fingerprintOfInvite,
  type HospitalInvite,
  handOverEther,
  hospitalInviteSchema,
  requireRegistrars,
  takeHospitalOver,
} from "./hospital-invite.ts";
import { hospitalJoinOutput } from "./outputs.ts";
import { offerOf } from "./pairing.ts";
import { publishKeys } from "./parameters.ts";
import { keysOfFirewall, openHospital } from "./vaults.ts";

export interface HospitalJoinOptions {
  readonly vault?: string;
  readonly offer?: string;
  readonly withFirewall?: true;
  readonly firewallPassphraseFile?: string;
  /** How often one requester may be granted access to all its records. */
  readonly limit?: number;
}

/**
 * `medex hospital join`: founds the hospital that a registrar has invited. Its vault, its configuration, and the registration, which is made
 * over to the vault's account on every chain. Run again after it broke off, it goes on.
 */
export async function joinAsHospital(context: Context, file: string, options: HospitalJoinOptions): Promise<void> {
  const { output } = context;
  const invite = await readInviteFile(file, hospitalInviteSchema);
  const { name } = invite;
  output.note(
    `You are invited as ${displayText(name)}. Fingerprint: ${fingerprintOfInvite(invite)} (compare it with the registrar, by telephone or in person)`,
  );
  const { network, chain } = invite;
  await joinNetwork(context, { network, chain, check: (home) => requireRegistrars(home, invite) });
  await using session = await openSession(context);
  await initCurve();
  const vault = options.vault ?? slugOf(name);
  const unlocked = await hospitalVault(context, invite, vault);
  const operator = walletOf(unlocked.contents).address;
  for (const [chainName, chain] of await session.chains()) {
    output.progress(`taking the registration on ${chainName} over`);
    await takeHospitalOver(chain, invite, operator);
    await handOverEther(chain, invite, operator);
  }
  if (options.limit !== undefined) await setLimit(session, invite, unlocked.contents, options.limit);
  const about = { name, hospitalId: pseudonymHash(name), operator };
  if (options.withFirewall) {
    const firewallVault = await pairHere(context, session, unlocked, options);
    output.result(hospitalJoinOutput, { ...about, vaults: [vault, firewallVault] }, () => {
      output.fact("hospital", about.hospitalId);
      output.fact("operator", operator);
      output.fact("vaults", `${vault}, ${firewallVault}`);
      output.note(
        "Both vaults are on this machine, which is for development: who has it has both secrets. Next: medex hospital serve --with-firewall --announce",
      );
    });
    return;
  }
  const homeChainId = Number((await session.chain(invite.chain)).deployment.chainId); // far below 2^53
  const offer = options.offer ?? `${vault}.offer.json`;
  const said = await offerOf(unlocked.contents, { hospitalId: about.hospitalId, homeChainId });
  await writeFileDurably(offer, `${JSON.stringify(said, undefined, 2)}\n`);
  output.result(hospitalJoinOutput, { ...about, vaults: [vault], offer }, () => {
    output.fact("hospital", about.hospitalId);
    output.fact("operator", operator);
    output.fact("vault", vault);
    output.fact("offer", offer);
    output.note(
      "Give the offer to the keeper of your firewall: medex firewall init. Back up the vault: medex keys backup.",
    );
  });
}

async function setLimit(
  session: Session,
  invite: HospitalInvite,
  contents: ContentsOf<"hospital">,
  limit: number,
): Promise<void> {
  const chain = (await session.chain(invite.chain)).as(walletOf(contents));
  await transact(chain, () => chain.hospitals.setMaxAccessCount(pseudonymHash(invite.name), limit));
}

/** The hospital's vault: made, or found from a run that broke off. */
async function hospitalVault(
  context: Context,
  { name, scheme }: HospitalInvite,
  vault: string,
): Promise<UnlockedVault<"hospital">> {
  if ((await listVaults(context.vaults)).some((known) => known.name === vault)) {
    const known = await unlock({ ...context, as: vault }, ["hospital"]);
    if (known.contents.pseudonym === name && known.contents.scheme === scheme) return known;
    throw new MedexError("VAULT_EXISTS", `there is a vault named ${vault} already, of another; give --vault`);
  }
  const passphrase = await readPassphrase(context, `the new vault ${vault}`, { repeat: true });
  const contents: ContentsOf<"hospital"> = {
    role: "hospital",
    accountKey: fromHex32(Wallet.createRandom().privateKey),
    pseudonym: name,
    scheme,
    masterKeys: scheme === "ibe" ? setupA() : setupB(),
    serviceSeed: randomBytes(X_WING_SEED_LENGTH),
  };
  await createVault(context.vaults, vault, contents, passphrase);
  return { name: vault, contents, passphrase };
}

/** For development: the firewall's vault beside the hospital's, and the parameters of both. */
async function pairHere(
  context: Context,
  session: Session,
  { name: vault, contents, passphrase }: UnlockedVault<"hospital">,
  { firewallPassphraseFile }: HospitalJoinOptions,
): Promise<string> {
  const firewallVault = `${vault}-firewall`;
  const firewallPassphrase =
    firewallPassphraseFile === undefined ? passphrase : await readSecretFile(firewallPassphraseFile, "passphrase");
  const isThere = (await listVaults(context.vaults)).some(({ name }) => name === firewallVault);
  const known = isThere ? await openVault(context.vaults, firewallVault, firewallPassphrase) : undefined;
  if (known !== undefined && (known.role !== "firewall" || known.hospital !== contents.pseudonym)) {
    throw new MedexError("VAULT_EXISTS", `there is a vault named ${firewallVault} already, of another; give --vault`);
  }
  const callerKey = known?.callerKey ?? fromHex32(Wallet.createRandom().privateKey);
  const guarded: ContentsOf<"firewall"> = known ?? {
    role: "firewall",
    hospital: contents.pseudonym,
    ...generateFirewallSecrets(),
    masterPublicKey: contents.masterKeys.publicKey,
    gatewaySeed: randomBytes(X_WING_SEED_LENGTH),
    callerKey,
    hospitalKey: await xWingPublicKey(contents.serviceSeed ?? new Uint8Array()),
  };
  if (known === undefined) await createVault(context.vaults, firewallVault, guarded, firewallPassphrase);
  const keys = await keysOfFirewall(guarded);
  const caller = hexToBytes(walletOf({ accountKey: callerKey }).address.slice(2));
  await saveVault(context.vaults, vault, { ...contents, firewall: { caller, ...keys } }, passphrase);
  using hospital = openHospital(contents);
  await publishKeys(session, hospital, keys);
  return firewallVault;
}
