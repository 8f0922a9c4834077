import type { Result } from "ethers";
import {
  type AccessRequest,
  type Acknowledgement,
  accessRequestOf,
  acknowledgementOf,
  ask,
  type Chain,
  type Hex32,
  type RequestState,
  requestIdOf,
  requestStateOf,
} from "../offchain/chain/index.ts";
import { MedexError } from "../offchain/errors.ts";

/** A request as the requester's chain has it. */
export interface RequestEntry {
  readonly sequence: bigint;
  readonly requestId: Hex32;
  readonly request: AccessRequest;
  readonly state: RequestState;
  readonly acknowledgement: Acknowledgement;
  readonly block: number;
}

/**
 * Replays the requests that were made on a chain, and proves them complete and genuine: sequence numbers without a gap up to the
 * contract's own, and every id the digest of what was asked.
 *
 * @throws AUDIT_MISMATCH naming the first request that is wrong; SERVICE_UNREACHABLE
 */
export async function replayRequests(chain: Chain): Promise<RequestEntry[]> {
  const { requests, provider, deployment } = chain;
  const block = await ask(chain, () => provider.getBlockNumber());
  const [logs, last] = await Promise.all([
    ask(chain, () => requests.queryFilter(requests.filters.AccessRequested(), 0, block)),
    ask(chain, () => requests.sequence({ blockTag: block })),
  ]);
  const mismatch = (what: string) =>
    new MedexError("AUDIT_MISMATCH", `requests of chain ${deployment.chainId} at ${deployment.requests}: ${what}`);

  const contract = { chainId: deployment.chainId, address: deployment.requests };
  const entries: RequestEntry[] = [];
  for (const log of logs) {
    const { sequence } = log.args;
    if (sequence !== BigInt(entries.length + 1)) {
      throw mismatch(`request ${entries.length + 1} is missing; the log goes on with ${sequence}`);
    }
    const request = accessRequestOf(log.args.request as unknown as Result); // typed as a struct, decoded as a Result
    const requestId = requestIdOf(contract, request);
    if (requestId !== log.args.requestId) throw mismatch(`request ${sequence} does not hash to its id`);
    const status = await ask(chain, () => requests.status(requestId, { blockTag: block }));
    entries.push({
      sequence,
      requestId,
      request,
      state: requestStateOf(status.state),
      acknowledgement: acknowledgementOf(status.acknowledgement),
      block: log.blockNumber,
    });
  }
  if (BigInt(entries.length) !== last)
    throw mismatch(`${last} requests were counted, ${entries.length} are in the log`);
  return entries;
}
