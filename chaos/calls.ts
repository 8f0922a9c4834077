/** Which steps the relayers' accounts had mined, and which of them did anything: from the chains' blocks and receipts alone. */

import { accessRequestOf, type Chain, type Hex32, hex32, requestIdOf } from "@medexchain/chain";
import type { Result, TransactionDescription, TransactionReceipt } from "ethers";

/** One step of one request in a mined transaction. */
export interface MinedStep {
  readonly account: string;
  /** The contract function, alone or in a batch: `deliverRequest`, `submitReEncryption`, `deliverResponse`, `expire`. */
  readonly action: string;
  readonly chainId: bigint;
  readonly requestId: Hex32;
  /** Whether the contract took it; else the transaction reverted, or the batch skipped it. */
  readonly took: boolean;
}

export interface MinedSteps {
  readonly steps: readonly MinedStep[];
  readonly transactions: number;
  readonly reverted: number;
}

/**
 * The steps that the accounts sent to the outboxes of a chain, in the order of its blocks.
 *
 * @param home the requester's chain of what is delivered here: request ids are of its contract
 */
export async function minedSteps(chain: Chain, home: Chain, accounts: ReadonlySet<string>): Promise<MinedSteps> {
  const { provider, deployment } = chain;
  const steps: MinedStep[] = [];
  let transactions = 0;
  let reverted = 0;
  const head = await provider.getBlockNumber();
  for (let number = 0; number <= head; number += 1) {
    const block = await provider.getBlock(number, true);
    for (const transaction of block?.prefetchedTransactions ?? []) {
      if (!accounts.has(transaction.from)) continue;
      transactions += 1;
      const receipt = await provider.getTransactionReceipt(transaction.hash);
      if (receipt?.status !== 1) reverted += 1;
      const contract = [chain.grants, chain.requests].find(({ target }) => target === transaction.to);
      const call = contract?.interface.parseTransaction({ data: transaction.data });
      if (!contract || !call) continue;
      const requestIds = requestsIn(call, home);
      const skipped = skippedIn(chain, receipt);
      const action = call.name.replace(/s$/, "");
      for (const [place, requestId] of requestIds.entries()) {
        const took = receipt?.status === 1 && !skipped.has(place);
        steps.push({ account: transaction.from, action, chainId: deployment.chainId, requestId, took });
      }
    }
  }
  return { steps, transactions, reverted };
}

/** Whose steps a call carries, by place in the batch; none where it is no step of a request. */
function requestsIn(call: TransactionDescription, home: Chain): Hex32[] {
  const { args } = call;
  // The ABI fixes names and types; ethers' Result is untyped, here and below.
  const many = (name: string): Result[] => [...(args[name] as Result)] as Result[];
  const outbox = { chainId: home.deployment.chainId, address: home.deployment.requests };
  const filed = (request: Result): Hex32 => requestIdOf(outbox, accessRequestOf(request));
  switch (call.name) {
    case "deliverRequest":
      return [filed(args.request as Result)];
    case "deliverRequests":
      return many("requests").map((item) => filed(item.request as Result));
    case "submitReEncryption":
    case "expire":
      return [hex32(args.requestId)];
    case "submitReEncryptions":
      return many("reEncryptions").map((item) => hex32(item.requestId));
    case "deliverResponse":
      return [hex32((args.response as Result).requestId)];
    case "deliverResponses":
      return many("responses").map((item) => hex32((item.response as Result).requestId));
    default:
      return [];
  }
}

/** The places of a batch that the contract skipped. */
function skippedIn({ grants }: Chain, receipt: TransactionReceipt | null): Set<number> {
  const skipped = grants.interface.getEvent("BatchItemSkipped").topicHash; // both outboxes have it
  const places = (receipt?.logs ?? [])
    .filter(({ topics: [topic] }) => topic === skipped)
    .map((log) => Number(grants.interface.parseLog(log)?.args.index));
  return new Set(places);
}
