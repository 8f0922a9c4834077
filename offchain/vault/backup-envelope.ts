/**
 * The file form of backups: a line of JSON with what may be seen, and after it an age file (age-encryption.org/v1, a scrypt recipient) in
 * binary with what may not. age encrypts in chunks of 64 KiB, each authentic and in its place, the last one marked as such; so neither
 * writer nor reader holds more than a chunk. The line has a checksum of age's header, which tells a damaged one from a wrong
 * passphrase; it is no protection, that is age's: `tail -n +2 FILE | age --decrypt` opens the file, too.
 */

import { createSha256 } from "@medexchain/core";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { Decrypter } from "age-encryption";
import { z } from "zod";
import { VAULT_ROLES, type VaultRole } from "./contents.ts";
import { damaged, decrypterFor, encrypterFor, openingError } from "./envelope.ts";

const schema = z.strictObject({
  v: z.literal(2),
  type: z.literal("medexchain/backup-file"),
  role: z.enum(VAULT_ROLES),
  /** Of the line's other members and age's header, in hexadecimal digits. */
  sha256: z.string(),
});

/** Above any first line of a backup. */
const MAX_LINE = 1024;
/** Above any header of age with one scrypt recipient; such a header ends with the line that begins with `---`. */
const MAX_AGE_HEADER = 4096;
const LF = 0x0a;

/**
 * Encrypts under a passphrase.
 *
 * @returns the file's bytes as they are made
 * @throws INPUT_INVALID, there and at once, when the passphrase is too short
 */
export async function* sealBackup(
  role: VaultRole,
  plaintext: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const sealed = await encrypterFor(passphrase).encrypt(streamOf(plaintext));
  let start: Uint8Array = new Uint8Array();
  let isWritten = false;
  for await (const bytes of sealed) {
    if (isWritten) {
      yield bytes;
      continue;
    }
    start = concatBytes(start, bytes);
    const end = headerEnd(start);
    if (end === undefined) continue;
    const line = {
      v: 2,
      type: "medexchain/backup-file",
      role,
      sha256: checksum(role, start.subarray(0, end)),
    } as const;
    yield utf8ToBytes(`${JSON.stringify(line)}\n`);
    yield start;
    isWritten = true;
  }
}

/** A backup whose passphrase is not known yet. */
export interface SealedBackup {
  readonly role: VaultRole;
  /** Throws VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED. */
  unlock(passphrase: string): Promise<UnlockedBackup>;
}

export interface UnlockedBackup extends Disposable {
  /** Decrypts it, each time from its beginning. Throws VAULT_DAMAGED. */
  decrypt(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Wipes the key. */
  [Symbol.dispose](): void;
}

/** Where the bytes of a backup are. */
export interface ByteSource {
  /** For errors. */
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** Fewer bytes than asked for at the end alone. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Reads the line of a backup.
 *
 * @returns undefined when the file has none: it is of an earlier version, or no backup
 * @throws VAULT_DAMAGED it has one, and what follows is not what it says
 */
export async function readSealedBackup(source: ByteSource): Promise<SealedBackup | undefined> {
  const { name: path } = source;
  const start = await source.read(0, MAX_LINE + MAX_AGE_HEADER);
  const lineEnd = start.indexOf(LF);
  const line = parseLine(start.subarray(0, Math.max(0, lineEnd)));
  if (line === undefined) return undefined;
  const age = start.subarray(lineEnd + 1);
  const end = headerEnd(age);
  if (end === undefined || line.sha256 !== checksum(line.role, age.subarray(0, end))) throw damaged(path, undefined);
  const header = age.slice(0, end);
  return {
    role: line.role,
    async unlock(passphrase) {
      // The passphrase is worked on once; then age is given what it opens.
      const fileKey = await decrypterFor(passphrase)
        .decryptHeader(header)
        .catch((cause) => {
          throw openingError(cause, path);
        });
      return {
        async *decrypt() {
          const decrypter = new Decrypter();
          decrypter.addIdentity({ unwrapFileKey: () => fileKey.slice() });
          try {
            yield* await decrypter.decrypt(streamOf(bytesFrom(source, lineEnd + 1)));
          } catch (cause) {
            throw openingError(cause, path);
          }
        },
        [Symbol.dispose]: () => void fileKey.fill(0),
      };
    },
  };
}

/** Bytes that are read at a time. */
const READ_LENGTH = 256 * 1024;

/** From a place to the end. */
async function* bytesFrom(source: ByteSource, start: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; ; ) {
    const bytes = await source.read(at, Math.min(at + READ_LENGTH, source.length));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

/** As `ReadableStream.from`, which not all browsers have. Nothing is taken ahead: what was taken is wiped once the next piece is asked for. */
function streamOf(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function parseLine(bytes: Uint8Array): z.infer<typeof schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined; // not JSON: no such line
  }
}

/** Where age's header ends, of the first bytes of an age file. */
function headerEnd(bytes: Uint8Array): number | undefined {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_AGE_HEADER));
  const [found] = /^[\x20-\x7e\n]*?\n--- [^\n]*\n/.exec(text) ?? [];
  return found?.length;
}

function checksum(role: VaultRole, header: Uint8Array): string {
  const about = utf8ToBytes(`${JSON.stringify(["medexchain/backup-file", role])}\n`);
  return bytesToHex(createSha256().update(about).update(header).digest());
}
