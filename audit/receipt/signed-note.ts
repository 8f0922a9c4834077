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
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "ethers";

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
  return bytesToHex(hash.digest().subarray(0, 4));
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

/** No bytes where it is no base64, which is too few for everything here. */
function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(decodeBase64(base64));
  } catch {
    return new Uint8Array();
  }
}

/** @param seed 32 random bytes */
export function witnessSigner(name: string, seed: Uint8Array): WitnessSigner {
  requireName(name);
  return { name, seed };
}

/** The signer's key for others, in one line: `NAME+KEY ID+BASE64`. */
export function verifierKeyOf({ name, seed }: WitnessSigner): string {
  const publicKey = ed25519.getPublicKey(seed);
  const key = encodeBase64(concatBytes(Uint8Array.of(COSIGNATURE_V1), publicKey));
  return `${name}+${keyIdOf(name, COSIGNATURE_V1, publicKey)}+${key}`;
}

/** The signer's key in one line, as Go's notes have it: `PRIVATE+KEY+NAME+KEY ID+BASE64`. Secret. */
export function signerKeyOf({ name, seed }: WitnessSigner): string {
  const key = encodeBase64(concatBytes(Uint8Array.of(ED25519), seed));
  return `PRIVATE+KEY+${name}+${keyIdOf(name, ED25519, ed25519.getPublicKey(seed))}+${key}`;
}

/** @throws INPUT_INVALID; the key is not in the message */
export function parseSignerKey(line: string): WitnessSigner {
  const [, name = "", keyId, text = ""] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/=]+)$/.exec(line.trim()) ?? [];
  const key = bytesOf(text);
  const seed = key.slice(1);
  const isGood =
    key[0] === ED25519 && seed.length === 32 && keyIdOf(name, ED25519, ed25519.getPublicKey(seed)) === keyId;
  if (!isGood)
    throw invalid("the witness's key file is no Ed25519 signer key: make one with medex audit witness create");
  return witnessSigner(name, seed);
}

/** @throws INPUT_INVALID */
export function parseVerifierKey(line: string): WitnessKey {
  const [, name = "", keyId = "", text = ""] = /^([^+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/=]+)$/.exec(line.trim()) ?? [];
  const key = bytesOf(text);
  const publicKey = key.slice(1);
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
  `medexchain/${chainId}/${ledger.toLowerCase()}\n${entryCount}\n${encodeBase64(root)}\n`;

/** @throws INPUT_INVALID */
export function parseCheckpointText(text: string): NotedCheckpoint {
  const form = /^medexchain\/(0|[1-9]\d{0,19})\/(0x[0-9a-f]{40})\n(0|[1-9]\d{0,14})\n([0-9A-Za-z+/]{43}=)\n$/;
  const [, chainId, ledger, entryCount, root] = form.exec(text) ?? [];
  if (chainId === undefined || ledger === undefined || root === undefined)
    throw invalid("the note is no checkpoint of an access ledger: its text must be an origin, a size and a root");
  const checkpoint = { chainId: BigInt(chainId), ledger, entryCount: Number(entryCount) };
  return { ...checkpoint, root: bytesOf(root) };
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
  const seconds = new DataView(new ArrayBuffer(8));
  seconds.setBigUint64(0, time);
  const keyId = hexToBytes(keyIdOf(signer.name, COSIGNATURE_V1, publicKey));
  const signature = ed25519.sign(signedText(text, time), signer.seed);
  const line = `— ${signer.name} ${encodeBase64(concatBytes(keyId, new Uint8Array(seconds.buffer), signature))}`;
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
    const bytes = bytesOf(base64);
    const keyId = bytesToHex(bytes.subarray(0, 4));
    const key = keys.find((each) => each.name === name && each.keyId === keyId);
    if (!key) continue;
    const isWhole = bytes.length === 4 + 8 + 64;
    const time = isWhole ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(4) : 0n;
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
