/** What a real Besu 24.3.3 answered about a QBFT chain of four validators, as it answered it. See README.md beside. */
import { readFileSync } from "node:fs";

type Fields = Readonly<Record<string, unknown>>;

export interface RecordedHeader {
  readonly number: number;
  /** Those who made it, as the node says. */
  readonly validators: readonly string[];
  /** `eth_getBlockByNumber`. */
  readonly header: Fields & { readonly hash: string };
  /** `debug_getRawHeader`. */
  readonly raw: string;
}

export interface RecordedProof {
  readonly accountProof: readonly string[];
  readonly nonce: string;
  readonly balance: string;
  readonly storageHash: string;
  readonly codeHash: string;
  readonly storageProof: readonly { readonly key: string; readonly value: string; readonly proof: readonly string[] }[];
}

const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8")) as T; // as recorded

export const headers = read<{ readonly chainId: number; readonly blocks: readonly RecordedHeader[] }>("headers");
export const validatorChange = read<{ readonly blocks: readonly RecordedHeader[] }>("validator-change");
export const roundChange = read<{ readonly blocks: readonly RecordedHeader[] }>("round-change");
/** Of all three, by number: from 0 to 42, and from 74 to 103. */
export const allBlocks = [headers, validatorChange, roundChange].flatMap(({ blocks }) => blocks);
export const proofs = read<{
  readonly blocks: readonly {
    readonly number: number;
    readonly stateRoot: string;
    readonly entries: readonly { readonly what: string; readonly address: string; readonly proof: RecordedProof }[];
  }[];
}>("proofs");
export const withReceipts = read<{
  readonly blocks: readonly {
    readonly number: number;
    readonly block: Fields & {
      readonly transactions: readonly Fields[];
      readonly transactionsRoot: string;
      readonly receiptsRoot: string;
    };
    readonly receipts: readonly Fields[];
    readonly rawReceipts: readonly string[];
    readonly rawTransactions: readonly string[];
  }[];
}>("block-with-receipts");
