/**
 * Sealing that outlives discrete logarithms: HPKE (RFC 9180), mode base, with the KEM X-Wing (X25519 and ML-KEM-768 together;
 * draft-connolly-cfrg-xwing-kem), HKDF-SHA256 and AES-256-GCM. It holds as long as one of the two KEMs does.
 */
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { bytesOf, MedexError } from "@medexchain/core";
import { z } from "zod";
import { drawBytes, type RandomSource, systemRandom } from "./random.ts";

/** A public key, in bytes. */
export const X_WING_PUBLIC_KEY_LENGTH = 1216;
/** What a key pair grows from, in bytes. */
export const X_WING_SEED_LENGTH = 32;
/** What X-Wing encapsulates, in bytes. */
const ENCAPSULATION_LENGTH = 1120;
/** What encapsulation draws, in bytes. */
const COINS_LENGTH = 64;
/** Of AES-256-GCM, in bytes. */
const TAG_LENGTH = 16;

/** What was sealed to one recipient; public. */
export interface XWingBox {
  /** 1,120 bytes. */
  readonly enc: Uint8Array;
  /** 16 bytes longer than what it holds. */
  readonly ct: Uint8Array;
}

/**
 * The form of a box in an object.
 *
 * @param length of what is in it, in bytes
 */
export const xWingBoxOf = (length: number) =>
  z.strictObject({ enc: bytesOf(ENCAPSULATION_LENGTH), ct: bytesOf(length + TAG_LENGTH) });

/**
 * The public key of a seed.
 *
 * @param seed 32 random bytes, secret
 * @returns 1,216 bytes
 * @throws INPUT_INVALID
 */
export async function xWingPublicKey(seed: Uint8Array): Promise<Uint8Array> {
  const { publicKey } = await pairOf(seed);
  return new Uint8Array(await new XWing().serializePublicKey(publicKey));
}

/**
 * Seals to a public key.
 *
 * @param publicKey 1,216 bytes
 * @param info what the box is bound to: it opens with the same only
 * @throws SEALED_INVALID the key is none
 */
export async function sealByXWing(
  publicKey: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
  random: RandomSource = systemRandom,
): Promise<XWingBox> {
  const coins = drawBytes(random, COINS_LENGTH);
  try {
    const hpke = suite();
    const recipientPublicKey = await hpke.kem.deserializePublicKey(publicKey);
    const sealed = await hpke.seal({ recipientPublicKey, info, ekm: coins }, plaintext);
    return { enc: new Uint8Array(sealed.enc), ct: new Uint8Array(sealed.ct) };
  } catch (cause) {
    throw new MedexError("SEALED_INVALID", "sealing failed: the recipient's key is no X-Wing public key", { cause });
  } finally {
    coins.fill(0);
  }
}

/**
 * Opens what was sealed.
 *
 * @param seed 32 bytes, of the recipient
 * @param info as it was sealed with
 * @throws SEALED_INVALID it was sealed to another key or for something else, or was altered; INPUT_INVALID
 */
export async function openByXWing(seed: Uint8Array, info: Uint8Array, { enc, ct }: XWingBox): Promise<Uint8Array> {
  const recipientKey = await pairOf(seed);
  try {
    return new Uint8Array(await suite().open({ recipientKey, enc, info }, ct));
  } catch (cause) {
    throw new MedexError(
      "SEALED_INVALID",
      "what was sealed does not open: it was sealed to another key or for something else, or was altered",
      { cause },
    );
  }
}

async function pairOf(seed: Uint8Array): Promise<Awaited<ReturnType<CipherSuite["kem"]["deriveKeyPair"]>>> {
  if (seed.length !== X_WING_SEED_LENGTH) {
    throw new MedexError(
      "INPUT_INVALID",
      `an X-Wing key pair grows from ${X_WING_SEED_LENGTH} bytes, not ${seed.length}`,
    );
  }
  return new XWing().generateKeyPairDerand(seed.slice()); // a copy: the library keeps what it is given
}

function suite(): CipherSuite {
  return new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}
