/** What the contracts hold at the last block that was read, against what their events add up to. */

import { ABIS, acknowledgementOf, type Deployment, type Hex32, requestStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { Interface } from "ethers";
import { type FindingInput, finding } from "../finding.ts";
import type { NodeClient } from "../read/node-client.ts";
import { type RequestStates, requestStates } from "../store/request-states.ts";
import { hexWord, intWord } from "../store/stored-log.ts";
import type { ChainTotals } from "./chain-pass.ts";
import type { VerifyContext } from "./context.ts";

/** Requests that are asked for at once. */
const PAGE = 200n;
/** Words of a `RequestStatus` and a `Grant`. */
const STATUS_WORDS = 11;
const GRANT_WORDS = 13;

const LEDGER = new Interface(ABIS.ledger);
const REQUESTS = new Interface(ABIS.requests);
const GRANTS = new Interface(ABIS.grants);

/** @param block up to which the chain was read */
export async function checkContractState(
  context: VerifyContext,
  deployment: Deployment,
  node: NodeClient,
  block: number,
  totals: ChainTotals,
): Promise<void> {
  const { chainId } = deployment;
  const different = (input: Omit<FindingInput, "where">, requestId?: Hex32) =>
    context.report(finding({ ...input, where: { chainId, block, ...(requestId && { requestId }) } }));
  const read = async (abi: Interface, contract: "ledger" | "requests" | "grants", names: readonly string[]) => {
    const calls = names.map((name) => abi.encodeFunctionData(name));
    return (await node.calls(deployment[contract], calls, block)).map((answer) => hexWord(answer, 0));
  };
  try {
    const [length = "0x0", head, root] = await read(LEDGER, "ledger", ["length", "head", "root"]);
    const [requested = "0x0"] = await read(REQUESTS, "requests", ["sequence"]);
    const [sequence = "0x0", delivered = "0x0"] = await read(GRANTS, "grants", ["sequence", "requestCount"]);
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

    const told = stateReader(context, chainId);
    for await (const [id, status] of pages(
      node,
      deployment.requests,
      REQUESTS,
      "statuses",
      BigInt(requested),
      STATUS_WORDS,
      block,
    )) {
      const states = told(id);
      const expected = `${requestStateOf(intWord(status, 1))}, acknowledged ${acknowledgementOf(intWord(status, 2))}`;
      const found = `${states?.source ?? "None"}, acknowledged ${states?.acknowledgement ?? "None"}`;
      if (expected !== found)
        different(
          {
            code: "STATE_DIFFERS",
            message: "the state on the requester's chain does not match its events",
            expected,
            found,
          },
          id,
        );
    }
    for await (const [id, grant] of pages(
      node,
      deployment.grants,
      GRANTS,
      "grants",
      BigInt(delivered),
      GRANT_WORDS,
      block,
    )) {
      const states = told(id);
      const expected = `${requestStateOf(intWord(grant, 7))}, decided at ${intWord(grant, 4)}`;
      const found = `${states?.destination ?? "None"}, decided at ${states?.decidedAt ?? 0n}`;
      if (expected !== found)
        different(
          {
            code: "STATE_DIFFERS",
            message: "the state on the owner's chain does not match its events",
            expected,
            found,
          },
          id,
        );
    }
  } catch (error) {
    if (!MedexError.is(error) && !(error instanceof RangeError)) throw error;
    different({
      code: "CHECK_NOT_DONE",
      message: "the contracts' state could not be compared",
      expected: "answers at this block",
      found: error.message,
    });
  }
}

/** A contract's list of ids and of structs of so many words each, page by page. A RangeError where an answer is not that. */
async function* pages(
  node: NodeClient,
  contract: string,
  abi: Interface,
  name: string,
  count: bigint,
  words: number,
  block: number,
): AsyncGenerator<[Hex32, Uint8Array]> {
  for (let from = 0n; from < count; from += PAGE) {
    const [answer] = await node.calls(contract, [abi.encodeFunctionData(name, [from, PAGE])], block);
    if (!answer) throw new RangeError(`no answer to ${name}`);
    const [ids, structs] = [0, 1].map((part) => answer.subarray(Number(intWord(answer, part))));
    if (!ids || !structs) throw new RangeError(`no lists in the answer to ${name}`);
    const expected = count - from < PAGE ? count - from : PAGE;
    if (intWord(ids, 0) !== expected || intWord(structs, 0) !== expected)
      throw new RangeError(`${name} gives another number than it counts`);
    for (let at = 0; at < Number(expected); at++) {
      const start = 32 * (1 + at * words);
      yield [hexWord(ids, at + 1), structs.subarray(start, start + 32 * words)];
    }
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
