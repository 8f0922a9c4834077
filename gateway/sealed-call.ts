/**
 * How a call and its reply are sealed: encapsulated as in Oblivious HTTP (RFC 9458 §4), with DAG-CBOR in the place of its binary
 * formats. The call goes to the gateway's X25519 key by HPKE (RFC 9180, mode base: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM), the reply under a
 * key that only the two ends of that encapsulation can export. So a reply is secret, comes from the hospital, and answers this call,
 * whatever carries it: plain HTTP on loopback, or a proxy that ends TLS.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { gcm } from "@noble/ciphers/aes.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

const INFO = utf8ToBytes("medexchain/v1/gateway-call\0");
const REPLY_LABEL = utf8ToBytes("medexchain/v1/gateway-reply\0");
/** max(Nn, Nk) of AES-256-GCM, as RFC 9458 §4.4 wants it. */
const SECRET_LENGTH = 32;

export const sealedCallSchema = z.strictObject({ v: z.literal(1), enc: bytesOf(32), ct: z.instanceof(Uint8Array) });
export const sealedReplySchema = z.strictObject({
  v: z.literal(1),
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
 * @param gatewayKey the gateway's, 32 bytes, from the hospital's parameters
 */
export async function sealCall(plaintext: Uint8Array, gatewayKey: Uint8Array): Promise<SealedCall> {
  const hpke = suite();
  const recipientPublicKey = await hpke.kem.deserializePublicKey(gatewayKey);
  const context = await hpke.createSenderContext({ recipientPublicKey, info: INFO });
  const ct = new Uint8Array(await context.seal(plaintext));
  const enc = new Uint8Array(context.enc);
  const key = { enc, secret: new Uint8Array(await context.export(REPLY_LABEL, SECRET_LENGTH)) };
  return { bytes: encodeObject({ v: 1, enc, ct }), openReply: (bytes) => openReply(key, bytes) };
}

/** A call that arrived: what it says, and how to seal the answer. */
export interface OpenedCall {
  readonly plaintext: Uint8Array;
  sealReply(plaintext: Uint8Array): Uint8Array;
}

/**
 * Opens a call.
 *
 * @throws GATEWAY_CALL_INVALID when it was sealed to another key, or altered
 */
export async function openCall(
  bytes: Uint8Array,
  gatewayKeys: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array },
): Promise<OpenedCall> {
  const hpke = suite();
  const { enc, ct } = decodeObject(bytes, sealedCallSchema, "the call", "GATEWAY_CALL_INVALID");
  try {
    const recipientKey = {
      publicKey: await hpke.kem.deserializePublicKey(gatewayKeys.publicKey),
      privateKey: await hpke.kem.deserializePrivateKey(gatewayKeys.privateKey),
    };
    const context = await hpke.createRecipientContext({ recipientKey, enc, info: INFO });
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
  return encodeObject({ v: 1, nonce, ct: cipher(key, nonce).encrypt(plaintext) });
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
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}
