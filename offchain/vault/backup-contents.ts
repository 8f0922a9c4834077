/** What a backup is made of and read from, wherever its bytes are: in a file, or in a browser. */
import { anyBytes, bytesOf, createByteReader, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { z } from "zod";
import { type ByteSource, readSealedBackup, sealBackup, type UnlockedBackup } from "./backup-envelope.ts";
import { encodeContents, parseContents, type VaultContents, type VaultRole } from "./contents.ts";
import { damaged, openEnvelope } from "./envelope.ts";
import { encodeName, type Name, parseName } from "./names.ts";

export type { ByteSource } from "./backup-envelope.ts";

/** What a lost device must get back, besides private fragments. */
export interface BackupBelongings {
  readonly contents: VaultContents;
  /** The ids of records that a firewall has re-randomised, which it must not do again. */
  readonly seenRecords: readonly Uint8Array[];
  /**
   * The ids of the sign-offs that it has given. Absent in a backup of before the kinds were told apart: then `seenRecords` has those of
   * both.
   */
  readonly signOffs?: readonly Uint8Array[];
  /** What the owner of the vault calls records and people. Absent in backups of before there were such names. */
  readonly names?: readonly Name[];
}

/** An owner's encrypted private fragment (EPRF), which is stored nowhere else. */
export interface BackupFragment {
  readonly recordId: Uint8Array;
  /** Bytes. */
  readonly length: number;
  /** To be gone through once. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Everything that a lost device must get back. */
export interface Backup extends BackupBelongings {
  readonly fragments: readonly BackupFragment[];
}

/** A backup that was found to be whole. Keep it with `await using`. */
export interface OpenedBackup extends BackupBelongings, AsyncDisposable {
  /** How many private fragments it has. */
  readonly count: number;
  /** The fragments, each to be gone through before the next one. */
  fragments(): AsyncGenerator<BackupFragment, void, undefined>;
}

const shared = {
  type: z.literal("medexchain/backup"),
  contents: z.instanceof(Uint8Array),
  seenRecords: z.array(bytesOf(32)),
  signOffs: z.array(bytesOf(32)).exactOptional(),
};
/** Of earlier versions: all in one. */
const whole = z.strictObject({
  v: z.literal(1),
  ...shared,
  fragments: z.array(z.strictObject({ recordId: bytesOf(32), fragment: z.instanceof(Uint8Array) })),
});
/** More than anybody has names. */
const MAX_NAMES = 100_000;
/** What comes first; the bytes of the fragments follow in this order, one after the other. */
const opening = z.strictObject({
  v: z.literal(2),
  ...shared,
  names: z.array(anyBytes()).max(MAX_NAMES).exactOptional(),
  fragments: z.array(z.strictObject({ recordId: bytesOf(32), length: z.int().nonnegative() })),
});
const WHAT = "the backup's content";

/** Of the number that says how long the opening is. */
const LENGTH_BYTES = 4;
/** Above the opening of any backup: a million records, or ids that a firewall has let through. */
const MAX_OPENING = 128 * 1024 * 1024;

/**
 * Encrypts a backup, piece by piece: it may be of any length.
 *
 * @throws INPUT_INVALID when the passphrase is too short; FRAGMENT_INVALID when a fragment does not have its length
 */
export function encryptBackup(backup: Backup, passphrase: string): AsyncGenerator<Uint8Array, void, undefined> {
  return sealBackup(backup.contents.role, plaintextOf(backup), passphrase);
}

async function* plaintextOf(backup: Backup): AsyncGenerator<Uint8Array, void, undefined> {
  const contents = encodeContents(backup.contents);
  const first = encodeObject({
    v: 2,
    type: "medexchain/backup",
    contents,
    fragments: backup.fragments.map(({ recordId, length }) => ({ recordId, length })),
    seenRecords: [...backup.seenRecords],
    ...(backup.signOffs && { signOffs: [...backup.signOffs] }),
    ...(backup.names && backup.names.length > 0 && { names: backup.names.map(encodeName) }),
  });
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, first.length);
  yield length;
  yield first;
  contents.fill(0);
  first.fill(0);
  for (const fragment of backup.fragments) {
    let missing = fragment.length;
    for await (const bytes of fragment.bytes) {
      missing -= bytes.length;
      yield bytes;
    }
    if (missing !== 0) {
      throw new MedexError("FRAGMENT_INVALID", "a private fragment changed while it was backed up: back up again");
    }
  }
}

/**
 * Opens a backup, and goes through all of it once, so that nothing is restored from one that is not whole.
 *
 * @throws VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED; VAULT_DAMAGED, as fragments come, when the source was changed since
 */
export async function decryptBackup(source: ByteSource, passphrase: string): Promise<OpenedBackup> {
  const sealed = await readSealedBackup(source);
  if (sealed === undefined) return openEarlier(source, passphrase);
  return openSealed(sealed.role, await sealed.unlock(passphrase), source.name);
}

async function openSealed(role: VaultRole, unlocked: UnlockedBackup, name: string): Promise<OpenedBackup> {
  async function begin() {
    const reader = createByteReader(unlocked.decrypt());
    const length = await reader.take(LENGTH_BYTES);
    const size = length === undefined ? 0 : new DataView(length.buffer, length.byteOffset).getUint32(0);
    const bytes = size > MAX_OPENING ? undefined : await reader.take(size);
    if (bytes === undefined) throw damaged(name, undefined);
    const { v: _, type: __, contents, ...others } = decodeObject(bytes, opening, WHAT, "VAULT_DAMAGED");
    const parsed = parseContents(contents);
    bytes.fill(0);
    if (parsed.role !== role) throw damaged(name, undefined);
    return { reader, contents: parsed, ...others };
  }
  async function* fragments(): AsyncGenerator<BackupFragment, void, undefined> {
    const { reader, fragments: listed } = await begin();
    try {
      for (const { recordId, length } of listed) {
        const bytes = reader.pass(length, () => damaged(name, undefined));
        yield { recordId, length, bytes };
        for await (const _ of bytes); // what was not read of it
      }
      // The last chunk is known to be the last one only when nothing comes after it.
      if ((await reader.take(1)) !== undefined) throw damaged(name, undefined);
    } finally {
      await reader.close();
    }
  }

  const { reader, contents, seenRecords, signOffs, names, fragments: listed } = await begin();
  await reader.close();
  for await (const _ of fragments());
  return {
    contents,
    seenRecords,
    ...(signOffs && { signOffs }),
    ...(names && { names: names.map(parseName) }),
    count: listed.length,
    fragments,
    [Symbol.asyncDispose]: async () => unlocked[Symbol.dispose](),
  };
}

/** A backup of an earlier version, which is read as a whole. */
async function openEarlier(source: ByteSource, passphrase: string): Promise<OpenedBackup> {
  const text = new TextDecoder().decode(await source.read(0, source.length));
  const { plaintext } = await openEnvelope("medexchain/backup-file", text, passphrase, source.name);
  const {
    v: _,
    type: __,
    contents,
    fragments: listed,
    ...others
  } = decodeObject(plaintext, whole, WHAT, "VAULT_DAMAGED");
  return {
    contents: parseContents(contents),
    ...others,
    count: listed.length,
    async *fragments() {
      for (const { recordId, fragment } of listed) {
        yield { recordId, length: fragment.length, bytes: only(fragment) };
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
