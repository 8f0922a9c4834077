/**
 * Checkpoints of a ledger that witnesses cosign, in the forms of C2SP: signed notes (c2sp.org/signed-note), whose text is a checkpoint
 * (c2sp.org/tlog-checkpoint), with Ed25519 cosignatures of version 1 (c2sp.org/tlog-cosignature). Tools of other transparency logs read them.
 *
 * A note is its text, an empty line, and a line for each signature: `— NAME BASE64(key id ‖ signature)`. A cosignature is 8 bytes of its time
 * and 64 of Ed25519 over `cosignature/v1`, the time and the text.
 */
import { MedexError } from "@medexchain/core";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** The kinds of key that the forms number: one that signs a note itself, and one that cosigns. */
const ED25519 = 1;
const COSIGNATURE_V1 = 4;

/** More would be no note of this system: a few lines, and some witnesses. */
const MAX_LENGTH = 65_536;
const MAX_SIGNATURES = 100;

/** A witness, as others know it. */
export interface WitnessKey {
  readonly name: string;
  /** Four bytes, as hexadecimal digits. */
  readonly keyId: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A witness's own key: keep it secret. */
export interface WitnessSigner {
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly seed: Uint8Array;
}

const keyIdOf = (name: string, kind: number, publicKey: Uint8Array): string => {
  const hash = sha256
    .create()
    .update(utf8ToBytes(`${name}\n`))
    .update(Uint8Array.of(kind))
    .update(publicKey);
  return Buffer.from(hash.digest().subarray(0, 4)).toString("hex");
};

/** Names stand in lines of words, and in keys between plus signs. */
function requireName(name: string): void {
  if (name !== "" && !/[\s+\p{C}]/u.test(name)) return;
  throw new MedexError(
    "INPUT_INVALID",
    "a witness's name must have no space and no plus, e.g. witness.example/medexchain",
  );
}

const invalid = (what: string) => new MedexError("INPUT_INVALID", what);

/** @param seed 32 random bytes */
export function witnessSigner(name: string, seed: Uint8Array): WitnessSigner {
  requireName(name);
  return { name, seed };
}

/** The signer's key for others, in one line: `NAME+KEY ID+BASE64`. */
export function verifierKeyOf({ name, seed }: WitnessSigner): string {
  const publicKey = ed25519.getPublicKey(seed);
  const key = Buffer.concat([Uint8Array.of(COSIGNATURE_V1), publicKey]).toString("base64");
  return `${name}+${keyIdOf(name, COSIGNATURE_V1, publicKey)}+${key}`;
}

/** The signer's key in one line, as Go's notes have it: `PRIVATE+KEY+NAME+KEY ID+BASE64`. Secret. */
export function signerKeyOf({ name, seed }: WitnessSigner): string {
  const key = Buffer.concat([Uint8Array.of(ED25519), seed]).toString("base64");
  return `PRIVATE+KEY+${name}+${keyIdOf(name, ED25519, ed25519.getPublicKey(seed))}+${key}`;
}

/** @throws INPUT_INVALID; the key is not in the message */
export function parseSignerKey(line: string): WitnessSigner {
  const [, name = "", keyId, text = ""] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/=]+)$/.exec(line.trim()) ?? [];
  const key = Buffer.from(text, "base64");
  const seed = Uint8Array.from(key.subarray(1));
  const isGood =
    key[0] === ED25519 && seed.length === 32 && keyIdOf(name, ED25519, ed25519.getPublicKey(seed)) === keyId;
  if (!isGood)
    throw invalid("the witness's key file is no Ed25519 signer key: make one with medex audit witness create");
  return witnessSigner(name, seed);
}

/** @throws INPUT_INVALID */
export function parseVerifierKey(line: string): WitnessKey {
  const [, name = "", keyId = "", text = ""] = /^([^+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/=]+)$/.exec(line.trim()) ?? [];
  const key = Buffer.from(text, "base64");
  const publicKey = Uint8Array.from(key.subarray(1));
  if (key[0] !== COSIGNATURE_V1 || publicKey.length !== 32 || keyIdOf(name, COSIGNATURE_V1, publicKey) !== keyId)
    throw invalid(
      `"${line.trim().slice(0, 100)}" is no key of a witness: it must be NAME+KEY ID+BASE64, of a cosignature/v1 key`,
    );
  return { name, keyId, publicKey };
}

