/** Relayers by the dozen, each with a key of its own for aggregates. */
import {
  type Attestation,
  aggregateOf,
  blsKeyRegistration,
  deriveBlsKey,
  type Hex32,
  signBls,
} from "@medexchain/chain";
import { getBytes, toBeHex, Wallet } from "ethers";
import type { Chain } from "./chain.ts";
import { digest } from "./messages.ts";

export interface KeyedRelayer {
  readonly wallet: Wallet;
  readonly blsKey: Uint8Array;
  /** Of its tenure. */
  readonly index: number;
}

/** Admits so many relayers, who register their keys. Aggregates must be on. In ascending order of address. */
export async function admitKeyedRelayers(chain: Chain, count: number): Promise<KeyedRelayer[]> {
  const { relayers, ethers, chainId } = chain;
  const set = { chainId, address: await relayers.getAddress() };
  const admitted: KeyedRelayer[] = [];
  for (let i = 0; i < count; i++) {
    const wallet = new Wallet(digest(`relayer ${i}`), ethers.provider);
    const blsKey = deriveBlsKey(getBytes(wallet.privateKey));
    await relayers.addRelayer(wallet.address);
    await ethers.provider.send("hardhat_setBalance", [wallet.address, toBeHex(10n ** 20n)]);
    const { key, proof } = blsKeyRegistration(blsKey, set, wallet.address);
    await (await relayers.connect(wallet).setBlsKey(key, proof)).wait();
    admitted.push({ wallet, blsKey, index: Number(await relayers.indexOf(wallet)) });
  }
  return admitted.sort((x, y) => (BigInt(x.wallet.address) < BigInt(y.wallet.address) ? -1 : 1));
}

/** One attestation for all of them. */
export const aggregateBy = (set: string, signers: readonly KeyedRelayer[], hash: string): Attestation =>
  aggregateOf(
    set,
    signers.map(({ index, blsKey }) => ({ index, signature: signBls(blsKey, hash as Hex32) })), // a digest
  );

/** One attestation of each of them. */
export const singlyBy = (signers: readonly KeyedRelayer[], hash: string): Attestation[] =>
  signers.map(({ wallet }) => ({ relayer: wallet.address, signature: wallet.signingKey.sign(hash).serialized }));
