/**
 * A relayer's own key, to which firewalls seal its shares: the hybrid KEM X-Wing (X25519 and ML-KEM-768; draft-connolly-cfrg-xwing-kem), so that
 * who keeps a sealed share for decades has to break both. Its digest is on-chain in `RelayerSet`, the key itself is fetched by it.
 */

import { XWing } from "@hpke/hybridkem-x-wing";
import { bytesOf, encodeObject, MedexError } from "@medexchain/core";
import { z } from "zod";
import { drawBytes, type RandomSource, systemRandom } from "../random.ts";
import { readObject } from "./wire.ts";

/** An X-Wing public key: ML-KEM-768's, 1184 bytes, and X25519's, 32. */
export const RELAYER_PUBLIC_KEY_LENGTH = 1216;
/** An X-Wing private key is the seed that both derive from. */
export const RELAYER_SEED_LENGTH = 32;

const KEM = "x-wing";

const schema = z.strictObject({
  v: z.literal(1),
  kem: z.literal(KEM),
  publicKey: bytesOf(RELAYER_PUBLIC_KEY_LENGTH),
});

/** A relayer's key pair. */
export interface RelayerKeyPair {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** 1216 bytes. */
  readonly publicKey: Uint8Array;
}

/** Draws a relayer's key pair. */
export function generateRelayerKeyPair(random: RandomSource = systemRandom): Promise<RelayerKeyPair> {
  return relayerKeyPairOf(drawBytes(random, RELAYER_SEED_LENGTH));
}

/**
 * The key pair of a seed (X-Wing's GenerateKeyPairDerand).
 *
 * @param seed 32 bytes, which the pair goes on holding
 * @throws INPUT_INVALID
 */
export async function relayerKeyPairOf(seed: Uint8Array): Promise<RelayerKeyPair> {
  if (!(seed instanceof Uint8Array) || seed.length !== RELAYER_SEED_LENGTH) {
    throw new MedexError("INPUT_INVALID", `the seed of a relayer's key must be ${RELAYER_SEED_LENGTH} bytes`);
  }
  const kem = new XWing();
  const { publicKey } = await kem.generateKeyPairDerand(seed.slice());
  return { seed, publicKey: new Uint8Array(await kem.serializePublicKey(publicKey)) };
}

/**
 * Encodes a relayer's public key as DAG-CBOR: `{ v: 1, kem: "x-wing", publicKey }`. Its digest goes on-chain.
 *
 * @param publicKey 1216 bytes
 * @throws INPUT_INVALID
 */
export function encodeRelayerKey(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== RELAYER_PUBLIC_KEY_LENGTH) {
    throw new MedexError("INPUT_INVALID", `a relayer's key must be ${RELAYER_PUBLIC_KEY_LENGTH} bytes`);
  }
  return encodeObject({ v: 1, kem: KEM, publicKey });
}

/**
 * Decodes a relayer's public key.
 *
 * @returns 1216 bytes; that they are a key that can be sealed to shows in the sealing
 * @throws CONTENT_INVALID
 */
export function parseRelayerKey(bytes: Uint8Array): Uint8Array {
  return readObject(bytes, schema, "the relayer's key", "CONTENT_INVALID", ({ publicKey }) => publicKey);
}
