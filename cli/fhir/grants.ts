/** What a doctor was granted: which requests, and what the chains say of one. */

import {
  ask,
  type Chain,
  findRecord,
  findRequest,
  type Hex32,
  hex32,
  purposeText,
  requestStateOf,
} from "@medexchain/chain";
import type { Grant } from "@medexchain/fhir";
import { queryAll } from "../session/event-logs.ts";

/** Who granted a request that was opened, to whom, and the digests that stand on-chain. */
export async function grantOf(chain: Chain, ownerChain: Chain, requestId: Hex32): Promise<Grant> {
  const { requestedAt } = await ask(chain, () => chain.requests.status(requestId));
  const { recordId, requester, purpose } = await findRequest(chain, requestId, requestedAt);
  const [{ owner, capsule, publicFragment }, { decidedAt, reEncryption }] = await Promise.all([
    findRecord(ownerChain, recordId),
    ask(ownerChain, () => ownerChain.grants.responseOf(requestId)),
  ]);
  return {
    requestId,
    recordId,
    owner,
    requester,
    purpose: purposeText(purpose),
    decidedAt: new Date(Number(decidedAt) * 1_000),
    digests: { capsule, publicFragment, sealedReKey: hex32(reEncryption) },
  };
}

/** The requests of a doctor that were granted, the latest first. */
export async function grantedRequests(chain: Chain, memberId: Hex32, fromBlock: number): Promise<Hex32[]> {
  const { requests } = chain;
  const logs = await queryAll(chain, requests.filters.AccessRequested(undefined, undefined, memberId), fromBlock);
  const ids = logs.map(({ topics }) => hex32(topics[2] ?? "")).reverse(); // the second indexed argument
  const states = await Promise.all(
    ids.map(async (id) => requestStateOf((await ask(chain, () => requests.status(id))).state)),
  );
  return ids.filter((_, at) => states[at] === "Granted");
}
