/** What a transaction pays, and what its replacement must pay. */
import { ask, type Chain } from "@medexchain/chain";

/** In wei per gas: EIP-1559 where the chain has it, else a gas price, which is 0 where gas costs nothing. */
export type Price =
  | { readonly type: 2; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 0; readonly gasPrice: bigint };

/** How long an answer serves: a base fee moves by an eighth per block at most. */
const PRICE_AGE_MS = 2_000;

/** What the chain asks for now; asked again when the last answer is old. */
export function priceSource(chain: Chain): () => Promise<Price> {
  let latest: { price: Price; at: number } | undefined;
  return async () => {
    if (latest && performance.now() - latest.at < PRICE_AGE_MS) return latest.price;
    const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await ask(chain, () => chain.provider.getFeeData());
    const price: Price =
      maxFeePerGas !== null && maxPriorityFeePerGas !== null
        ? { type: 2, maxFeePerGas, maxPriorityFeePerGas }
        : { type: 0, gasPrice: gasPrice ?? 0n };
    latest = { price, at: performance.now() };
    return price;
  };
}

/**
 * What a replacement of a transaction has to pay: nodes want a tenth more (geth's `pricebump`); this is an eighth, or today's price
 * where that is higher.
 *
 * @returns undefined where gas costs nothing, then and now: there, a transaction with the same nonce replaces the first whatever it
 *   pays (Besu), so the first is sent again instead
 */
export function bumped(paid: Price, now: Price): Price | undefined {
  const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const raise = (wei: bigint): bigint => wei + wei / 8n + 1n;
  if (paid.type === 0 || now.type === 0) {
    const before = paid.type === 0 ? paid.gasPrice : paid.maxFeePerGas;
    const today = now.type === 0 ? now.gasPrice : now.maxFeePerGas;
    if (before === 0n && today === 0n) return undefined;
    const gasPrice = most(raise(before), today);
    // A replacement keeps the type of the first, so that a node compares like with like.
    return paid.type === 0
      ? { type: 0, gasPrice }
      : { type: 2, maxFeePerGas: gasPrice, maxPriorityFeePerGas: raise(paid.maxPriorityFeePerGas) };
  }
  if (paid.maxFeePerGas === 0n && now.maxFeePerGas === 0n) return undefined;
  const maxPriorityFeePerGas = most(raise(paid.maxPriorityFeePerGas), now.maxPriorityFeePerGas);
  const maxFeePerGas = most(most(raise(paid.maxFeePerGas), now.maxFeePerGas), maxPriorityFeePerGas);
  return { type: 2, maxFeePerGas, maxPriorityFeePerGas };
}
