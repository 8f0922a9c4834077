import type { ContractTransactionResponse } from "ethers";
import type { Chain } from "../contracts/support/chain.ts";
import { deployClient, proofsOfMessages, provePeaks, updateTo, validatorsOf } from "../contracts/support/sealing.ts";
import {
  aloneIn,
  anchorRecord,
  approve,
  attest,
  epochOf,
  fileRequest,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  responseOf,
  type SignedRequest,
  signRequest,
  type World,
} from "../contracts/support/world.ts";

/** Gas a message, of so many that are carried together, over a lane of each policy. */
export interface ProvenRow {
  readonly messages: number;
  readonly request: { readonly attested: number; readonly proven: number };
  readonly response: { readonly attested: number; readonly proven: number };
}

/** By what a message that is proven may cost more. */
export const PROVEN_RATIO = 1.5;
const COUNTS = [1, 10, 50];
export const VALIDATORS = 4;
const ATTESTED = 0n;
const PROVEN = 1n;
const NONE = { epoch: 0n, expiry: 0n, by: [] };

/** A range in use, in which a batch does not begin the first peaks. */
const BEFORE = 21;

/**
 * What messages cost the chain that they come to: attested or signed, and proven under one header of a chain with four validators. The
 * proven figure has its share of the header, of the proofs of all peaks, and its own path.
 */
export async function measureProven(): Promise<ProvenRow[]> {
  const world = await loadWorld();
  const { a, b } = world;
  for (const chain of [a, b]) await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 1_000_000n);
  await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 1_000_000n);
  await a.relayers.setThreshold(1n);
  await anchorRecord(world, { maxAccessCount: 1_000_000n });
  const validators = validatorsOf("validator", VALIDATORS);
  const lanes = { a: await laneFrom(a, b, validators), b: await laneFrom(b, a, validators) };
  await carry(world, lanes, BEFORE);
  const rows: ProvenRow[] = [];
  for (const messages of COUNTS) rows.push({ messages, ...(await carry(world, lanes, messages)) });
  return rows;
}

type Lane = Awaited<ReturnType<typeof laneFrom>>;

/** On `here`, what `there` sent. */
async function laneFrom(here: Chain, there: Chain, validators: ReturnType<typeof validatorsOf>) {
  const client = await deployClient(here, there, validators);
  await here.mailbox.setClient(there.chainId, client);
  const setPolicy = (policy: bigint) => here.mailbox.setPolicy(there.chainId, policy);
  /** Gas to prove all that a contract sent so far. */
  const prove = async (sender: string): Promise<number> => {
    const updated = await here.ethers.provider.getBlockNumber();
    await provePeaks(here.mailbox, there, sender, await updateTo(client, there, { validators }));
    let gas = 0;
    for (let number = updated + 1; number <= (await here.ethers.provider.getBlockNumber()); number++) {
      gas += Number((await here.ethers.provider.getBlock(number))?.gasUsed ?? 0);
    }
    return gas;
  };
  return { setPolicy, prove };
}

const gasOf = async (sent: Promise<ContractTransactionResponse>, skipTopic: string): Promise<number> => {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("the transaction is not in a block");
  if (receipt.logs.some(({ topics }) => topics[0] === skipTopic)) throw new Error("an item of the batch was skipped");
  return Number(receipt.gasUsed);
};

/** Carries twice so many requests, half of them proven, and their answers the same way. */
async function carry(world: World, lanes: { readonly a: Lane; readonly b: Lane }, count: number) {
  const { a, b } = world;
  const skipTopic = a.mailbox.interface.getEvent("BatchItemSkipped").topicHash;
  const share = (gas: number): number => Math.round(gas / count);
  const grants = await a.grants.getAddress();
  const requests = await b.requests.getAddress();

  const signed: SignedRequest[] = [];
  for (let i = 0; i < 2 * count; i++) signed.push(await signRequest(world));
  for (const each of signed) await fileRequest(world, each);
  const [plain, proven] = [signed.slice(0, count), signed.slice(count)];

  await lanes.a.setPolicy(ATTESTED);
  const requestAttested = await gasOf(a.grants.deliverRequests(b.chainId, plain), skipTopic);
  await lanes.a.setPolicy(PROVEN);
  let gas = await lanes.a.prove(requests);
  const requestProofs = await proofsOfMessages(
    b,
    requests,
    proven.map(({ requestId }) => requestId),
  );
  const items = proven.map(({ request, signature }, i) => ({ request, signature, proof: requestProofs[i]! }));
  gas += await gasOf(a.mailbox.deliverRequestsProven(a.grants, b.chainId, items), skipTopic);
  const request = { attested: share(requestAttested), proven: share(gas) };

  const attestations = aloneIn(await epochOf(a));
  for (const { requestId } of signed) {
    await approve(world, requestId);
    await a.grants.connect(a.actors.relayer1).submitReEncryption(requestId, attestations);
  }
  const answersTo = (list: readonly SignedRequest[]) =>
    Promise.all(list.map(({ requestId }) => responseOf(world, requestId)));
  await lanes.b.setPolicy(ATTESTED);
  const responses = await answersTo(plain);
  const attested = await Promise.all(
    responses.map(async (response) => ({ response, attestations: await attest(world, response) })),
  );
  const responseAttested = await gasOf(b.requests.deliverResponses(a.chainId, attested), skipTopic);
  await lanes.b.setPolicy(PROVEN);
  gas = await lanes.b.prove(grants);
  const answers = await answersTo(proven);
  const messages = await Promise.all(answers.map((each) => b.requests.answerDigest(each)));
  const proofs = await proofsOfMessages(a, grants, messages);
  const provenItems = answers.map((response, i) => ({ response, attestations: NONE, proof: proofs[i]! }));
  gas += await gasOf(b.mailbox.deliverResponsesProven(b.requests, a.chainId, provenItems), skipTopic);
  return { request, response: { attested: share(responseAttested), proven: share(gas) } };
}
