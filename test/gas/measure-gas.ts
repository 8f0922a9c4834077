import type { ContractTransactionResponse } from "ethers";
import { digest, domainOf, sign } from "../contracts/support/messages.ts";
import {
  aloneIn,
  anchorOf,
  anchorRecord,
  attest,
  epochOf,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  PRIVATE_FRAGMENT,
  responseOf,
  SEALED_REKEY,
  type SignedRequest,
  signRequest,
  type World,
} from "../contracts/support/world.ts";

/** Items of a batch; what the figures are for. */
export const BATCH_SIZE = 50;

/** Gas of one call: alone for the first time, alone once its counters exist, and per item of a batch. */
export interface GasRow {
  readonly first: number;
  readonly repeated: number;
  readonly batched?: number | undefined;
}
export type GasTable = Record<(typeof CALLS)[number], GasRow>;
export const CALLS = [
  "anchor",
  "request",
  "deliverRequest",
  "authorize",
  "submitReEncryption",
  "deliverResponse",
] as const;

const gasOf = async (transaction: Promise<ContractTransactionResponse>): Promise<number> => {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("the transaction is not in a block");
  return Number(receipt.gasUsed);
};

/** Gas per item of a batch, of which every item must have taken effect. */
const gasPerItem = async (skipTopic: string, transaction: Promise<ContractTransactionResponse>): Promise<number> => {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("the transaction is not in a block");
  if (receipt.logs.some(({ topics }) => topics[0] === skipTopic)) throw new Error("an item of the batch was skipped");
  return Math.round(Number(receipt.gasUsed) / BATCH_SIZE);
};

const series = async <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> => {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(await make(i));
  return made;
};

/**
 * Gas of each step of the protocol on two fresh chains. The two single requests are by two doctors, so that `first` meets no
 * counter and `repeated` is by the first doctor again. One relayer decides on re-encryptions, two of three attest responses.
 */
export async function measureGas(): Promise<GasTable> {
  const world = await loadWorld();
  const { a, b } = world;
  for (const chain of [a, b]) await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 1_000_000n);
  await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 1_000n);
  await a.relayers.setThreshold(1n);
  const records = a.records.connect(a.actors.patient);
  const grants = a.grants.connect(a.actors.relayer1);
  const asOwner = a.grants.connect(a.actors.patient);
  const skipTopic = grants.interface.getEvent("BatchItemSkipped").topicHash;

  const anchorNumbered = (i: number) => anchorOf({ salt: digest(`record ${i}`), maxAccessCount: 1_000n });
  await anchorRecord(world, { maxAccessCount: 1_000n });
  const anchor = {
    first: await gasOf(records.anchor(anchorNumbered(1))),
    repeated: await gasOf(records.anchor(anchorNumbered(2))),
    batched: await gasPerItem(
      skipTopic,
      records.anchorBatch(Array.from({ length: BATCH_SIZE }, (_, i) => anchorNumbered(100 + i))),
    ),
  };

  const signed = await series(BATCH_SIZE + 2, () => signRequest(world));
  const [one, two, ...rest] = signed as [SignedRequest, SignedRequest, ...SignedRequest[]];
  const file = ({ request, signature }: SignedRequest) => gasOf(b.requests.request(request, signature));
  const request = { first: await file(one), repeated: await file(two) };
  for (const each of rest) await file(each);

  const deliver = ({ request, signature }: SignedRequest) =>
    gasOf(grants.deliverRequest(b.chainId, request, signature));
  const deliverRequest = {
    first: await deliver(one),
    repeated: await deliver(two),
    batched: await gasPerItem(skipTopic, grants.deliverRequests(b.chainId, rest)),
  };

  const epoch = await epochOf(a);
  const approve = ({ requestId }: SignedRequest) =>
    gasOf(asOwner.authorize(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, epoch));
  const signApproval = async ({ requestId }: SignedRequest) => {
    const message = { requestId, sealedRekey: SEALED_REKEY, privateFragment: PRIVATE_FRAGMENT, epoch };
    const signature = await sign(a.actors.patient, await domainOf(a, "grants"), "Authorization", message);
    return { ...message, signature };
  };
  const authorize = {
    first: await approve(one),
    repeated: await approve(two),
    batched: await gasPerItem(skipTopic, a.mailbox.authorizeBatch(a.grants, await Promise.all(rest.map(signApproval)))),
  };

  const attestations = aloneIn(epoch);
  const submit = ({ requestId }: SignedRequest) => gasOf(grants.submitReEncryption(requestId, attestations));
  const submitReEncryption = {
    first: await submit(one),
    repeated: await submit(two),
    batched: await gasPerItem(
      skipTopic,
      grants.submitReEncryptions(rest.map(({ requestId }) => ({ requestId, attestations }))),
    ),
  };

  const answers = await series(signed.length, (i) => answerTo(world, signed[i] as SignedRequest)); // i is within the list
  const [answerOne, answerTwo, ...answersRest] = answers as [Answer, Answer, ...Answer[]];
  const answer = ({ response, attestations }: Answer) =>
    gasOf(b.requests.deliverResponse(a.chainId, response, attestations));
  const deliverResponse = {
    first: await answer(answerOne),
    repeated: await answer(answerTwo),
    batched: await gasPerItem(skipTopic, b.requests.deliverResponses(a.chainId, answersRest)),
  };
  return { anchor, request, deliverRequest, authorize, submitReEncryption, deliverResponse };
}

type Answer = Awaited<ReturnType<typeof answerTo>>;
const answerTo = async (world: World, { requestId }: SignedRequest) => {
  const response = await responseOf(world, requestId);
  return { response, attestations: await attest(world, response) };
};
