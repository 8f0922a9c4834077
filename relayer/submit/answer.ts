/** What whoever waits for a step is told when its transaction has come to an end. */
import { ask, type Chain, ContractRefusal, decodeRevert, passingRefusal, type RefusedCall } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { SignedTransaction } from "../database/transactions.ts";
import type { TransactionState } from "../observe/observer.ts";
import { skippedItems } from "./batch-result.ts";
import type { Flight, MinedTransaction, Waiter } from "./flight.ts";
import type { Step } from "./step.ts";

/** How a transaction can end. */
export type Fate = Exclude<TransactionState, "pending" | "superseded">;

/** A flight's end. */
export interface Ended {
  readonly chain: Chain;
  /** Address of the account that sent it. */
  readonly account: string;
  readonly flight: Flight;
  readonly state: Fate;
  readonly mined?: MinedTransaction | undefined;
}

/** Tells all who wait for a flight. Resolves when they know: to find the reasons may take questions. */
export async function answerAll(ended: Ended): Promise<void> {
  const { chain, flight, state, mined } = ended;
  // All steps of a batch go to one contract.
  const to = flight.waiters.find((waiter) => waiter !== undefined)?.step.to;
  const skipped = mined && to !== undefined ? skippedItems(mined.logs, to) : new Map<number, string>();
  await Promise.all(
    flight.waiters.map(async (waiter, place) => {
      if (!waiter) return;
      const reason = skipped.get(place);
      if (state === "confirmed" && reason === undefined) return waiter.resolve("sent");
      try {
        if (await waiter.step.isDone()) return waiter.resolve("already-done");
        const failure = reason === undefined ? await failureOf(waiter.step, ended) : refusal(reason, chain);
        if (failure instanceof ContractRefusal) failure.call = callOf(waiter.step, ended);
        throw failure;
      } catch (error) {
        waiter.reject(error);
      }
    }),
  );
}

/** Tells a waiter why its step was not sent; that it is done already, where it was refused for that. */
export async function rejectUnlessDone(waiter: Waiter, reason: unknown): Promise<void> {
  try {
    if (MedexError.is(reason, "CHAIN_REVERTED") && (await waiter.step.isDone())) waiter.resolve("already-done");
    else waiter.reject(reason);
  } catch (error) {
    waiter.reject(error);
  }
}

/** Why a batch has skipped an item: the custom error that the item would have met alone. */
function refusal(data: string, { deployment }: Chain): MedexError {
  const revert = decodeRevert(data);
  const passing = revert && passingRefusal(revert, deployment);
  if (passing) return passing;
  return new ContractRefusal(deployment, revert, "it used too much gas");
}

async function failureOf(step: Step, { chain, account, flight, state, mined }: Ended): Promise<unknown> {
  const where = `chain ${chain.deployment.chainId}: ${step.action}`;
  switch (state) {
    case "replaced":
      return new MedexError(
        "TRANSACTION_REPLACED",
        `${where}: another transaction of the account took its nonce; it will be sent again`,
      );
    case "refused":
      return new MedexError(
        "TRANSACTION_REFUSED",
        `${where}: the node does not take the transaction (${flight.refusal ?? "no reason given"}); check the account's funds`,
      );
    default:
      return revertReason(chain, callOf(step, { account }), mined?.block, where);
  }
}

const callOf = (step: Step, { account }: Pick<Ended, "account">): RefusedCall => ({
  from: account,
  to: step.to,
  data: step.data(),
});

/** That a transaction is not mined yet. */
export function stillPending({ chainId, action, hash }: SignedTransaction): MedexError {
  return new MedexError(
    "TRANSACTION_PENDING",
    `chain ${chainId}: ${action} ${hash} is not mined yet; the relayer keeps looking for it`,
  );
}

/** Why a mined transaction reverted: the same call is made again on top of its block. */
async function revertReason(
  chain: Chain,
  call: { from: string; to: string; data: string },
  block: number | undefined,
  where: string,
): Promise<unknown> {
  try {
    await ask(chain, () => chain.provider.call({ ...call, blockTag: block ?? "latest" }));
  } catch (error) {
    return error;
  }
  return new MedexError("TRANSACTION_REVERTED", `${where}: reverted, but would succeed now; it will be sent again`);
}