/** A ledger of some length. */
export interface NotedCheckpoint {
  readonly chainId: bigint;
  readonly ledger: string;
  readonly entryCount: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** The text of a checkpoint: origin, size and root, a line each. The origin is `medexchain/CHAIN ID/LEDGER`. */
export const checkpointText = ({ chainId, ledger, entryCount, root }: NotedCheckpoint): string =>
  `medexchain/${chainId}/${ledger.toLowerCase()}\n${entryCount}\n${Buffer.from(root).toString("base64")}\n`;

/** @throws INPUT_INVALID */
export function parseCheckpointText(text: string): NotedCheckpoint {
  const form = /^medexchain\/(0|[1-9]\d{0,19})\/(0x[0-9a-f]{40})\n(0|[1-9]\d{0,14})\n([0-9A-Za-z+/]{43}=)\n$/;
  const [, chainId, ledger, entryCount, root] = form.exec(text) ?? [];
  if (chainId === undefined || ledger === undefined || root === undefined)
    throw invalid("the note is no checkpoint of an access ledger: its text must be an origin, a size and a root");
  const checkpoint = { chainId: BigInt(chainId), ledger, entryCount: Number(entryCount) };
  return { ...checkpoint, root: Uint8Array.from(Buffer.from(root, "base64")) };
}

const signedText = (text: string, time: bigint): Uint8Array => utf8ToBytes(`cosignature/v1\ntime ${time}\n${text}`);

/**
 * Adds a witness's cosignature to a note.
 *
 * @param note a note, or a bare text that ends in a line break
 * @param time Unix seconds
 */
export function cosign(note: string, signer: WitnessSigner, time: bigint): string {
  const { text, lines } = isSigned(note) ? partsOf(note) : { text: note, lines: [] };
  const publicKey = ed25519.getPublicKey(signer.seed);
  const bytes = Buffer.alloc(12);
  Buffer.from(keyIdOf(signer.name, COSIGNATURE_V1, publicKey), "hex").copy(bytes);
  bytes.writeBigUInt64BE(time, 4);
  const signature = ed25519.sign(signedText(text, time), signer.seed);
  const line = `— ${signer.name} ${Buffer.concat([bytes, signature]).toString("base64")}`;
  return `${text}\n${[...lines, line].map((each) => `${each}\n`).join("")}`;
}

/** A witness that signed, and when, in Unix seconds. */
export interface Cosignature {
  readonly name: string;
  readonly time: bigint;
}

/** A note that was read, with the cosignatures of the witnesses that were asked for. */
export interface VerifiedNote {
  readonly text: string;
  readonly cosignatures: readonly Cosignature[];
}

/**
 * Reads a note. Signatures of keys that are not given mean nothing, and are passed over, as the form asks.
 *
 * @throws INPUT_INVALID when it is no note, or one of the given keys did not sign what is said to be signed by it
 */
export function verifyNote(note: string, keys: readonly WitnessKey[]): VerifiedNote {
  const { text, lines } = partsOf(note);
  const cosignatures: Cosignature[] = [];
  for (const line of lines) {
    const [, name, base64 = ""] = /^— (\S+) ([0-9A-Za-z+/=]+)$/u.exec(line) ?? [];
    if (name === undefined) throw invalid("the note has a line among its signatures that is none");
    const bytes = Buffer.from(base64, "base64");
    const keyId = bytes.subarray(0, 4).toString("hex");
    const key = keys.find((each) => each.name === name && each.keyId === keyId);
    if (!key) continue;
    const isWhole = bytes.length === 4 + 8 + 64;
    const time = isWhole ? bytes.readBigUInt64BE(4) : 0n;
    if (!isWhole || !isSignedBy(key, signedText(text, time), bytes.subarray(12)))
      throw invalid(`the note was not signed by ${name}: it was altered, or is a forgery`);
    if (!cosignatures.some((each) => each.name === name)) cosignatures.push({ name, time });
  }
  return { text, cosignatures };
}

function isSignedBy({ publicKey }: WitnessKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey);
  } catch {
    return false; // no point of the curve, or no number of its order
  }
}

const isSigned = (note: string): boolean => note.includes("\n\n");

function partsOf(note: string): { text: string; lines: string[] } {
  const end = note.lastIndexOf("\n\n");
  if (note.length > MAX_LENGTH || end < 1 || !note.endsWith("\n"))
    throw invalid("it is no signed note: text, an empty line, and a line for each signature");
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw invalid(`the note has more than ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, end + 1), lines };
}
