/**
 * BFV keys. A secret key is kept as the 32 bytes that it grows from, a public key as the half that is not random, packed, and
 * the seed of the other half.
 *
 * The secret polynomial has `n` coefficients, independent and uniform in {-1, 0, 1}, as SEAL's own generator draws them;
 * here they come from SHAKE256, so that the key of a record is 32 bytes in its capsule and not 70 KB.
 */

import { decode, encode } from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import { shake256 } from "@noble/hashes/sha3.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { PublicKey, SecretKey } from "node-seal";
import { z } from "zod";
import { packSaved, unpackPair } from "./coefficients.ts";
import { type BfvContext, bfvContext } from "./context.ts";
import { expectHidingKey } from "./hiding-keys.ts";
import { type ProfileName, profileParameters } from "./profiles.ts";
import { callSeal } from "./seal.ts";
import { writePlaintext, writeRlwePair } from "./seal-format.ts";

/** Length of a secret key in bytes, in every profile. */
export const SECRET_KEY_LENGTH = 32;

/** Above any public key of any profile. */
const MAX_PUBLIC_KEY_LENGTH = 1 << 20;

const DOMAIN = "medexchain/v1/bfv/secret-key\0";
const ID_DOMAIN = "medexchain/v1/bfv/key-id\0";

/** Length of a key's id in bytes. */
export const KEY_ID_LENGTH = 32;

export interface BfvKeyPair {
  /** DAG-CBOR `{ version, profile, id, key }`. */
  readonly publicKey: Uint8Array;
  /** 32 bytes. Wipe with `fill(0)` after use. */
  readonly secretKey: Uint8Array;
}

const publicKeyFile = z.strictObject({
  version: z.literal(1),
  profile: z.string(),
  id: z.custom<Uint8Array>((id) => id instanceof Uint8Array && id.length === KEY_ID_LENGTH),
  key: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});

/** Uniform ternary digits by rejection: a byte below 3^5 holds five of them, any other is passed over. */
function ternaryPolynomial(bfv: BfvContext, ring: string, secretKey: Uint8Array): BigUint64Array {
  const residues = [0n, 1n, bfv.plainModulus - 1n] as const;
  const stream = shake256
    .create()
    .update(utf8ToBytes(`${DOMAIN}${ring}\0`))
    .update(secretKey);
  const polynomial = new BigUint64Array(bfv.degree);
  let filled = 0;
  while (filled < bfv.degree) {
    const block = stream.xof(136);
    for (const byte of block) {
      if (byte >= 243) continue;
      for (let rest = byte, digit = 0; digit < 5 && filled < bfv.degree; digit++) {
        polynomial[filled++] = residues[rest % 3] ?? 0n;
        rest = Math.floor(rest / 3);
      }
    }
    block.fill(0);
  }
  stream.destroy();
  return polynomial;
}

/** @throws BFV_BYTES_INVALID not 32 bytes */
export function expectSecretKey(secretKey: Uint8Array): void {
  if (secretKey.length === SECRET_KEY_LENGTH) return;
  throw new MedexError("BFV_BYTES_INVALID", `a BFV secret key has ${SECRET_KEY_LENGTH} bytes, not ${secretKey.length}`);
}

/**
 * Expands a secret key. The caller frees the handle, with `using`.
 * @param ring a profile, a byte set, or a study: each has a polynomial of its own
 * @throws BFV_BYTES_INVALID not 32 bytes
 */
export function expandSecretKey(
  bfv: BfvContext,
  ring: ProfileName | `bytes/${string}` | `studies/${string}`,
  secretKey: Uint8Array,
): SecretKey {
  expectSecretKey(secretKey);
  return callSeal("BFV_BYTES_INVALID", "SEAL does not take the BFV secret key", () => {
    const { seal, context } = bfv;
    const polynomial = ternaryPolynomial(bfv, ring, secretKey);
    const plaintextBytes = writePlaintext(polynomial);
    using plaintext = new seal.Plaintext();
    using evaluator = new seal.Evaluator(context);
    using keyParmsId = context.keyParmsId();
    plaintext.loadFromArray(context, plaintextBytes);
    // SEAL keeps a secret key as a plaintext in NTT form at key level, and lifts t - 1 to -1.
    evaluator.plainTransformToNttInplace(plaintext, keyParmsId);
    const expanded = plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
    const key = new seal.SecretKey();
    try {
      key.loadFromArray(context, expanded);
      return key;
    } catch (error) {
      key.delete();
      throw error;
    } finally {
      plaintext.setZero();
      for (const secret of [plaintextBytes, expanded]) secret.fill(0);
      polynomial.fill(0n);
    }
  });
}

