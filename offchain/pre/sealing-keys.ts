/** X25519 key pairs for HPKE (RFC 9180), DHKEM(X25519, HKDF-SHA256): a gateway's, to which its calls are sealed. */
import { DhkemX25519HkdfSha256 } from "@hpke/core";
import { drawBytes, type RandomSource, systemRandom } from "./random.ts";

/** X25519 keys, public and private, are 32 bytes. */
export const SEALING_KEY_LENGTH = 32;

/** An X25519 key pair. */
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
  const kem = new DhkemX25519HkdfSha256();
  const seed = drawBytes(random, SEALING_KEY_LENGTH);
  const pair = await kem.deriveKeyPair(seed);
  seed.fill(0);
  return {
    publicKey: new Uint8Array(await kem.serializePublicKey(pair.publicKey)),
    privateKey: new Uint8Array(await kem.serializePrivateKey(pair.privateKey)),
  };
}
