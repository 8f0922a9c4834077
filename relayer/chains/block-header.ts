import { ask, type Chain, type Hex32 } from "@medexchain/chain";

/** A block's number, hash and time (Unix seconds). */
export interface BlockHeader {
  readonly number: number;
  readonly hash: Hex32;
  readonly timestamp: bigint;
}

/** A block by number, or undefined where the node has none yet. */
export async function blockHeader(chain: Chain, block: number): Promise<BlockHeader | undefined> {
  const found = await ask(chain, () => chain.provider.getBlock(block));
  if (!found?.hash) return undefined;
  // ethers types every hex string as `string`; a block hash is 32 bytes.
  return { number: found.number, hash: found.hash as Hex32, timestamp: BigInt(found.timestamp) };
}
