import { deriveBlsKey } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { RELAYER_SEED_LENGTH } from "@medexchain/pre";
import { getBytes, type Wallet } from "ethers";
import type { RelayerSecrets } from "../config/schema.ts";
import { openAccount } from "./account.ts";

/** The relayer's keys, ready for use. */
export interface RelayerKeys {
  readonly account: Wallet;
  /** Of the X-Wing key pair to which firewalls seal this relayer's shares, 32 bytes. */
  readonly sealingSeed: Uint8Array;
  /** Signs shares of aggregates: derived from the account's key, so that there is one secret to keep. */
  readonly bls: Uint8Array;
}

/** What the account's key is taken for, to derive the BLS key from: `KeyGen` of draft-irtf-cfrg-bls-signature. */
const BLS_KEY_INFO = "MedExChain relayer BLS12-381 v1";

/**
 * Turns the secrets into keys.
 *
 * @throws CONFIG_INVALID that says which is malformed, and nothing of it
 */
export function readKeys({ accountKey, sealingKey }: RelayerSecrets): RelayerKeys {
  if (!/^0x[0-9a-fA-F]{64}$/.test(accountKey)) throw malformed("accountKey", "0x and 64 hexadecimal digits");
  if (sealingKey.length !== RELAYER_SEED_LENGTH) throw malformed("sealingKey", `${RELAYER_SEED_LENGTH} bytes`);
  let account: Wallet;
  try {
    account = openAccount(accountKey);
  } catch {
    throw malformed("accountKey", "a secp256k1 private key"); // without its cause, which may quote the key
  }
  const seed = getBytes(accountKey);
  const bls = deriveBlsKey(seed, BLS_KEY_INFO);
  seed.fill(0);
  return { account, sealingSeed: Uint8Array.from(sealingKey), bls };
}

const malformed = (name: string, form: string): MedexError =>
  new MedexError("CONFIG_INVALID", `relayer secrets: ${name} must be ${form}`);
