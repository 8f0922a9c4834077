/**
 * How a call and its reply are sealed: encapsulated as in Oblivious HTTP (RFC 9458 §4), with DAG-CBOR in the place of its binary
 * formats. The call goes to the gateway's X-Wing key by HPKE (RFC 9180, mode base; X25519 and ML-KEM-768 together), the reply under a
 * key that only the two ends of that encapsulation can export. So a reply is secret, comes from the hospital, and answers this call,
 * whatever carries it: plain HTTP on loopback, or a proxy that ends TLS.
 */
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { gcm } from "@noble/ciphers/aes.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

/** Between whom a call is: of the members to their hospital's gateway, or of a firewall to its hospital. */
export type CallKind = "gateway-call" | "hospital-call";

const infoOf = (kind: CallKind): Uint8Array => utf8ToBytes(`medexchain/v2/${kind}\0`);
const REPLY_LABEL = utf8ToBytes("medexchain/v2/gateway-reply\0");
/** max(Nn, Nk) of AES-256-GCM, as RFC 9458 §4.4 wants it. */
const SECRET_LENGTH = 32;

/** Version 1 was sealed by X25519 alone. */
const VERSION = 2;

export const sealedCallSchema = z.strictObject({
  v: z.literal(VERSION),
  enc: bytesOf(1120),
  ct: z.instanceof(Uint8Array),
});
export const sealedReplySchema = z.strictObject({
  v: z.literal(VERSION),
  nonce: bytesOf(SECRET_LENGTH),
  ct: z.instanceof(Uint8Array),
});

/** One side of an exchange, once the call is sealed or opened. */
interface ReplyKey {
  readonly enc: Uint8Array;
  readonly secret: Uint8Array;
}

/** A call on its way: what to send, and how to open what comes back. */
export interface SealedCall {
  readonly bytes: Uint8Array;
  /** Throws SERVICE_PROTOCOL when the bytes are not the gateway's answer to this call. */
  openReply(bytes: Uint8Array): Uint8Array;
}

/**
 * Seals a call.
 *
 * @param key 1,216 bytes: the gateway's, from the hospital's parameters; or the hospital's, as its firewall was told
 */
export async function sealCall(
  plaintext: Uint8Array,
  key: Uint8Array,
  kind: CallKind = "gateway-call",
): Promise<SealedCall> {
  const hpke = suite();
  const recipientPublicKey = await hpke.kem.deserializePublicKey(key);
  const context = await hpke.createSenderContext({ recipientPublicKey, info: infoOf(kind) });
  const ct = new Uint8Array(await context.seal(plaintext));
  const enc = new Uint8Array(context.enc);
  const replyKey = { enc, secret: new Uint8Array(await context.export(REPLY_LABEL, SECRET_LENGTH)) };
  return { bytes: encodeObject({ v: VERSION, enc, ct }), openReply: (bytes) => openReply(replyKey, bytes) };
}

/** A call that arrived: what it says, and how to seal the answer. */
export interface OpenedCall {
  readonly plaintext: Uint8Array;
  sealReply(plaintext: Uint8Array): Uint8Array;
}

/**
 * Opens a call.
 *
 * @param seed what the key pair grows from, 32 bytes
 * @throws GATEWAY_CALL_INVALID when it was sealed to another key or for something else, or altered
 */
export async function openCall(
  bytes: Uint8Array,
  seed: Uint8Array,
  kind: CallKind = "gateway-call",
): Promise<OpenedCall> {
  const hpke = suite();
  const { enc, ct } = decodeObject(bytes, sealedCallSchema, "the call", "GATEWAY_CALL_INVALID");
  try {
    const recipientKey = await hpke.kem.deserializePrivateKey(seed.slice());
    const context = await hpke.createRecipientContext({ recipientKey, enc, info: infoOf(kind) });
    const plaintext = new Uint8Array(await context.open(ct));
    const key = { enc, secret: new Uint8Array(await context.export(REPLY_LABEL, SECRET_LENGTH)) };
    return { plaintext, sealReply: (reply) => sealReply(key, reply) };
  } catch (cause) {
    throw new MedexError(
      "GATEWAY_CALL_INVALID",
      "the call does not open: it was sealed to another key; fetch the hospital's parameters again",
      { cause },
    );
  }
}

function sealReply(key: ReplyKey, plaintext: Uint8Array): Uint8Array {
  const nonce = randomBytes(SECRET_LENGTH);
  return encodeObject({ v: VERSION, nonce, ct: cipher(key, nonce).encrypt(plaintext) });
}

function openReply(key: ReplyKey, bytes: Uint8Array): Uint8Array {
  const { nonce, ct } = decodeObject(bytes, sealedReplySchema, "the hospital's reply", "SERVICE_PROTOCOL");
  try {
    return cipher(key, nonce).decrypt(ct);
  } catch (cause) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      "the reply does not open: it is not the hospital's answer to this call; check the gateway's URL",
      { cause },
    );
  }
}

/** RFC 9458 §4.4: key and nonce by HKDF from the exported secret, salted with the encapsulated key and the response's nonce. */
function cipher({ enc, secret }: ReplyKey, nonce: Uint8Array) {
  const prk = extract(sha256, secret, concatBytes(enc, nonce));
  return gcm(expand(sha256, prk, utf8ToBytes("key"), 32), expand(sha256, prk, utf8ToBytes("nonce"), 12));
}

function suite(): CipherSuite {
  return new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}
