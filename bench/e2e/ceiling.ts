/** What the parts of a run reach by themselves, flat out, with nobody else at work: what a run cannot exceed. */

import { type Chain, findRecord, fromHex32, hex32 } from "@medexchain/chain";
import { parseSealedReKey, relayerKeyPairOf } from "@medexchain/pre";
import { hexToBytes } from "@noble/hashes/utils.js";
import { Transaction, Wallet } from "ethers";
import { fund } from "../../devnet/funding.ts";
import { startReEncryptor } from "../../relayer/re-encrypt/pool.ts";
import type { Load } from "./load.ts";

export interface Ceiling {
  /** Requests that chain A takes per second, each in a transaction of its own. */
  readonly deliveredAlone: number;
  /** Requests that chain A takes per second in transactions of `batch` each. */
  readonly deliveredInBatches: number;
  readonly batch: number;
  /** Re-encryptions per second in one thread, from the sealed key, the sealed shares and the capsule to the partial. */
  readonly reEncryptions: number;
  /** What each takes of the processors, ms: other programs do not move that. */
  readonly processor: {
    readonly deliveredAlone: number;
    readonly deliveredInBatch: number;
    readonly reEncryption: number;
  };
}

/** How long something took, and what it took of the processors, in seconds. */
interface Spent {
  readonly seconds: number;
  readonly processor: number;
}

async function spend(work: () => Promise<void>): Promise<Spent> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1_000, processor: (user + system) / 1_000_000 };
}

const ALONE = 100;
const BATCHES = 10;
const BATCH = 25;
const RE_ENCRYPTIONS = 200;
const GAS_EACH = 450_000n;

/** Measures on the chains of a load, after its run, with requests that were not filed. */
export async function measureCeiling(load: Load): Promise<Ceiling> {
  const alone = load.signRequests(ALONE);
  const others = load.signRequests(BATCHES * BATCH);
  const batches = Array.from({ length: BATCHES }, (_, index) => others.slice(index * BATCH, (index + 1) * BATCH));
  const { chainA, chainB } = load.cast;
  const source = chainB.deployment.chainId;
  const { interface: abi } = chainA.grants;
  const oneByOne = alone.map(({ request, signature }) =>
    abi.encodeFunctionData("deliverRequest", [source, request, signature]),
  );
  const together = batches.map((items) => abi.encodeFunctionData("deliverRequests", [source, items]));
  const reEncrypting = await reEncryptMany(load);
  const sentAlone = await sendAll(chainA, oneByOne, GAS_EACH);
  const sentInBatches = await sendAll(chainA, together, GAS_EACH * BigInt(BATCH));
  return {
    deliveredAlone: ALONE / sentAlone.seconds,
    deliveredInBatches: (BATCHES * BATCH) / sentInBatches.seconds,
    batch: BATCH,
    reEncryptions: RE_ENCRYPTIONS / reEncrypting.seconds,
    processor: {
      deliveredAlone: (1_000 * sentAlone.processor) / ALONE,
      deliveredInBatch: (1_000 * sentInBatches.processor) / (BATCHES * BATCH),
      reEncryption: (1_000 * reEncrypting.processor) / RE_ENCRYPTIONS,
    },
  };
}

/** What the chain takes for transactions that were signed before, each sent when the one before was taken. */
async function sendAll(chain: Chain, calls: readonly string[], gasLimit: bigint): Promise<Spent> {
  const account = new Wallet(Wallet.createRandom().privateKey);
  await fund(chain.deployment, account.address);
  const { chainId, grants: to } = chain.deployment;
  const { maxFeePerGas, maxPriorityFeePerGas } = await chain.provider.getFeeData();
  const fees = { maxFeePerGas: (maxFeePerGas ?? 0n) * 2n, maxPriorityFeePerGas };
  const signed: string[] = [];
  for (const [nonce, data] of calls.entries()) {
    signed.push(await account.signTransaction({ type: 2, chainId, to, data, nonce, gasLimit, ...fees }));
  }
  return spend(async () => {
    for (const raw of signed) await chain.provider.send("eth_sendRawTransaction", [raw]);
    const last = Transaction.from(signed.at(-1)).hash ?? "";
    const receipt = await chain.provider.waitForTransaction(last, 1);
    if (receipt?.status !== 1) throw new Error("chain A did not take what was sent to it flat out");
  });
}

/** The inputs of one prepared request, again and again: the work does not depend on them. */
async function reEncryptMany(load: Load): Promise<Spent> {
  const [prepared] = load.sealedRekeys;
  const [relayer] = load.relayers;
  if (!prepared || !relayer) throw new RangeError("a load has a request and a relayer");
  const [requestId, sealedRekey] = prepared;
  const { store, chainA } = load.cast;
  const { recordId } = await chainA.grants.grant(requestId);
  const { capsule } = await findRecord(chainA, hex32(recordId));
  const { epoch, threshold, relayers } = load.group;
  const [first] = relayers;
  if (!first) throw new RangeError("a group has a relayer");
  const pool = startReEncryptor(1, await relayerKeyPairOf(hexToBytes(relayer.secrets.sealingKey)));
  try {
    const sealedReKey = await store.get(fromHex32(sealedRekey));
    const task = {
      requestId: fromHex32(requestId),
      epoch,
      index: first.index, // the first account is the first relayer
      indices: relayers.map(({ index }) => index),
      threshold,
      capsule: await store.get(fromHex32(capsule)),
      sealedReKey,
      shares: await store.get(parseSealedReKey(sealedReKey).shares),
    };
    const many = (count: number) => Promise.all(Array.from({ length: count }, () => pool.run(task)));
    await many(RE_ENCRYPTIONS / 4);
    return await spend(async () => void (await many(RE_ENCRYPTIONS)));
  } finally {
    await pool.close();
  }
}
