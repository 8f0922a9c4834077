import { listSeenRecords } from "@medexchain/actors/files";
import { fromHex32, MedexError } from "@medexchain/core";
import { initCurve, X_WING_SEED_LENGTH, xWingPublicKey } from "@medexchain/pre";
import { type ContentsOf, openBackup, saveVault, writeBackup } from "@medexchain/vault";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { publishKeys } from "../hospital/parameters.ts";
import { type FirewallVaultOptions, keysOfFirewall, openHospital, openHospitalVaults } from "../hospital/vaults.ts";
import { promptNewPassphrase, readSecretFile } from "../prompt/passphrase.ts";
import { openSession, seenFolder, walletOf } from "../session/session.ts";
import { firewallSplitOutput } from "./outputs.ts";

export interface SplitOptions extends FirewallVaultOptions {
  readonly newPassphraseFile?: string;
}

/**
 * `medex firewall split`: of a home with both vaults, a file with which the firewall moves to a machine of its own.
 *
 * The firewall's blinding and `k_A` stay, or nothing that patients published could be opened. The key to which members seal their calls, and all
 * by which hospital and firewall know each other, are new. Broken off anywhere, it can be given again, with another file: what the chains say
 * in the end goes with the last one.
 */
export async function splitFirewall(context: Context, file: string, options: SplitOptions): Promise<void> {
  const { output } = context;
  const { name, contents, passphrase, guarded, firewallVault } = await openHospitalVaults(context, options);
  const next =
    options.newPassphraseFile === undefined
      ? await promptNewPassphrase("the firewall's vault")
      : await readSecretFile(options.newPassphraseFile, "passphrase");
  if (next === passphrase) {
    throw new MedexError(
      "INPUT_INVALID",
      "the firewall's passphrase is the hospital's: choose one that the hospital's keeper does not know",
    );
  }
  await using session = await openSession(context);
  await initCurve();
  const serviceSeed = contents.serviceSeed ?? randomBytes(X_WING_SEED_LENGTH);
  const { gatewaySeed: _, gatewayKeys: __, ...kept } = guarded;
  const callerKey = fromHex32(Wallet.createRandom().privateKey);
  const moved: ContentsOf<"firewall"> = {
    ...kept,
    gatewaySeed: randomBytes(X_WING_SEED_LENGTH),
    callerKey,
    hospitalKey: await xWingPublicKey(serviceSeed),
  };
  const keys = await keysOfFirewall(moved);
  const caller = hexToBytes(walletOf({ accountKey: callerKey }).address.slice(2));

  // The file first, and found to be whole: from then on nothing can be lost.
  const { records, signOffs } = await listSeenRecords(seenFolder(context, firewallVault));
  await writeBackup(file, { contents: moved, seenRecords: records, signOffs, fragments: [] }, next);
  await (await openBackup(file, next))[Symbol.asyncDispose]();
  const paired = { ...contents, serviceSeed, firewall: { caller, ...keys } };
  await saveVault(context.vaults, name, paired, passphrase);
  using hospital = openHospital(paired);
  const published = await publishKeys(session, hospital, keys);

  const left = [`${firewallVault}.vault.json`, seenFolder(context, firewallVault)];
  output.result(
    firewallSplitOutput,
    { hospitalId: hospital.id, file, seenRecords: records.length, left, ...published },
    () => {
      output.fact("file", file);
      output.fact("ids", `${records.length} records, ${signOffs.length} sign-offs`);
      for (const { chain, transactionHash } of published.changed)
        output.fact(chain, transactionHash ?? "has them already");
      output.note(
        `Take the file to the firewall's machine, and there: medex keys restore ${file} ${firewallVault}, then medex firewall serve. Here run medex hospital serve, and back the hospital's vault up anew.`,
      );
      output.note(
        `When it serves there, remove what is left of it here, ${left.join(" and ")}, and every backup of that vault: none of them can be served any more, but each holds the firewall's secret. Whoever had a copy together with the hospital's vault still knows what both know.`,
      );
    },
  );
}
