/**
 * Sealing `RK'` to the relayers: HPKE (RFC 9180), mode base, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 *
 * `info` binds the protocol version and the request id, so that a sealed re-encryption key opens for its own request only. Whoever
 * holds `RK'` and the user's key can compute the owner's key of that scope, so `RK'` never travels in the clear.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { type CheckedReKey, checkReKey } from "./checked.ts";
import type { ReKey } from "./ciphertexts.ts";
import { checkG1, checkG2, checkGt } from "./elements.ts";
import { g1Field, g2Field, gtField } from "./fields.ts";
import { checkId } from "./identity.ts";
import { drawBytes, type RandomSource, systemRandom } from "./random.ts";

const VERSION = 1;
const INFO = utf8ToBytes("medexchain/v1/sealed-rekey\0");

/** X25519 keys, public and private, are 32 bytes. */
export const SEALING_KEY_LENGTH = 32;

const sealedSchema = z.strictObject({
  v: z.literal(VERSION),
  enc: bytesOf(SEALING_KEY_LENGTH),
  ct: z.instanceof(Uint8Array),
});

const reKeySchema = z.strictObject({ rk1: g1Field, rk2: g2Field, rk3: gtField });

/** The relayers' HPKE key pair: the public key is on-chain in `RelayerSet`. */
export interface SealingKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/**
 * Makes a key pair to seal to, by DeriveKeyPair (RFC 9180 §7.1.3).
 *
 * @returns 32 bytes each
 */
export async function generateSealingKeyPair(random: RandomSource = systemRandom): Promise<SealingKeyPair> {
  const { kem } = suite();
  const seed = drawBytes(random, SEALING_KEY_LENGTH);
  const pair = await kem.deriveKeyPair(seed);
  seed.fill(0);
  return {
    publicKey: new Uint8Array(await kem.serializePublicKey(pair.publicKey)),
    privateKey: new Uint8Array(await kem.serializePrivateKey(pair.privateKey)),
  };
}

/**
 * Seals `RK'` for one request.
 *
 * @param reKey what `crfReKeyGen` returned
 * @param requestId 32 bytes
 * @param recipientPublicKey the relayers' sealing key, 32 bytes
 * @returns DAG-CBOR bytes, of which the digest goes on-chain
 * @throws SEALED_REKEY_INVALID when the recipient's key is malformed or of low order; INPUT_INVALID
 */
export async function sealReKey(
  reKey: ReKey,
  requestId: Uint8Array,
  recipientPublicKey: Uint8Array,
  random: RandomSource = systemRandom,
): Promise<Uint8Array> {
  const hpke = suite();
  const { rk1, rk2, rk3 } = reKey;
  const plaintext = encodeObject({ rk1, rk2, rk3 });
  const info = infoFor(requestId);
  // The ephemeral key comes from the caller's source by DeriveKeyPair, which for 32 random bytes is GenerateKeyPair (RFC 9180 §4).
  const ephemeral = drawBytes(random, SEALING_KEY_LENGTH);
  try {
    const sealed = await hpke.seal(
      {
        recipientPublicKey: await hpke.kem.deserializePublicKey(recipientPublicKey),
        info,
        ekm: await hpke.kem.deriveKeyPair(ephemeral),
      },
      plaintext,
    );
    return encodeObject({ v: VERSION, enc: new Uint8Array(sealed.enc), ct: new Uint8Array(sealed.ct) });
  } catch (cause) {
    throw new MedexError(
      "SEALED_REKEY_INVALID",
      "sealing failed: the relayers' sealing key is not a usable X25519 key",
      {
        cause,
      },
    );
  } finally {
    ephemeral.fill(0);
    plaintext.fill(0);
  }
}

/**
 * Opens a sealed `RK'` and checks every element.
 *
 * @param bytes from `sealReKey`
 * @param requestId the request that it was sealed for, 32 bytes
 * @param keyPair the relayers' key pair
 * @throws SEALED_REKEY_INVALID when the key or the request is not the one sealed for, or any byte was changed; INPUT_INVALID
 */
export async function openReKey(bytes: Uint8Array, requestId: Uint8Array, keyPair: SealingKeyPair): Promise<ReKey> {
  return readReKey(await openSealed(bytes, requestId, keyPair), ({ rk1, rk2, rk3 }) => ({
    rk1: checkG1(rk1, "rk1'"),
    rk2: checkG2(rk2, "rk2'"),
    rk3: checkGt(rk3, "rk3'"),
  }));
}

/** As `openReKey`, for who re-encrypts with it at once and only once; the caller disposes of it. */
export async function openCheckedReKey(
  bytes: Uint8Array,
  requestId: Uint8Array,
  keyPair: SealingKeyPair,
): Promise<CheckedReKey> {
  const opened = await openSealed(bytes, requestId, keyPair);
  try {
    return readReKey(opened, checkReKey);
  } finally {
    opened.rk1.fill(0);
  }
}

type OpenedReKey = Readonly<Record<keyof ReKey, Uint8Array>>;

/** Opens the seal; no element is checked yet. */
async function openSealed(bytes: Uint8Array, requestId: Uint8Array, keyPair: SealingKeyPair): Promise<OpenedReKey> {
  const hpke = suite();
  const info = infoFor(requestId);
  const { enc, ct } = decodeObject(bytes, sealedSchema, "the sealed re-encryption key", "SEALED_REKEY_INVALID");
  let plaintext: Uint8Array;
  try {
    const recipientKey = await recipientOf(keyPair);
    plaintext = new Uint8Array(await hpke.open({ recipientKey, enc, info }, ct));
  } catch (cause) {
    throw new MedexError(
      "SEALED_REKEY_INVALID",
      "the sealed re-encryption key does not open: it was sealed to another key or request, or altered",
      { cause },
    );
  }
  return decodeObject(plaintext, reKeySchema, "the sealed content", "SEALED_REKEY_INVALID");
}

function readReKey<T>(opened: OpenedReKey, read: (opened: OpenedReKey) => T): T {
  try {
    return read(opened);
  } catch (cause) {
    if (!MedexError.is(cause, "PRE_ELEMENT_INVALID")) throw cause;
    throw new MedexError("SEALED_REKEY_INVALID", `in the sealed content, ${cause.message}`, { cause });
  }
}

/** A relayer opens thousands of keys with one pair: it is imported once. */
type Recipient = Awaited<ReturnType<CipherSuite["kem"]["deriveKeyPair"]>>;
const recipients = new WeakMap<SealingKeyPair, Promise<Recipient>>();

function recipientOf(keyPair: SealingKeyPair): Promise<Recipient> {
  const known = recipients.get(keyPair);
  if (known) return known;
  const { kem } = suite();
  const importing = (async () => ({
    publicKey: await kem.deserializePublicKey(keyPair.publicKey),
    privateKey: await kem.deserializePrivateKey(keyPair.privateKey),
  }))();
  recipients.set(keyPair, importing);
  importing.catch(() => recipients.delete(keyPair)); // whoever awaits it is told
  return importing;
}

function suite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

function infoFor(requestId: Uint8Array): Uint8Array {
  return concatBytes(INFO, checkId(requestId, "requestId"));
}
