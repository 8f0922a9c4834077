/** Backups, in the file that the command makes and restores: what is backed up in one can be restored in the other. */
import { fromHex32, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { decryptBackup, encryptBackup } from "@medexchain/vault/backup-contents";
import { sealContents } from "@medexchain/vault/sealed-contents";
import { addVault, type Database, vaultExists } from "./database.ts";
import { openBrowserFragments } from "./fragment-store.ts";
import { unlockIdentity } from "./identity.ts";
import { openNames } from "./names.ts";
import { takeTurn } from "./turn.ts";

/** A vault with its names and private fragments, under its passphrase. @throws as `unlockIdentity` */
export async function backUp(database: Database, vault: string, passphrase: string): Promise<Blob> {
  const contents = await unlockIdentity(database, vault, passphrase);
  const store = openBrowserFragments(database, vault);
  const fragments = await Promise.all(
    (await store.list()).map(async (id) => ({
      recordId: fromHex32(id),
      length: await store.lengthOf(id),
      bytes: store.read(id),
    })),
  );
  const names = await openNames(database, vault, contents.accountKey).list();
  const parts: BlobPart[] = [];
  for await (const bytes of encryptBackup({ contents, fragments, names, seenRecords: [] }, passphrase)) {
    parts.push(new Uint8Array(bytes));
  }
  return new Blob(parts, { type: "application/octet-stream" });
}

/**
 * Restores a backup, under the name that its owner has at the hospital.
 *
 * @returns that name
 * @throws VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED, VAULT_EXISTS, VAULT_IN_USE, INPUT_INVALID (of a hospital's or firewall's vault)
 */
export async function restore(database: Database, file: File, passphrase: string): Promise<string> {
  const source = {
    name: file.name,
    length: file.size,
    read: async (start: number, end: number) => new Uint8Array(await file.slice(start, end).arrayBuffer()),
  };
  // Opened, it is whole: nothing is written before.
  await using backup = await decryptBackup(source, passphrase);
  const { contents } = backup;
  if (contents.role !== "owner" && contents.role !== "doctor") {
    throw new MedexError("INPUT_INVALID", `${file.name} is of a hospital or a firewall, which the app has no use for`);
  }
  const vault = contents.membership?.pseudonym ?? file.name;
  // No other tab makes, restores or uses an account of that name meanwhile.
  using turn = new DisposableStack();
  turn.defer(await takeTurn(vault));
  if ((await database.getKey("vaults", vault)) !== undefined) throw vaultExists(vault);
  const store = openBrowserFragments(database, vault);
  for await (const { recordId, bytes } of backup.fragments()) {
    await using fragment = await store.begin(toHex32(recordId));
    for await (const part of bytes) await fragment.write(part);
    await fragment.commit();
  }
  const names = openNames(database, vault, contents.accountKey);
  for (const name of backup.names ?? []) await names.put(name);
  // Last: whoever finds the vault finds what belongs to it.
  await addVault(database, vault, await sealContents(contents, passphrase));
  return vault;
}
