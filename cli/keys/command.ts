import { existsSync } from "node:fs";
import { fromHex32 } from "@medexchain/chain";
import type { BackupFragment, Name, VaultContents } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { Argument, Command } from "commander";
import type { Context } from "../context.ts";
import { contextOf } from "../context.ts";

/** `medex keys`: the vaults. */
export function keysCommand(): Command {
  return new Command("keys")
    .alias("vault")
    .description("Create, list, back up and restore vaults: one encrypted file per person, hospital or firewall.")
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(passphraseCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addHelpText(
      "after",
      `
A hospital's and its firewall's vaults are made by "medex hospital init".

Examples:
  $ medex keys create owner alice
  $ medex keys backup alice.backup.json --as alice
  $ medex keys restore alice.backup.json alice`,
    );
}

function createCommand(): Command {
  return new Command("create")
    .description("Create a patient's (owner) or doctor's vault, with a new account.")
    .addArgument(new Argument("<role>", "a patient's (owner) or a doctor's").choices(["owner", "doctor"]))
    .argument("<name>", "the name of the vault on this machine")
    .action(async (role: "owner" | "doctor", name: string, _options, command: Command) => {
      const context = contextOf(command);
      const { keysCreateOutput } = await import("./outputs.ts");
      const { createVault } = await import("@medexchain/vault");
      const { readPassphrase } = await import("../prompt/passphrase.ts");
      const { Wallet } = await import("ethers");
      const accountKey = fromHex32(Wallet.createRandom().privateKey);
      const passphrase = await readPassphrase(context, `the new vault ${name}`, { repeat: true });
      const contents = role === "owner" ? { role, accountKey, secret: randomBytes(32) } : { role, accountKey };
      const vault = await createVault(context.vaults, name, contents, passphrase);
      context.output.result(keysCreateOutput, vault, () => {
        context.output.fact("vault", vault.path);
        context.output.fact("account", vault.account ?? "");
        context.output.note("Give the account to your hospital. When it has enrolled you, run medex member join.");
      });
    });
}

function listCommand(): Command {
  return new Command("list")
    .description("List the vaults on this machine. Needs no passphrase.")
    .action(async (_options, command: Command) => {
      const { vaults, output } = contextOf(command);
      const { keysListOutput } = await import("./outputs.ts");
      const { listVaults } = await import("@medexchain/vault");
      const list = await listVaults(vaults);
      output.result(keysListOutput, list, () => {
        output.table([
          ["NAME", "ROLE", "ACCOUNT"],
          ...list.map(({ name, role, account }) => [name, role, account ?? "-"]),
        ]);
      });
    });
}

function passphraseCommand(): Command {
  return new Command("passwd")
    .description("Change a vault's passphrase. Earlier backups keep theirs.")
    .argument("<name>", "the vault")
    .option("--new-passphrase-file <file>", "file of mode 600 with the new passphrase; otherwise you are asked for it")
    .action(async (name: string, { newPassphraseFile }: { newPassphraseFile?: string }, command: Command) => {
      const context = contextOf(command);
      const { keysPasswdOutput } = await import("./outputs.ts");
      const { openVault, saveVault } = await import("@medexchain/vault");
      const { readPassphrase, readSecretFile, promptNewPassphrase } = await import("../prompt/passphrase.ts");
      const old = await readPassphrase(context, `the vault ${name}`);
      const contents = await openVault(context.vaults, name, old);
      const next =
        newPassphraseFile === undefined
          ? await promptNewPassphrase(`the vault ${name}`)
          : await readSecretFile(newPassphraseFile, "passphrase");
      await saveVault(context.vaults, name, contents, next);
      context.output.result(keysPasswdOutput, { name, changed: true }, () =>
        context.output.line(`The passphrase of ${name} is changed.`),
      );
    });
}

function backupCommand(): Command {
  return new Command("backup")
    .description("Write the vault and what belongs to it (a patient's private fragments) into one encrypted file.")
    .argument("<file>", "a new file")
    .addHelpText("after", "\nThe backup has the passphrase that the vault has now.")
    .action(async (file: string, _options, command: Command) => {
      const context = contextOf(command);
      const { keysBackupOutput } = await import("./outputs.ts");
      const { VAULT_ROLES, writeBackup } = await import("@medexchain/vault");
      const { unlock } = await import("../session/session.ts");
      const { name, contents, passphrase } = await unlock(context, VAULT_ROLES);
      const backup = { contents, ...(await belongings(context, name)), ...(await namesOf(context, name, contents)) };
      await writeBackup(file, backup, passphrase);
      const about = { file, vault: name, fragments: backup.fragments.length, seenRecords: backup.seenRecords.length };
      context.output.result(keysBackupOutput, about, () => {
        context.output.line(`Backed up ${name} to ${file}, with ${about.fragments} private fragments.`);
      });
    });
}

function restoreCommand(): Command {
  return new Command("restore")
    .description("Restore a vault from a backup. An existing vault is never overwritten.")
    .argument("<file>", "the backup")
    .argument("<name>", "the name of the vault on this machine")
    .action(async (file: string, name: string, _options, command: Command) => {
      const context = contextOf(command);
      const { keysRestoreOutput } = await import("./outputs.ts");
      const { createVault, openBackup, openNameStore, requireNewVault } = await import("@medexchain/vault");
      const { namesFolder } = await import("../session/names.ts");
      const { openFragmentStore, openSeenRecords } = await import("@medexchain/actors/files");
      const { toHex32 } = await import("@medexchain/chain");
      const { fragmentFolder, seenFolder } = await import("../session/session.ts");
      const { readPassphrase } = await import("../prompt/passphrase.ts");
      await requireNewVault(context.vaults, name);
      const passphrase = await readPassphrase(context, `the backup ${file}`);
      // Opened, it is whole: nothing is written before.
      await using backup = await openBackup(file, passphrase);
      const { contents, seenRecords, signOffs = seenRecords } = backup;
      // The vault comes last: whoever finds it finds what belongs to it, and a restoration that broke off can be run again.
      if (contents.role === "owner") {
        const store = await openFragmentStore(fragmentFolder(context, name));
        for await (const { recordId, bytes } of backup.fragments()) {
          await using fragment = await store.begin(toHex32(recordId));
          for await (const part of bytes) await fragment.write(part);
          await fragment.commit();
        }
      }
      if (contents.role === "firewall") {
        const seen = await openSeenRecords(seenFolder(context, name));
        for (const id of seenRecords) await seen.records.add(id);
        for (const id of signOffs) await seen.signOffs.add(id);
      }
      if (backup.names !== undefined && contents.role !== "firewall") {
        using store = openNameStore(namesFolder(context, name), contents.accountKey);
        for (const each of backup.names) await store.put(each);
      }
      const vault = await createVault(context.vaults, name, contents, passphrase);
      context.output.result(keysRestoreOutput, { ...vault, fragments: backup.count }, () => {
        context.output.fact("vault", vault.path);
        context.output.fact("fragments", String(backup.count));
      });
    });
}

/** What the owner of a vault calls things. */
async function namesOf(context: Context, vault: string, contents: VaultContents): Promise<{ names?: readonly Name[] }> {
  if (contents.role === "firewall") return {};
  const { openNameStore } = await import("@medexchain/vault");
  const { namesFolder } = await import("../session/names.ts");
  using store = openNameStore(namesFolder(context, vault), contents.accountKey);
  return { names: (await store.list()).names };
}

/** What belongs to a vault and lies beside it. */
async function belongings(context: Context, name: string) {
  const { listSeenRecords, openFragmentStore } = await import("@medexchain/actors/files");
  const { fragmentFolder, seenFolder } = await import("../session/session.ts");
  const folder = fragmentFolder(context, name);
  const store = existsSync(folder) ? await openFragmentStore(folder) : undefined;
  const fragments: BackupFragment[] = [];
  for (const id of (await store?.list()) ?? []) {
    if (store) fragments.push({ recordId: fromHex32(id), length: await store.lengthOf(id), bytes: store.read(id) });
  }
  const seen = seenFolder(context, name);
  if (!existsSync(seen)) return { fragments, seenRecords: [] };
  const { records, signOffs } = await listSeenRecords(seen);
  return { fragments, seenRecords: records, signOffs };
}