/**
 * A key pair's name: SHAKE256 of the secret key, under a domain of its own. All public keys of one secret key carry it, so that
 * whoever computes on ciphertexts can tell that they are under one key. It is a claim: the owner of a certificate vouches for it.
 */
export function keyIdOf(profile: ProfileName, secretKey: Uint8Array): Uint8Array {
  return shake256(concatBytes(utf8ToBytes(`${ID_DOMAIN}${profile}\0`), secretKey), { dkLen: KEY_ID_LENGTH });
}

/** A public key of a secret key, packed: the half that is not random, and the seed of the other. */
export function createPackedKey({ seal, context, keyLevel, degree }: BfvContext, secret: SecretKey): Uint8Array {
  using generator = new seal.KeyGenerator(context, secret);
  using serializable = generator.createPublicKeySerializable();
  const saved = serializable.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  return packSaved(saved, keyLevel, degree, true);
}

/**
 * The public key of a secret key, of a profile. It is randomised: each call gives another one, and all belong to the secret key.
 * @throws BFV_BYTES_INVALID not a secret key
 */
export async function derivePublicKey(profile: ProfileName, secretKey: Uint8Array): Promise<Uint8Array> {
  const bfv = await bfvContext(profile);
  using secret = expandSecretKey(bfv, profile, secretKey);
  const key = createPackedKey(bfv, secret);
  return encode({ version: 1, profile, id: keyIdOf(profile, secretKey), key } satisfies z.infer<typeof publicKeyFile>);
}

/** Generates a key pair from the system's randomness. */
export async function generateKeys(profile: ProfileName): Promise<BfvKeyPair> {
  profileParameters(profile);
  const secretKey = randomBytes(SECRET_KEY_LENGTH);
  return { publicKey: await derivePublicKey(profile, secretKey), secretKey };
}

function parsePublicKey(profile: ProfileName, bytes: Uint8Array): z.infer<typeof publicKeyFile> {
  const message = `not a BFV public key of profile ${profile}: ask its owner for it again`;
  if (bytes.length > MAX_PUBLIC_KEY_LENGTH) throw new MedexError("BFV_BYTES_INVALID", message);
  return callSeal("BFV_BYTES_INVALID", message, () => {
    const file = publicKeyFile.parse(decode(bytes));
    if (file.profile !== profile) throw new MedexError("BFV_BYTES_INVALID", message);
    return file;
  });
}

/**
 * Reads a public key from anyone. The caller frees the handle, with `using`.
 * @throws BFV_BYTES_INVALID damaged, of another profile, or one that hides nothing (`expectHidingKey`)
 */
export function loadPublicKey(bfv: BfvContext, profile: ProfileName, bytes: Uint8Array): PublicKey {
  return loadPackedKey(bfv, parsePublicKey(profile, bytes).key);
}

/** As `loadPublicKey`, of a packed key. */
export function loadPackedKey(bfv: BfvContext, packed: Uint8Array): PublicKey {
  const { seal, context, keyLevel, degree } = bfv;
  const pair = unpackPair(packed, keyLevel, degree, true, "public key");
  const key = new seal.PublicKey();
  try {
    callSeal("BFV_BYTES_INVALID", "SEAL does not take the BFV public key: ask its owner for it again", () =>
      key.loadFromArray(context, writeRlwePair(pair, keyLevel, degree, true)),
    );
    expectHidingKey(bfv, key, pair);
    return key;
  } catch (error) {
    key.delete();
    throw error;
  }
}

/**
 * The id of the key pair that a public key belongs to, as the key itself claims.
 * @throws BFV_BYTES_INVALID damaged, or of another profile
 */
export function publicKeyId(profile: ProfileName, bytes: Uint8Array): Uint8Array {
  return parsePublicKey(profile, bytes).id;
}

/**
 * Checks a public key from anyone, without using it.
 * @throws BFV_BYTES_INVALID damaged, or of another profile
 */
export async function checkPublicKey(profile: ProfileName, bytes: Uint8Array): Promise<void> {
  using _key = loadPublicKey(await bfvContext(profile), profile, bytes);
}
