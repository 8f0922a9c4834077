import type { Chain } from "@medexchain/chain";

/** Enough for any call here, so that no estimate is inside a time. */
export const GAS = "0x7a120";

/**
 * Makes calls of one account, all at once, on a development chain, which signs for anybody; each is a transaction and a block.
 *
 * @returns the gas of the last
 * @throws when the chain refused one
 */
export async function sendFrom(chain: Chain, from: string, to: string, calls: readonly string[]): Promise<number> {
  const hashes: string[] = await Promise.all(
    calls.map((data) => chain.provider.send("eth_sendTransaction", [{ from, to, data, gas: GAS }])),
  );
  const receipts = await Promise.all(hashes.map((hash) => chain.provider.getTransactionReceipt(hash)));
  if (receipts.some((receipt) => receipt?.status !== 1)) {
    throw new Error("a chain refused what it was to be filled with");
  }
  return Number(receipts.at(-1)?.gasUsed);
}

/** Lets anybody send in the name of an account, which is given what gas costs. */
export async function impersonate(chain: Chain, account: string): Promise<void> {
  await chain.provider.send("hardhat_impersonateAccount", [account]);
  await chain.provider.send("hardhat_setBalance", [account, "0x56bc75e2d63100000"]);
}
