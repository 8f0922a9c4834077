/** Follows both chains: notes when each request reaches each stage, and approves at once, as owners who had it prepared. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Chain, Hex32 } from "../../offchain/chain/index.ts";
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

const POLL_MS = 20;
/** Enough for any authorisation; asking for an estimate each time would be the owner's work, not the relayer's. */
const AUTHORIZE_GAS = "0x7a120";

export function follow({ cast, sealedRekeys, owner }: Load): Following {
  const { chainA, chainB } = cast;
  const sightings: Sightings = new Map();
  let answered = 0;
  const note = (requestId: string, stage: StageName): void => {
    const id = requestId as Hex32; // bytes32; ethers types every hex string as `string`
    const seen = sightings.get(id) ?? {};
    if (seen[stage] === undefined) seen[stage] = Date.now();
    sightings.set(id, seen);
    if (stage === "answered") answered += 1;
  };
  let nonce: number | undefined;
  // A chain that makes a block of each transaction queues none: they go in their order.
  const approve = async (requestId: Hex32): Promise<void> => {
    const sealedRekey = sealedRekeys.get(requestId);
    if (sealedRekey === undefined) throw new Error(`request ${requestId} was not prepared`);
    nonce ??= await chainA.provider.getTransactionCount(owner, "pending");
    const data = chainA.grants.interface.encodeFunctionData("authorize", [requestId, sealedRekey, anyBlockId()]);
    const call = { from: owner, to: chainA.deployment.grants, data, gas: AUTHORIZE_GAS };
    await chainA.provider.send("eth_sendTransaction", [{ ...call, nonce: `0x${(nonce++).toString(16)}` }]);
  };

  const onA = async (from: number, to: number) => {
    const { grants } = chainA;
    const logs = await chainA.provider.getLogs({ address: chainA.deployment.grants, fromBlock: from, toBlock: to });
    const arrived: Hex32[] = [];
    for (const log of logs) {
      const event = grants.interface.parseLog(log);
      if (event === null) continue;
      if (event.name === "RequestDelivered") {
        note(event.args.requestId, "delivered");
        arrived.push(event.args.requestId);
      }
      if (event.name === "ReEncryptionRequested") note(event.args.requestId, "authorized");
      if (event.name === "ResponseReady") note(event.args.requestId, "granted");
    }
    for (const requestId of arrived) await approve(requestId);
  };
  const onB = async (from: number, to: number) => {
    const { requests } = chainB;
    for (const { args } of await requests.queryFilter(requests.filters.ResponseDelivered(), from, to)) {
      note(args.requestId, "answered");
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
  const failed = new Promise<never>((_, reject) => {
    watching.catch(reject);
  });
  failed.catch(() => undefined); // whoever waits for the end is told
  return {
    sightings,
    answered: () => answered,
    failed,
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
}
