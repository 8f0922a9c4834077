/** A block's transactions, receipts and logs against the roots in its header. */
import { encodedReceipt, listRoot } from "@medexchain/evm";
import type { NodeLog } from "../read/node-answers.ts";
import type { NodeBlock } from "../read/node-client.ts";
import { signedTransaction } from "../read/signed-transaction.ts";
import type { Contradiction } from "./contradiction.ts";
import type { SealedHeader } from "./sealed-header.ts";

/** What a node tells of one block. */
export interface ToldBlock {
  readonly header: SealedHeader;
  readonly block: NodeBlock;
  /** `eth_getBlockReceipts`, in their order; anything. */
  readonly receipts: readonly unknown[];
  /** All logs of the suite in it. */
  readonly logs: readonly NodeLog[];
}

/**
 * How a block's contents contradict its header; undefined where header and contents are one.
 *
 * @param addresses of the suite, in lower case
 */
export function contentsContradiction(
  { header, block, receipts, logs }: ToldBlock,
  chainId: bigint,
  addresses: ReadonlySet<string>,
): Contradiction | undefined {
  const different = (message: string, expected: unknown, found: unknown): Contradiction => ({
    code: "BLOCK_ALTERED",
    block: header.height,
    message,
    expected: String(expected),
    found: String(found),
  });
  if (hex(block.hash) !== header.blockHash)
    return different("the node told two versions of one block", header.blockHash, hex(block.hash));
  if (BigInt(block.timestamp) !== header.timestamp)
    return different("a block's time is not the one in its header", header.timestamp, block.timestamp);
  const transactions: Uint8Array[] = [];
  for (const { hash, raw } of block.transactions) {
    const signed = signedTransaction(raw, chainId);
    if (!signed || !hash.equals(signed.hash))
      return different(
        "a transaction's fields do not hash to its hash",
        hex(hash),
        signed ? hex(signed.hash) : "no transaction",
      );
    transactions.push(signed.encoded);
  }
  const sent = hex(listRoot(transactions));
  if (sent !== header.transactionsRoot)
    return different("the transactions are not those that the header commits to", header.transactionsRoot, sent);
  const encoded = receipts.map(encodedReceipt);
  const root = encoded.every((each) => each !== undefined) ? hex(listRoot(encoded)) : "a malformed receipt";
  if (receipts.length !== transactions.length || root !== header.receiptsRoot)
    return different("the receipts are not those that the header commits to", header.receiptsRoot, root);
  return logsContradiction(block, receipts, logs, addresses, different);
}

/** The logs that were told must be all of the suite's in the receipts, which are proven. */
function logsContradiction(
  block: NodeBlock,
  receipts: readonly unknown[],
  logs: readonly NodeLog[],
  addresses: ReadonlySet<string>,
  different: (message: string, expected: unknown, found: unknown) => Contradiction,
): Contradiction | undefined {
  let position = 0;
  let next = 0;
  for (const [place, receipt] of receipts.entries()) {
    const made = (receipt as ProvenReceipt).logs; // as it was encoded
    for (const { address, topics, data } of made) {
      const logIndex = position++;
      if (!addresses.has(address.toLowerCase())) continue;
      const told = logs[next++];
      if (!told) return different("a log is left out", `log ${logIndex} of ${address}`, "no further log");
      const isSame =
        told.address === address.toLowerCase() &&
        told.logIndex === logIndex &&
        block.transactions[place]?.hash.equals(told.transactionHash) === true &&
        told.topics.length === topics.length &&
        told.topics.every((topic, number) => isHexOf(topics[number], topic)) &&
        isHexOf(data, told.data);
      if (!isSame)
        return different(
          "a log is not the one in its receipt",
          `log ${logIndex} of ${address}`,
          `log ${told.logIndex} of ${told.address}`,
        );
    }
  }
  const more = logs[next];
  return more && different("a log that no receipt has", "no further log", `log ${more.logIndex} of ${more.address}`);
}

/** The logs of a receipt that was encoded. */
interface ProvenReceipt {
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

const hex = (bytes: Uint8Array): string =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;

const isHexOf = (text: string | undefined, bytes: Buffer): boolean =>
  text !== undefined && text.length === 2 + 2 * bytes.length && Buffer.from(text.slice(2), "hex").equals(bytes);
