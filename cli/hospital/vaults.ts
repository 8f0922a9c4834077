import { Hospital } from "@medexchain/actors";
import { MedexError } from "@medexchain/core";
import { checkG2, checkScalar, crfSetup, type G2Bytes, xWingPublicKey } from "@medexchain/pre";
import { type ContentsOf, gatewaySeedOf, openVault } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { readSecretFile } from "../prompt/passphrase.ts";
import { type UnlockedVault, unlock, walletOf } from "../session/session.ts";

/** Where a hospital's command finds the firewall's vault, if it is on this machine. */
export interface FirewallVaultOptions {
  /** Its name; `<the hospital's>-firewall` unless given. */
  readonly firewall?: string;
  /** The hospital's passphrase unless given. */
  readonly firewallPassphraseFile?: string;
}

export interface HospitalVaults extends UnlockedVault<"hospital"> {
  /** Of its firewall. */
  readonly guarded: ContentsOf<"firewall">;
  readonly firewallVault: string;
}

/** Opens the vaults of a hospital and of its firewall, where one machine has both. */
export async function openHospitalVaults(context: Context, options: FirewallVaultOptions): Promise<HospitalVaults> {
  const unlocked = await unlock(context, ["hospital"]);
  return { ...unlocked, ...(await openFirewallVault(context, unlocked, options)) };
}

/** Opens the vault of the firewall beside its hospital's. */
export async function openFirewallVault(
  context: Context,
  { name, contents, passphrase }: UnlockedVault<"hospital">,
  options: FirewallVaultOptions,
): Promise<Pick<HospitalVaults, "guarded" | "firewallVault">> {
  const firewallVault = options.firewall ?? `${name}-firewall`;
  const firewallPassphrase =
    options.firewallPassphraseFile === undefined
      ? passphrase
      : await readSecretFile(options.firewallPassphraseFile, "passphrase");
  const guarded = await openVault(context.vaults, firewallVault, firewallPassphrase);
  if (guarded.role !== "firewall" || guarded.hospital !== contents.pseudonym) {
    throw new MedexError(
      "INPUT_INVALID",
      `${firewallVault} is not the vault of ${contents.pseudonym}'s firewall; give --firewall`,
    );
  }
  return { guarded, firewallVault };
}

/** The hospital of a vault. Dispose of it. */
export function openHospital(contents: ContentsOf<"hospital">): Hospital {
  const { pseudonym, scheme } = contents;
  const masterKeys = {
    secretKey: checkScalar(contents.masterKeys.secretKey, "the master secret"),
    publicKey: checkG2(contents.masterKeys.publicKey, "the master public key"),
  };
  return new Hospital({ pseudonym, scheme, operator: walletOf(contents), masterKeys });
}

/** What of a firewall stands in its hospital's parameters. */
export interface FirewallKeys {
  readonly publicKey: G2Bytes;
  readonly gatewayKey: Uint8Array;
}

/** The keys of the firewall that a hospital is paired with, if it is with any. */
export function pairedKeys({ firewall }: ContentsOf<"hospital">): FirewallKeys | undefined {
  if (firewall === undefined) return undefined;
  const { publicKey, gatewayKey } = firewall;
  return { publicKey: checkG2(publicKey, "the firewall's public key"), gatewayKey };
}

/** The keys of a firewall, by its own vault. */
export async function keysOfFirewall(guarded: ContentsOf<"firewall">): Promise<FirewallKeys> {
  const masterPublicKey = checkG2(guarded.masterPublicKey, "the master public key");
  const publicKey = crfSetup(checkScalar(guarded.blinding, "the blinding"), masterPublicKey);
  return { publicKey, gatewayKey: await xWingPublicKey(gatewaySeedOf(guarded)) };
}
