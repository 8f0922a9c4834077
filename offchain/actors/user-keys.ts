import { DEFAULT_PROFILE, generateKeys, type ProfileName } from "@medexchain/bfv";
import { type Hex32, toHex32 } from "@medexchain/chain";
import type { ContentStore } from "@medexchain/ipfs";
import { type UserKeyPair, X_WING_SEED_LENGTH, xWingPublicKey } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { encodeMemberKeys } from "./member-keys.ts";

/** A doctor's keys: certificateless for the capsule, BFV for the private features, X-Wing for what is sealed to the doctor alone. */
export interface DataUserKeys {
  readonly pre: UserKeyPair;
  /** The secret key is also what the keys of single records derive from, see `recordKeyOf`. */
  readonly bfv: { readonly profile: ProfileName; readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** From 32 bytes; absent from keys that were made before there were such. */
  readonly kem?: { readonly publicKey: Uint8Array; readonly seed: Uint8Array };
}

/** Makes a doctor's BFV and X-Wing keys, to go with what KeyGen_DU gave. */
export async function makeUserKeys(
  pre: UserKeyPair,
  profile: ProfileName = DEFAULT_PROFILE,
): Promise<Required<DataUserKeys>> {
  const seed = randomBytes(X_WING_SEED_LENGTH);
  const kem = { publicKey: await xWingPublicKey(seed), seed };
  return { pre, bfv: { profile, ...(await generateKeys(profile)) }, kem };
}

/**
 * Stores a doctor's public keys.
 *
 * @returns their digest, for the member certificate
 */
export async function publishUserKeys(store: ContentStore, { pre, bfv, kem }: DataUserKeys): Promise<Hex32> {
  const { profile, publicKey } = bfv;
  const keys = { pre: pre.publicKey, bfv: { profile, publicKey }, ...(kem && { kem: kem.publicKey }) };
  const { digest } = await store.put(encodeMemberKeys(keys));
  return toHex32(digest);
}
