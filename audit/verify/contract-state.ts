/** What the contracts hold at the last block that was read, against what their events add up to. */
import {
  acknowledgementOf,
  ask,
  type Chain,
  chainError,
  type Hex32,
  requestStateOf,
} from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import type { AccessHistoryEntry } from "../access-history.ts";
import { type FindingCode, finding } from "../finding.ts";
import { joinRequest } from "../store/join-request.ts";
import { requestLogs } from "../store/stored-log.ts";
import type { ChainTotals } from "./chain-pass.ts";
import type { VerifyContext } from "./context.ts";

/** Requests that are asked for at once. */
const PAGE = 200n;

/** @param block up to which the chain was read */
export async function checkContractState(
  context: VerifyContext,
  chain: Chain,
  block: number,
  totals: ChainTotals,
): Promise<void> {
  const { chainId } = chain.deployment;
  const at = { blockTag: block };
  const different = (code: FindingCode, message: string, expected: unknown, found: unknown, requestId?: Hex32) =>
    context.report(finding(code, message, { chainId, block, ...(requestId && { requestId }) }, expected, found));
  try {
    const { ledger, requests, grants } = chain;
    const [length, head, requested, sequence, delivered] = await ask(chain, () =>
      Promise.all([
        ledger.length(at),
        ledger.head(at),
        requests.sequence(at),
        grants.sequence(at),
        grants.requestCount(at),
      ]),
    );
    if (length !== totals.ledger.length) {
      const code = length > totals.ledger.length ? "LEDGER_ENTRY_MISSING" : "STATE_DIFFERS";
      different(code, "the ledger counts another number of entries than its log has", length, totals.ledger.length);
    } else if (head !== totals.ledger.head) {
      different(
        "LEDGER_HEAD_MISMATCH",
        "the entries do not lead to the head that the contract holds",
        head,
        totals.ledger.head,
      );
    }
    const counters = [
      ["AccessRequests has counted another number of requests", requested, totals.requests],
      ["AccessGrants has counted another number of messages", sequence, totals.grants],
      ["AccessGrants has counted another number of deliveries", delivered, totals.delivered],
    ] as const;
    for (const [message, counted, found] of counters) {
      if (counted !== found)
        different(counted > found ? "EVENT_MISSING" : "STATE_DIFFERS", `${message} than events tell`, counted, found);
    }

    const joined = joiner(context);
    for (let from = 0n; from < requested; from += PAGE) {
      const [ids, page] = await ask(chain, () => requests.statuses(from, PAGE, at));
      for (const [position, status] of page.entries()) {
        const id = ids[position] as Hex32; // as long as the page
        const entry = joined(id);
        const expected = `${requestStateOf(status.state)}, acknowledged ${acknowledgementOf(status.acknowledgement)}`;
        const found = `${entry?.sourceState ?? "None"}, acknowledged ${entry?.acknowledgement?.acknowledgement ?? "None"}`;
        if (expected !== found)
          different(
            "STATE_DIFFERS",
            "the requester's chain holds another state than its events tell",
            expected,
            found,
            id,
          );
      }
    }
    for (let from = 0n; from < delivered; from += PAGE) {
      const [ids, page] = await ask(chain, () => grants.grants(from, PAGE, at));
      for (const [position, grant] of page.entries()) {
        const id = ids[position] as Hex32; // as above
        const entry = joined(id);
        const expected = `${requestStateOf(grant.state)}, decided at ${grant.decidedAt}`;
        const found = `${entry?.destinationState ?? "None"}, decided at ${entry?.answer?.decidedAt ?? 0n}`;
        if (expected !== found)
          different("STATE_DIFFERS", "the owner's chain holds another state than its events tell", expected, found, id);
      }
    }
  } catch (error) {
    const known = chainError(error, chain.deployment);
    const reason = MedexError.is(known)
      ? known.message
      : "the node refuses calls at this block: use one that keeps old state";
    different("CHECK_NOT_DONE", "the contracts' state could not be compared", "answers at this block", reason);
  }
}

function joiner({ store }: VerifyContext): (id: Hex32) => AccessHistoryEntry | undefined {
  const logs = requestLogs(store);
  const nobody = { requesterHospital: undefined, owner: undefined, ownerHospital: undefined };
  return (id) => {
    try {
      return joinRequest(id, logs(Buffer.from(id.slice(2), "hex")), nobody);
    } catch (error) {
      if (error instanceof RangeError) return undefined; // malformed, which is reported elsewhere
      throw error;
    }
  };
}
