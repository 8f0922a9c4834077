/**
 * The file form of vaults, and of backups of earlier versions (later ones: `backup-envelope.ts`): a JSON object with what may be seen, an age file (age-encryption.org/v1, a scrypt recipient)
 * in its ASCII armour with what may not, and a checksum over both. age alone answers a wrong passphrase and a damaged header in the
 * same way; the checksum tells them apart. It is no protection, that is age's: `jq -r .age FILE | age --decrypt` opens the file, too.
 */

import { MedexError } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { armor, Decrypter, Encrypter } from "age-encryption";
import { z } from "zod";

/** scrypt with N = 2^17, r = 8, p = 1 (128 MiB), as OWASP's Password Storage Cheat Sheet has it; most of a second. */
const SCRYPT_LOG_N = 17;

/** Characters. Whoever has the file can guess as fast as their machines can: NIST's eight are for servers that count attempts. */
export const MIN_PASSPHRASE_LENGTH = 12;

const schema = z.strictObject({
  v: z.literal(1),
  type: z.enum(["medexchain/vault-file", "medexchain/backup-file"]),
  role: z.enum(["owner", "doctor", "hospital", "firewall"]),
  /** The address of the account whose key is inside. */
  account: z.string().exactOptional(),
  age: z.string(),
  sha256: z.string(),
});
type Envelope = z.infer<typeof schema>;
/** What of a vault or backup can be read without its passphrase. */
export type EnvelopeHeader = Pick<Envelope, "type" | "role" | "account">;

/**
 * Encrypts under a passphrase.
 *
 * @returns the file's text
 * @throws INPUT_INVALID when the passphrase is too short
 */
export async function sealEnvelope(header: EnvelopeHeader, plaintext: Uint8Array, passphrase: string): Promise<string> {
  const encrypter = encrypterFor(passphrase);
  const age = armor.encode(await encrypter.encrypt(plaintext));
  const unsummed = { v: 1 as const, ...header, age };
  return `${JSON.stringify({ ...unsummed, sha256: checksum(unsummed) }, undefined, 2)}\n`;
}

/** @throws INPUT_INVALID when the passphrase is too short */
export function encrypterFor(passphrase: string): Encrypter {
  if (passphrase.length < MIN_PASSPHRASE_LENGTH) {
    throw new MedexError(
      "INPUT_INVALID",
      `a passphrase has at least ${MIN_PASSPHRASE_LENGTH} characters; use a longer one`,
    );
  }
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(SCRYPT_LOG_N);
  encrypter.setPassphrase(passphrase.normalize("NFC"));
  return encrypter;
}

export function decrypterFor(passphrase: string): Decrypter {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase.normalize("NFC"));
  return decrypter;
}

/** What age says of a file whose checksum holds, in words of ours. */
export function openingError(cause: unknown, path: string): MedexError {
  if (MedexError.is(cause)) return cause;
  if (cause instanceof Error && cause.message.startsWith("no identity matched")) {
    return new MedexError("VAULT_PASSPHRASE_WRONG", `the passphrase does not open ${path}; try another`);
  }
  return damaged(path, cause);
}

/**
 * Decrypts what `sealEnvelope` made.
 *
 * @param path the file's name, for errors
 * @throws VAULT_DAMAGED when the file is not whole, VAULT_PASSPHRASE_WRONG when it is
 */
export async function openEnvelope(
  type: EnvelopeHeader["type"],
  text: string,
  passphrase: string,
  path: string,
): Promise<{ header: EnvelopeHeader; plaintext: Uint8Array }> {
  const { age, ...header } = readEnvelope(type, text, path);
  try {
    return { header, plaintext: await decrypterFor(passphrase).decrypt(armor.decode(age)) };
  } catch (cause) {
    throw openingError(cause, path);
  }
}

/** The part that needs no passphrase, once the checksum holds. Throws VAULT_DAMAGED. */
export function readEnvelope(
  type: EnvelopeHeader["type"],
  text: string,
  path: string,
): EnvelopeHeader & { age: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(path, undefined);
  const { sha256: sum, ...unsummed } = parsed.data;
  if (sum !== checksum(unsummed)) throw damaged(path, undefined);
  if (unsummed.type !== type) {
    const is = unsummed.type === "medexchain/backup-file" ? "a backup: restore it" : "a vault, not a backup";
    throw new MedexError("VAULT_DAMAGED", `${path} is ${is}`);
  }
  const { v: _, ...rest } = unsummed;
  return rest;
}

function checksum({ type, role, account, age }: Omit<Envelope, "sha256">): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([type, role, account ?? null, age]))));
}

export function damaged(path: string, cause: unknown): MedexError {
  return new MedexError("VAULT_DAMAGED", `${path} is damaged: restore the vault from a backup`, { cause });
}
