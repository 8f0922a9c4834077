/** Answers that relayers' keys attest without their software: true ones, and lies. */
import { type AccessResponse, type Hex32, responseDigestOf, toHex32, transact } from "@medexchain/chain";
import type { Wallet } from "ethers";
import type { Hospitals } from "./hospitals.ts";

/** A request that its owner denied on chain A, with nobody to relay it. The doctor must be known there. */
export async function deniedRequest(hospitals: Hospitals): Promise<Hex32> {
  const { chainA, b } = hospitals;
  const { request, requestId, signature } = await hospitals.file();
  const { grants } = hospitals.as(chainA, "patient");
  await transact(chainA, () => grants.deliverRequest(b.chainId, request, signature));
  await transact(chainA, () => grants.deny(requestId));
  return requestId;
}

/** What chain A decided. */
export async function truthOf({ chainA }: Hospitals, id: Hex32): Promise<AccessResponse> {
  const { requestId, decision, decidedAt, contents, reEncryption, privateFragment } =
    await chainA.grants.responseOf(id);
  return { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
}

/** That a request was granted, which it was not. */
export function falseGrant(requestId: Hex32, decidedAt: bigint): AccessResponse {
  const made = (byte: number) => toHex32(new Uint8Array(32).fill(byte));
  return { requestId, decision: 1n, decidedAt, contents: made(1), reEncryption: made(2), privateFragment: made(3) };
}

/** Has keys of relayers attest an answer, and the first of them bring it to chain B. */
export async function deliverAs(
  { a, b, chainB }: Pick<Hospitals, "a" | "b" | "chainB">,
  relayers: readonly [Wallet, ...Wallet[]],
  response: AccessResponse,
): Promise<void> {
  const terms = { epoch: await chainB.relayers.epoch(), expiry: response.decidedAt + 86_400n };
  const contracts = [
    { chainId: b.chainId, address: b.requests },
    { chainId: a.chainId, address: a.grants },
  ] as const;
  const digest = responseDigestOf(...contracts, response, terms);
  const by = relayers
    .map(({ address, signingKey }) => ({ relayer: address, signature: signingKey.sign(digest).serialized }))
    .sort((one, other) => (BigInt(one.relayer) < BigInt(other.relayer) ? -1 : 1));
  const { requests } = chainB.as(relayers[0].connect(chainB.provider));
  await transact(chainB, () => requests.deliverResponse(a.chainId, response, { ...terms, by }));
}
