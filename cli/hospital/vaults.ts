import { MedexError } from "@medexchain/core";
import { type ContentsOf, openVault } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { readSecretFile } from "../prompt/passphrase.ts";
import { unlock } from "../session/session.ts";

/** Where a hospital's command finds the firewall's vault. */
export interface FirewallVaultOptions {
  /** Its name; `<the hospital's>-firewall` unless given. */
  readonly firewall?: string;
  /** The hospital's passphrase unless given. */
  readonly firewallPassphraseFile?: string;
}

export interface HospitalVaults {
  readonly contents: ContentsOf<"hospital">;
  /** Of its firewall. */
  readonly guarded: ContentsOf<"firewall">;
  readonly firewallVault: string;
}

/** Opens the vaults of a hospital and of its firewall. */
export async function openHospitalVaults(context: Context, options: FirewallVaultOptions): Promise<HospitalVaults> {
  const { name, contents, passphrase } = await unlock(context, ["hospital"]);
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
  return { contents, guarded, firewallVault };
}
