import { type QbftHeader, qbftHeader } from "@medexchain/evm";

/** A header with the roots of what its block holds; hashes and roots as hex in lower case. */
export interface SealedHeader extends QbftHeader {
  readonly height: number;
  readonly parentHash: string;
  readonly transactionsRoot: string;
  readonly receiptsRoot: string;
}

/**
 * A header from the fields that a node tells. Nothing of it is proven yet, but that it hashes to `blockHash`.
 *
 * @returns undefined where it is no header of a QBFT block
 */
export function sealedHeader(raw: unknown): SealedHeader | undefined {
  const header = qbftHeader(raw);
  const height = Number(header?.number);
  // One seal of each validator, at most: what more there is would cost time to look at.
  if (!header || !Number.isSafeInteger(height) || header.seals.length > header.validators.length) return undefined;
  const { parentHash, transactionsRoot, receiptsRoot } = raw as Readonly<Record<string, string>>; // 32 bytes of hex each, as was read
  if (!parentHash || !transactionsRoot || !receiptsRoot) return undefined;
  return {
    ...header,
    height,
    parentHash: parentHash.toLowerCase(),
    transactionsRoot: transactionsRoot.toLowerCase(),
    receiptsRoot: receiptsRoot.toLowerCase(),
  };
}
