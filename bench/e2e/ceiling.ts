/** What the parts of a run reach by themselves, flat out, with nobody else at work: what a run cannot exceed. */

import { type Chain, findRecord, fromHex32 } from "@medexchain/chain";
import { parseSealedReKey, relayerKeyPairOf } from "@medexchain/pre";
import { hexToBytes } from "@noble/hashes/utils.js";
import { Transaction, Wallet } from "ethers";
import { fund } from "../../devnet/funding.ts";
import { startReEncryptor } from "../../relayer/re-encrypt/pool.ts";
import type { SignedRequest } from "./file-requests.ts";
import type { Load } from "./load.ts";

export interface Ceiling {
  /** Requests that chain A takes per second, each in a transaction of its own. */
  readonly deliveredAlone: number;
  /** Requests that chain A takes per second in transactions of `batch` each. */
  readonly deliveredInBatches: number;
  readonly batch: number;
  /** Re-encryptions per second in one thread, from the sealed key, the sealed shares and the capsule to the partial. */
  readonly reEncryptions: number;
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
  const reEncryptions = await reEncryptionRate(load, alone[0]);
  return {
    deliveredAlone: ALONE / (await sendAll(chainA, oneByOne, GAS_EACH)),
    deliveredInBatches: (BATCHES * BATCH) / (await sendAll(chainA, together, GAS_EACH * BigInt(BATCH))),
    batch: BATCH,
    reEncryptions,
  };
}

/** Seconds that the chain takes for transactions that were signed before, each sent when the one before was taken. */
async function sendAll(chain: Chain, calls: readonly string[], gasLimit: bigint): Promise<number> {
  const account = new Wallet(Wallet.createRandom().privateKey);
  await fund(chain.deployment, account.address);
  const { chainId, grants: to } = chain.deployment;
  const { maxFeePerGas, maxPriorityFeePerGas } = await chain.provider.getFeeData();
  const fees = { maxFeePerGas: (maxFeePerGas ?? 0n) * 2n, maxPriorityFeePerGas };
  const signed: string[] = [];
  for (const [nonce, data] of calls.entries()) {
    signed.push(await account.signTransaction({ type: 2, chainId, to, data, nonce, gasLimit, ...fees }));
  }
  const started = performance.now();
  for (const raw of signed) await chain.provider.send("eth_sendRawTransaction", [raw]);
  const last = Transaction.from(signed.at(-1)).hash ?? "";
  const receipt = await chain.provider.waitForTransaction(last, 1);
  const seconds = (performance.now() - started) / 1000;
  if (receipt?.status !== 1) throw new Error("chain A did not take what was sent to it flat out");
  return seconds;
}

/** The inputs of one prepared request, again and again: the work does not depend on them. */
async function reEncryptionRate(load: Load, sample: SignedRequest | undefined): Promise<number> {
  const [prepared] = load.sealedRekeys;
  const [relayer] = load.relayers;
  if (!prepared || !relayer || !sample) throw new RangeError("a load has a request and a relayer");
  const [requestId, sealedRekey] = prepared;
  const { store, chainA } = load.cast;
  const { capsule } = await findRecord(chainA, sample.request.recordId);
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
    const started = performance.now();
    await many(RE_ENCRYPTIONS);
    return RE_ENCRYPTIONS / ((performance.now() - started) / 1000);
  } finally {
    await pool.close();
  }
}
