/**
 * HPKE, mode base, written out from RFC 9180 over @noble: DHKEM(X25519, HKDF-SHA256)'s DeriveKeyPair; X-Wing, HKDF-SHA256, AES-256-GCM, sequence 0.
 */
import { gcm } from "@noble/ciphers/aes.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";

const KEM_SUITE = concatBytes(utf8ToBytes("KEM"), Uint8Array.of(0x00, 0x20));
const HPKE_SUITE = concatBytes(utf8ToBytes("HPKE"), Uint8Array.of(0x64, 0x7a, 0x00, 0x01, 0x00, 0x02));
const EMPTY = new Uint8Array(0);

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return extract(sha256, concatBytes(utf8ToBytes("HPKE-v1"), suite, utf8ToBytes(label), ikm), salt);
}

function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const head = concatBytes(Uint8Array.of(length >> 8, length & 255), utf8ToBytes("HPKE-v1"), suite, utf8ToBytes(label));
  return expand(sha256, prk, concatBytes(head, info), length);
}

/** DeriveKeyPair (§7.1.3). */
export function hpkeDeriveKeyPair(ikm: Uint8Array): { privateKey: Uint8Array; publicKey: Uint8Array } {
  const prk = labeledExtract(KEM_SUITE, EMPTY, "dkp_prk", ikm);
  const privateKey = labeledExpand(KEM_SUITE, prk, "sk", EMPTY, 32);
  return { privateKey, publicKey: x25519.getPublicKey(privateKey) };
}

/** The public key of an X-Wing seed. */
export const xWingPublicKey = (seed: Uint8Array): Uint8Array => xWing.keygen(seed).publicKey;

/** SealBase to an X-Wing key, with the 64 bytes that X-Wing draws. */
export function xWingSeal(plaintext: Uint8Array, recipient: Uint8Array, draw: Uint8Array, info: Uint8Array) {
  const { cipherText: enc, sharedSecret } = xWing.encapsulate(recipient, draw);
  const { key, nonce } = keysOf(sharedSecret, info);
  return { enc, ct: gcm(key, nonce).encrypt(plaintext) };
}

export function xWingOpen(enc: Uint8Array, ciphertext: Uint8Array, seed: Uint8Array, info: Uint8Array): Uint8Array {
  const { key, nonce } = keysOf(xWing.decapsulate(enc, xWing.keygen(seed).secretKey), info);
  return gcm(key, nonce).decrypt(ciphertext);
}

/** The key schedule (§5.1) of X-Wing's shared secret. */
function keysOf(shared: Uint8Array, info: Uint8Array) {
  const suite = HPKE_SUITE;
  const pskIdHash = labeledExtract(suite, EMPTY, "psk_id_hash", EMPTY);
  const infoHash = labeledExtract(suite, EMPTY, "info_hash", info);
  const context = concatBytes(Uint8Array.of(0), pskIdHash, infoHash);
  const secret = labeledExtract(suite, shared, "secret", EMPTY);
  const key = labeledExpand(suite, secret, "key", context, 32);
  const nonce = labeledExpand(suite, secret, "base_nonce", context, 12);
  return { key, nonce };
}
