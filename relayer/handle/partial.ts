/** This relayer's part of a re-encryption: made of its share, published, and disputed where its firewall committed to another. */
import { chainLogs, findRecord, fromHex32, type Hex32, toHex32 } from "@medexchain/chain";
import type { GrantStructOutput } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { namesInSealedReKey } from "@medexchain/pre";
import { chainOf, type RelayChain } from "../chains/relay-chain.ts";
import type { Job } from "../database/jobs.ts";
import { DisputedShare } from "../re-encrypt/pool.ts";
import { agreedRecordOf } from "../rpc/views.ts";
import type { HandlerContext } from "./context.ts";
import { groupOf } from "./group.ts";

/** Where each relayer's partial of a request is, if it is out: digests of their CIDs by address in lower case. Who was dealt nothing is not in it. */
export type PartialDigests = ReadonlyMap<string, Uint8Array>;

/** Evidence that this process has seen on-chain: the same job comes again, and its evidence is the same each time. */
const disputed = new WeakMap<RelayChain, Set<Hex32>>();
/** Of the latest disputes so many are remembered. */
const MOST_DISPUTED = 1_000;

/**
 * Makes this relayer's partial of an authorised request and publishes it.
 *
 * @param grant as the chain has it
 * @returns where the others' are
 * @throws SHARE_MISSING when this relayer has no share; SHARE_INVALID when its own is wrong, once that is published where it is proven;
 *   DEALING_INVALID, CAPSULE_INVALID, SEALED_REKEY_INVALID, CONTENT_INVALID, of which no relayer can make anything
 */
export async function publishPartial(
  context: HandlerContext,
  { chainId, requestId }: Pick<Job, "chainId" | "requestId">,
  grant: Pick<GrantStructOutput, "recordId" | "key" | "relayerEpoch">,
): Promise<PartialDigests> {
  const { store, account, reEncryptor, observe, closing: signal } = context;
  const here = chainOf(context.chains, chainId);
  const recordId = grant.recordId as Hex32; // bytes32 in the ABI, as is the key
  const epoch = grant.relayerEpoch;
  const { threshold, indexOf } = await groupOf(here.chain, epoch);
  const index = indexOf.get(account.address.toLowerCase());
  if (index === undefined) {
    throw new MedexError(
      "SHARE_MISSING",
      `chain ${chainId}: ${account.address} was no relayer in epoch ${epoch}, to whose relayers request ${requestId} is sealed; others re-encrypt it`,
    );
  }
  const [capsule, sealedReKey] = await Promise.all([
    context.capsules.get(`${chainId} ${recordId}`, async () =>
      store.get(fromHex32(await capsuleOf(here, recordId)), { maxBytes: CONTENT_LIMITS.capsule, signal }),
    ),
    store.get(fromHex32(grant.key as Hex32), { maxBytes: CONTENT_LIMITS.sealedReKey, signal }),
  ]);
  const names = namesInSealedReKey(sealedReKey); // the thread that re-encrypts checks all of it
  const shares = await store.get(names.shares, { maxBytes: CONTENT_LIMITS.sealedShares, signal });
  const indices = [...indexOf.values()];
  const task = { requestId: fromHex32(requestId), epoch, index, indices, threshold, capsule, sealedReKey, shares };
  const started = performance.now();
  const partial = await reEncryptor.run(task).catch(async (error: unknown) => {
    if (error instanceof DisputedShare) await dispute(context, here, requestId, error.evidence);
    throw error;
  });
  observe({ type: "re-encrypted", requestId, ms: Math.round(performance.now() - started) });
  await store.put(partial, { maxBytes: CONTENT_LIMITS.partial, signal });
  return new Map(
    [...indexOf].flatMap(([relayer, of]) => {
      const digest = names.digests[names.indices.indexOf(of)];
      return digest ? [[relayer, digest]] : [];
    }),
  );
}

/** Publishes the proof that a firewall committed to a wrong partial of this relayer's, and says so on-chain, once. */
async function dispute(
  { store, account, closing: signal }: HandlerContext,
  here: RelayChain,
  requestId: Hex32,
  evidence: Uint8Array,
): Promise<void> {
  const { chain, config, submitter } = here;
  const done = disputed.get(here) ?? new Set<Hex32>();
  disputed.set(here, done);
  const digest = toHex32((await store.put(evidence, { maxBytes: CONTENT_LIMITS.dispute, signal })).digest);
  const { relayers } = chain;
  const filter = relayers.filters.PartialDisputed(account.address, undefined, requestId);
  const isDone = async () => {
    const read = (from: number, to: number) => relayers.queryFilter(filter, from, to);
    const logs = await chainLogs(chain, read, { from: config.fromBlock });
    return logs.some(({ args }) => args.evidence === digest);
  };
  if (done.has(digest)) return;
  if (!(await isDone())) {
    await submitter.submit({
      requestId,
      action: "disputePartial",
      to: chain.deployment.relayers,
      data: () => relayers.interface.encodeFunctionData("disputePartial", [requestId, digest]),
      isDone,
    });
  }
  if (done.size >= MOST_DISPUTED) done.clear();
  done.add(digest);
}

/** The digest of a record's capsule: from a log, which its commitment proves, which several nodes name where there are several. */
async function capsuleOf(here: RelayChain, recordId: Hex32): Promise<Hex32> {
  const { contents, capsule } = await findRecord(here.chain, recordId);
  if (here.config.fallbackRpcUrls.length > 0 && (await agreedRecordOf(here, recordId)).contents !== contents) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${here.chain.deployment.chainId}: its nodes disagree about record ${recordId}; check them`,
    );
  }
  return capsule;
}
