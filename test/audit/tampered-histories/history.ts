/** What a node answers with of a history, as pieces that can be tampered with. */
import type { Chain, Deployment } from "@medexchain/chain";
import type { RawTransaction } from "../support/rpc-transaction.ts";
import type { RawBlock, RawLog } from "../support/tamper.ts";

/** One piece of what a node tells. */
export type Piece =
  | { readonly of: "log"; readonly key: string; readonly log: RawLog }
  | { readonly of: "header"; readonly key: string; readonly block: RawBlock }
  | { readonly of: "transaction"; readonly key: string; readonly transaction: RawTransaction }
  | { readonly of: "call"; readonly key: string }
  | { readonly of: "code"; readonly key: string };

export const logKey = ({ blockNumber, logIndex }: RawLog): string => `${Number(blockNumber)} ${Number(logIndex)}`;
export const callKey = (params: readonly unknown[]): string => {
  const [call] = params as [{ to?: string; data?: string; input?: string }];
  return `${call.to?.toLowerCase()} ${call.data ?? call.input}`;
};
export const codeKey = (params: readonly unknown[]): string => String(params[0]).toLowerCase();

/**
 * The pieces that an audit of a chain asks for: its logs, and the blocks and transactions that they are in.
 *
 * @param asked the calls and accounts that an audit which nobody lied to asked for
 */
export async function piecesOf(
  { provider, deployment }: Chain,
  asked: { readonly calls: ReadonlySet<string>; readonly codes: ReadonlySet<string> },
): Promise<readonly Piece[]> {
  const logs = (await provider.send("eth_getLogs", [
    { address: addressesOf(deployment), fromBlock: "0x0", toBlock: "latest" },
  ])) as RawLog[];
  const numbers = [...new Set(logs.map(({ blockNumber }) => blockNumber))];
  const blocks = await Promise.all(
    numbers.map((number) => provider.send("eth_getBlockByNumber", [number, true]) as Promise<RawBlock>),
  );
  return [
    ...logs.map((log) => ({ of: "log" as const, key: logKey(log), log })),
    ...blocks.map((block) => ({ of: "header" as const, key: block.number, block })),
    ...blocks.flatMap(({ transactions }) =>
      transactions.map((transaction) => ({ of: "transaction" as const, key: transaction.hash, transaction })),
    ),
    ...[...asked.calls].sort().map((key) => ({ of: "call" as const, key })),
    ...[...asked.codes].sort().map((key) => ({ of: "code" as const, key })),
  ];
}

const addressesOf = ({ chainId: _, rpcUrl: _url, ...contracts }: Deployment): string[] => Object.values(contracts);
