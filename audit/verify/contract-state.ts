/** What the contracts hold at the last block that was read, against what their events add up to. */

import { ABIS, acknowledgementOf, type Deployment, type Hex32, requestStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { Interface } from "ethers";
import { type FindingInput, finding } from "../finding.ts";
import type { NodeClient } from "../read/node-client.ts";
import { type RequestStates, requestStates } from "../store/request-states.ts";
import { hexWord, intWord } from "../store/stored-log.ts";
import type { ChainTotals } from "./chain-pass.ts";
import { keptCheckpoints } from "./checkpoints.ts";
import { consentDifferences } from "./consent-state.ts";
import type { VerifyContext } from "./context.ts";
import { roleDifferences } from "./role-state.ts";
import {
  type ClosedPages,
  isClosedGrant,
  isClosedStatus,
  pagesSince,
  type RequestList,
  readPages,
} from "./state-pages.ts";

const LEDGER = new Interface(ABIS.ledger);
const REQUESTS = new Interface(ABIS.requests);
const GRANTS = new Interface(ABIS.grants);
const RELAYERS = new Interface(ABIS.relayers);
const CHECKPOINTS = new Interface(ABIS.checkpoints);

const STATUSES: RequestList = {
  name: "statuses",
  contract: "requests",
  abi: REQUESTS,
  words: 11,
  event: "AccessRequested",
  first: 1n,
  isClosed: isClosedStatus,
};
const GRANT_LIST: RequestList = {
  name: "grants",
  contract: "grants",
  abi: GRANTS,
  words: 13,
  event: "RequestDelivered",
  first: 0n,
  isClosed: isClosedGrant,
};

/** What was compared before. */
export interface EarlierState {
  readonly block: number;
  readonly closed: ClosedPages;
}

/**
 * @param block up to which the chain was read
 * @param earlier what need not be asked for again; everything is unless given
 * @returns what was compared, and cannot change while the epoch of the chain's relayers is this one
 */
export async function checkContractState(
  context: VerifyContext,
  deployment: Deployment,
  node: NodeClient,
  block: number,
  totals: ChainTotals,
  earlier?: EarlierState,
): Promise<ClosedPages> {
  const { chainId } = deployment;
  const different = (input: Omit<FindingInput, "where">, requestId?: Hex32) =>
    context.report(finding({ ...input, where: { chainId, block, ...(requestId && { requestId }) } }));
  const read = async (
    abi: Interface,
    contract: "ledger" | "requests" | "grants" | "relayers",
    names: readonly string[],
  ) => {
    const calls = names.map((name) => abi.encodeFunctionData(name));
    return (await node.calls(deployment[contract], calls, block)).map((answer) => hexWord(answer, 0));
  };
  try {
    const [length = "0x0", head, root] = await read(LEDGER, "ledger", ["length", "head", "root"]);
    const [requested = "0x0"] = await read(REQUESTS, "requests", ["sequence"]);
    const [sequence = "0x0", delivered = "0x0"] = await read(GRANTS, "grants", ["sequence", "requestCount"]);
    const [epoch = "0x0"] = await read(RELAYERS, "relayers", ["epoch"]);
    if (BigInt(length) !== totals.ledger.length) {
      const code = BigInt(length) > totals.ledger.length ? "LEDGER_ENTRY_MISSING" : "STATE_DIFFERS";
      different({
        code,
        message: "the ledger's count of entries does not match its log",
        expected: BigInt(length),
        found: totals.ledger.length,
      });
    } else if (head !== totals.ledger.head) {
      different({
        code: "LEDGER_HEAD_MISMATCH",
        message: "the entries do not lead to the head that the contract holds",
        expected: head,
        found: totals.ledger.head,
      });
    } else if (root !== totals.ledger.root) {
      different({
        code: "LEDGER_ROOT_MISMATCH",
        message: "the entries do not make the root that the contract holds",
        expected: root,
        found: totals.ledger.root,
      });
    }
    const counters = [
      ["RelayerSet's epoch", BigInt(epoch), totals.epoch],
      ["AccessRequests' count of requests", BigInt(requested), totals.requests],
      ["AccessGrants' count of messages", BigInt(sequence), totals.grants],
      ["AccessGrants' count of deliveries", BigInt(delivered), totals.delivered],
    ] as const;
    for (const [message, counted, found] of counters) {
      if (counted !== found)
        different({
          code: counted > found ? "EVENT_MISSING" : "STATE_DIFFERS",
          message: `${message} does not match the events`,
          expected: counted,
          found,
        });
    }

    const statesOf = stateReader(context, chainId);
    for (const { what, expected, found } of await roleDifferences(node, deployment, block, totals.state.roles)) {
      different({ code: "STATE_DIFFERS", message: `the manager's ${what} does not match its events`, expected, found });
    }
    for (const { consentId, expected, found } of await consentDifferences(context.store, node, deployment, block)) {
      const message = `what StandingConsents holds of the consent ${consentId} does not match its events`;
      different({ code: "STATE_DIFFERS", message, expected, found });
    }
    for (const { ledger, chainId: of } of context.deployments.values()) {
      const call = CHECKPOINTS.encodeFunctionData("checkpointCount", [of, ledger]);
      const [answer] = await node.calls(deployment.checkpoints, [call], block);
      const expected = answer && intWord(answer, 0);
      const found = BigInt((keptCheckpoints(context).get(of) ?? []).filter(({ keptBy }) => keptBy === chainId).length);
      const message = `LedgerCheckpoints' count of checkpoints of chain ${of} does not match its events`;
      if (expected !== found) different({ code: "EVENT_MISSING", message, expected, found });
    }
    const isSameEpoch = earlier?.closed.epoch === totals.epoch;
    const readList = async (
      list: RequestList,
      count: bigint,
      describe: (struct: Uint8Array) => string,
      found: (states: RequestStates | undefined) => string,
    ) => {
      const before = isSameEpoch ? earlier.closed[list.name] : undefined;
      const skipped = before?.difference(pagesSince(context.store, chainId, earlier?.block ?? 0, list)) ?? new Set();
      const reading = { count, skipped, block, epoch: totals.epoch };
      return readPages(node, deployment[list.contract], list, reading, (id, struct) => {
        const [held, told] = [describe(struct), found(statesOf(id))];
        const side = list.contract === "requests" ? "requester's" : "owner's";
        const message = `the state on the ${side} chain does not match its events`;
        if (held !== told) different({ code: "STATE_DIFFERS", message, expected: held, found: told }, id);
      });
    };
    return {
      epoch: totals.epoch,
      statuses: await readList(
        STATUSES,
        BigInt(requested),
        (status) => `${requestStateOf(intWord(status, 1))}, acknowledged ${acknowledgementOf(intWord(status, 2))}`,
        (states) => `${states?.source ?? "None"}, acknowledged ${states?.acknowledgement ?? "None"}`,
      ),
      grants: await readList(
        GRANT_LIST,
        BigInt(delivered),
        (grant) => `${requestStateOf(intWord(grant, 7))}, decided at ${intWord(grant, 4)}`,
        (states) => `${states?.destination ?? "None"}, decided at ${states?.decidedAt ?? 0n}`,
      ),
    };
  } catch (error) {
    if (!MedexError.is(error) && !(error instanceof RangeError)) throw error;
    different({
      code: "CHECK_NOT_DONE",
      message: "the contracts' state could not be compared",
      expected: "answers at this block",
      found: error.message,
    });
    return { epoch: totals.epoch, statuses: new Set(), grants: new Set() };
  }
}

/** What events tell of requests; nothing where a log is malformed, which is reported elsewhere. */
function stateReader({ store }: VerifyContext, chainId: bigint): (id: Hex32) => RequestStates | undefined {
  const states = requestStates(store, chainId);
  return (id) => {
    try {
      return states(Buffer.from(id.slice(2), "hex"));
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  };
}
