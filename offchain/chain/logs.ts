import type { Result } from "ethers";
import { MedexError } from "../errors.ts";
import type { Chain } from "./connect.ts";
import { decisionOf } from "./decisions.ts";
import type { Hex32 } from "./ids.ts";
import type { AccessRequest, AccessResponse } from "./messages.ts";
import { ask } from "./transact.ts";

/** The tuple of a request in a decoded event, as a plain object. */
export function accessRequestOf(tuple: Result): AccessRequest {
  // The ABI fixes names and types; ethers' Result is untyped.
  return tuple.toObject() as unknown as AccessRequest;
}

/** The tuple of a response in a decoded event, as a plain object. */
export function accessResponseOf(tuple: Result): AccessResponse {
  // As above.
  const response = tuple.toObject() as unknown as AccessResponse;
  decisionOf(response.decision);
  return response;
}

/** The request that was filed on `chain` under this id, from its log. `block` is its `requestedAt`. */
export async function findRequest(chain: Chain, requestId: Hex32, block: bigint): Promise<AccessRequest> {
  const { requests } = chain;
  const filter = requests.filters.AccessRequested(undefined, requestId);
  const [log] = await ask(chain, () => requests.queryFilter(filter, Number(block), Number(block)));
  if (log === undefined) throw missingLog(chain, "AccessRequested", requestId);
  return accessRequestOf(log.args.request as unknown as Result); // typed as a struct, decoded as a Result
}

/** The response that was delivered to `chain` under this id, from its log. `block` is its `respondedAt`. */
export async function findResponse(chain: Chain, requestId: Hex32, block: bigint): Promise<AccessResponse> {
  const { requests } = chain;
  const filter = requests.filters.ResponseDelivered(requestId);
  const [log] = await ask(chain, () => requests.queryFilter(filter, Number(block), Number(block)));
  if (log === undefined) throw missingLog(chain, "ResponseDelivered", requestId);
  return accessResponseOf(log.args.response as unknown as Result); // as above
}

function missingLog(chain: Chain, event: string, requestId: Hex32): MedexError {
  return new MedexError(
    "CHAIN_MISMATCH",
    `chain ${chain.deployment.chainId} has no ${event} log of request ${requestId}: its node withholds logs; use another`,
  );
}
