import { DEFAULT_PROFILE, generateKeys, type ProfileName } from "@medexchain/bfv";
import { type Hex32, toHex32 } from "@medexchain/chain";
import type { ContentStore } from "@medexchain/ipfs";
import type { UserKeyPair } from "@medexchain/pre";
import { encodeMemberKeys } from "./member-keys.ts";

/** A doctor's keys: certificateless for the capsule, BFV for the private features. */
export interface DataUserKeys {
  readonly pre: UserKeyPair;
  readonly bfv: { readonly profile: ProfileName; readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
}

/** Makes a doctor's BFV keys, to go with what KeyGen_DU gave. */
export async function makeUserKeys(pre: UserKeyPair, profile: ProfileName = DEFAULT_PROFILE): Promise<DataUserKeys> {
  return { pre, bfv: { profile, ...(await generateKeys(profile)) } };
}

/**
 * Stores a doctor's public keys.
 *
 * @returns their digest, for the member certificate
 */
export async function publishUserKeys(store: ContentStore, { pre, bfv }: DataUserKeys): Promise<Hex32> {
  const { profile, publicKey } = bfv;
  const { digest } = await store.put(encodeMemberKeys({ pre: pre.publicKey, bfv: { profile, publicKey } }));
  return toHex32(digest);
}
