/** Follows both chains: notes when each request reaches each stage, and approves at once, as owners who had it prepared. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Chain, chainLogs, type Hex32, hex32 } from "@medexchain/chain";
import { z } from "zod";
import { anyBlockId, type Load } from "./load.ts";

export const STAGES = ["delivered", "authorized", "granted", "answered"] as const;
export type StageName = (typeof STAGES)[number];

/** When a request was first seen at each stage, ms since the epoch. */
export type Sightings = Map<Hex32, Partial<Record<StageName, number>>>;

export interface Following {
  readonly sightings: Sightings;
  /** How many requests are answered. */
  answered(): number;
  /** Rejects when a chain cannot be followed. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** How exactly a stage is timed; each look costs what the relayer and the chains then lack. */
const POLL_MS = 100;
const logsSchema = z.array(z.object({ topics: z.array(z.string()) }));
/** Enough for any authorisation; to ask for an estimate and for fees each time would be the owner's work, not the relayer's. */
const AUTHORIZE_GAS = "0x7a120";
const FEES = { maxFeePerGas: "0x174876e800", maxPriorityFeePerGas: "0x3b9aca00" };

/** @param beforeApproval what an owner does before it approves, beside what was prepared */
export function follow(
  { cast, sealedRekeys, group, owner }: Load,
  beforeApproval: () => Promise<void> = async () => undefined,
): Following {
  const { chainA, chainB } = cast;
  const sightings: Sightings = new Map();
  let answered = 0;
  const note = (requestId: string, stage: StageName): void => {
    const id = hex32(requestId);
    const seen = sightings.get(id) ?? {};
    if (seen[stage] === undefined) seen[stage] = Date.now();
    sightings.set(id, seen);
    if (stage === "answered") answered += 1;
  };
  const { promise: failed, reject: refuse } = Promise.withResolvers<never>();
  // The development chain signs for the owner, and knows the next nonce.
  const approve = async (requestId: Hex32): Promise<void> => {
    const sealedRekey = sealedRekeys.get(requestId);
    if (sealedRekey === undefined) throw new Error(`request ${requestId} was not prepared`);
    await beforeApproval();
    const data = chainA.grants.interface.encodeFunctionData("authorize", [
      requestId,
      sealedRekey,
      anyBlockId(),
      group.epoch,
    ]);
    const call = { from: owner, to: chainA.deployment.grants, data, gas: AUTHORIZE_GAS, ...FEES };
    await chainA.provider.send("eth_sendTransaction", [call]);
  };

  // What each event tells is in its topics: to decode the rest would be work that no relayer does.
  const stageOf = new Map<string, StageName>([
    [chainA.grants.interface.getEvent("RequestDelivered").topicHash, "delivered"],
    [chainA.grants.interface.getEvent("ReEncryptionRequested").topicHash, "authorized"],
    [chainA.grants.interface.getEvent("ResponseReady").topicHash, "granted"],
    [chainB.requests.interface.getEvent("ResponseDelivered").topicHash, "answered"],
  ]);
  const read = async (chain: Chain, address: string, from: number, to: number) => {
    const topics = [[...stageOf.keys()]];
    const query = async (first: number, last: number) => {
      const range = { fromBlock: `0x${first.toString(16)}`, toBlock: `0x${last.toString(16)}` };
      return logsSchema.parse(await chain.provider.send("eth_getLogs", [{ address, topics, ...range }]));
    };
    const logs = await chainLogs(chain, query, { from, to });
    return logs.map(({ topics }) => ({ stage: stageOf.get(topics[0] ?? ""), topics }));
  };
  // Owners do not wait for each other, and do not keep the next look waiting.
  let approving: Promise<unknown> = Promise.resolve();
  const onA = async (from: number, to: number) => {
    const delivered: Hex32[] = [];
    for (const { stage, topics } of await read(chainA, chainA.deployment.grants, from, to)) {
      const [, , requestId] = topics; // each of the three has a number first
      if (!stage || requestId === undefined) continue;
      note(requestId, stage);
      if (stage === "delivered") delivered.push(hex32(requestId));
    }
    if (delivered.length === 0) return;
    approving = approving.then(() => Promise.all(delivered.map(approve)));
    approving.catch(refuse);
  };
  const onB = async (from: number, to: number) => {
    for (const { stage, topics } of await read(chainB, chainB.deployment.requests, from, to)) {
      const [, requestId] = topics;
      if (stage && requestId !== undefined) note(requestId, stage);
    }
  };

  const stopping = new AbortController();
  const watch = async (chain: Chain, read: (from: number, to: number) => Promise<void>) => {
    let next = 0;
    while (!stopping.signal.aborted) {
      const head = await chain.provider.getBlockNumber();
      if (head >= next) await read(next, head);
      next = head + 1;
      await sleep(POLL_MS);
    }
  };
  const watching = Promise.all([watch(chainA, onA), watch(chainB, onB)]);
  watching.catch(refuse);
  failed.catch(() => undefined); // whoever waits for the end is told
  return {
    sightings,
    answered: () => answered,
    failed,
    stop: async () => {
      stopping.abort();
      await watching;
      await approving;
    },
  };
}
