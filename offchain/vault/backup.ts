import { readFile } from "node:fs/promises";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { z } from "zod";
import { encodeContents, parseContents, type VaultContents, type VaultRole } from "./contents.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";

/** Everything that a lost device must get back. */
export interface Backup {
  readonly contents: VaultContents;
  /** An owner's encrypted private fragments (EPRF), which are stored nowhere else. */
  readonly fragments: readonly { readonly recordId: Uint8Array; readonly fragment: Uint8Array }[];
  /** The ids of records that a firewall has re-randomised, which it must not do again. */
  readonly seenRecords: readonly Uint8Array[];
  /**
   * The ids of the sign-offs that it has given. Absent in a backup of before the kinds were told apart: then `seenRecords` has those of
   * both.
   */
  readonly signOffs?: readonly Uint8Array[];
}

const schema = z.strictObject({
  v: z.literal(1),
  type: z.literal("medexchain/backup"),
  contents: z.instanceof(Uint8Array),
  fragments: z.array(z.strictObject({ recordId: bytesOf(32), fragment: z.instanceof(Uint8Array) })),
  seenRecords: z.array(bytesOf(32)),
  signOffs: z.array(bytesOf(32)).exactOptional(),
});

/**
 * Writes a backup into one encrypted file, with mode 0600. It is made in memory.
 *
 * @throws INPUT_INVALID when there is such a file, or the passphrase is too short
 */
export async function writeBackup(path: string, backup: Backup, passphrase: string): Promise<void> {
  const plaintext = encodeObject({
    v: 1,
    type: "medexchain/backup",
    contents: encodeContents(backup.contents),
    fragments: backup.fragments.map(({ recordId, fragment }) => ({ recordId, fragment })),
    seenRecords: [...backup.seenRecords],
    ...(backup.signOffs && { signOffs: [...backup.signOffs] }),
  });
  const text = await sealEnvelope(headerOf(backup.contents.role), plaintext, passphrase);
  plaintext.fill(0);
  try {
    await writeFileDurably(path, text, { exclusive: true });
  } catch (cause) {
    throw new MedexError(
      "INPUT_INVALID",
      `${path} cannot be created: choose a new name, in a folder that is writable`,
      {
        cause,
      },
    );
  }
}

/** Reads a backup. Throws INPUT_INVALID (no such file), VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED. */
export async function readBackup(path: string, passphrase: string): Promise<Backup> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new MedexError("INPUT_INVALID", `the backup ${path} cannot be read; check the path`, { cause });
  });
  const { plaintext } = await openEnvelope("medexchain/backup-file", text, passphrase, path);
  const {
    v: _,
    type: __,
    contents,
    ...belongings
  } = decodeObject(plaintext, schema, "the backup's content", "VAULT_DAMAGED");
  return { contents: parseContents(contents), ...belongings };
}

const headerOf = (role: VaultRole) => ({ type: "medexchain/backup-file", role }) as const;
