import { readFileSync } from "node:fs";
import type { DataUser } from "@medexchain/actors";
import { type Chain, type Hex32, type RequestState, requestStateOf } from "@medexchain/chain";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { parsePolicy } from "@medexchain/sfe";
import { expect } from "chai";
import type { Cast } from "../../devnet/cast.ts";
import type { LanePolicy } from "../../devnet/chains.ts";
import { until } from "../until.ts";
import { type Network, startNetwork } from "../world/network.ts";

const example = (file: string): Buffer => readFileSync(new URL(`../../examples/${file}`, import.meta.url));

export const exampleDocument = new Uint8Array(example("patient-record.json"));
export const exampleSelectors = parsePolicy(example("policy.json").toString()).private;

/** Starts a development network with its people before a suite, and ends it afterwards. */
export function withNetwork(use: (network: Network) => void, lanes?: LanePolicy): void {
  let network: Network | undefined;
  before(async () => {
    network = await startNetwork(lanes);
    use(network);
  });
  after(() => network?.[Symbol.asyncDispose]());
}

/** Publishes the example record. */
export async function publishExample({ patient }: Cast, maxAccessCount = 5): Promise<Hex32> {
  const { recordId } = await patient.publish({
    document: exampleDocument,
    privateSelectors: exampleSelectors,
    maxAccessCount,
  });
  return recordId;
}

/** Waits until the request is in the state on the owner's chain. */
export function reachesOwner({ chainA }: Cast, requestId: Hex32, state: RequestState): Promise<void> {
  return reaches(async () => (await chainA.grants.grant(requestId)).state, state);
}

/** Waits until the request is in the state on the requester's chain. */
export function reachesRequester({ chainB }: Cast, requestId: Hex32, state: RequestState): Promise<void> {
  return reaches(async () => (await chainB.requests.status(requestId)).state, state);
}

/** Files a request and waits until the relayer has carried it to the owner's chain. */
export async function requestFrom(cast: Cast, doctor: DataUser, recordId: Hex32, lifetime = 3600): Promise<Hex32> {
  const { requestId } = await doctor.request({ recordId, lifetime });
  await reachesOwner(cast, requestId, "Pending");
  return requestId;
}

/** Files a request, has it approved, and waits for the answer. */
export async function grantTo(
  cast: Cast,
  doctor: DataUser,
  recordId: Hex32,
  features?: ReadonlySet<string>,
): Promise<Hex32> {
  const requestId = await requestFrom(cast, doctor, recordId);
  const { decision } = await cast.patient.approve(requestId, features && { features });
  expect(decision).to.equal("Granted");
  await reachesRequester(cast, requestId, "Granted");
  return requestId;
}

/** The error of a call that must fail with this code. */
export async function failsWith(code: ErrorCode, call: () => Promise<unknown>): Promise<MedexError> {
  try {
    await call();
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    expect(error.code, error.message).to.equal(code);
    return error;
  }
  throw new Error(`it did not fail with ${code}`);
}

/** Moves a development chain's clock forward by mining a block in the future. */
export async function passTime({ provider }: Chain, seconds: number): Promise<void> {
  await provider.send("evm_increaseTime", [seconds]);
  await provider.send("evm_mine", []);
}

async function reaches(read: () => Promise<bigint>, wanted: RequestState): Promise<void> {
  let state: RequestState | undefined;
  const isReached = async () => {
    state = requestStateOf(await read());
    return state === wanted;
  };
  await until(() => `the request is ${state}, not ${wanted}`, isReached);
}
