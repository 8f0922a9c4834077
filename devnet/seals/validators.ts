import { SigningKey, Wallet } from "ethers";

/** A validator of a development chain: it signs for nothing else. */
export interface Validator {
  readonly address: string;
  readonly key: SigningKey;
}

/** Draws validators, in ascending order of their addresses, as QBFT lists them. */
export function drawValidators(count: number): Validator[] {
  return Array.from({ length: count }, () => {
    const { address, privateKey } = Wallet.createRandom();
    return { address: address.toLowerCase(), key: new SigningKey(privateKey) };
  }).sort((one, other) => (one.address < other.address ? -1 : 1));
}
