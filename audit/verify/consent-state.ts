/** What `StandingConsents` holds of each consent at the last block that was read, against its events. */
import { ABIS, type Deployment, type Hex32 } from "@medexchain/chain";
import { Interface } from "ethers";
import type { NodeClient } from "../read/node-client.ts";
import type { Store } from "../store/store.ts";
import { intWord, toHex } from "../store/stored-log.ts";
import { wordOf } from "./digests.ts";

const ABI = new Interface(ABIS.consents);
/** By the values of `ConsentStatus`. */
const STATUSES = ["none", "given", "revoked"] as const;
/** `Decision.Granted`. */
const GRANTED = wordOf(1n);

/** A consent of which the contract holds something else than its events add up to. */
export interface ConsentDifference {
  readonly consentId: Hex32;
  readonly expected: string;
  readonly found: string;
}

/** @throws what the node's client throws; RangeError where an answer is too short */
export async function consentDifferences(
  store: Store,
  node: NodeClient,
  { chainId, consents: address }: Deployment,
  block: number,
): Promise<ConsentDifference[]> {
  const rows = store
    .prepare(
      `SELECT substr(topics, 33, 32) AS id, max(event = 'ConsentRevoked') AS revoked,
         sum(event = 'ConsentUsed' AND substr(data, 1, 32) = ?) AS used
       FROM log WHERE event IN ('ConsentGiven', 'ConsentRevoked', 'ConsentUsed') AND chain = ? GROUP BY substr(topics, 33, 32)`,
    )
    .all(GRANTED, chainId);
  const told = rows.map((row) => ({
    consentId: toHex(row.id as Uint8Array) as Hex32, // 32 bytes of the schema's topics
    found: `${row.revoked === 1 ? "revoked" : "given"}, used ${row.used}`,
  }));
  const calls = told.map(({ consentId }) => ABI.encodeFunctionData("stateOf", [consentId]));
  const answers = calls.length === 0 ? [] : await node.calls(address, calls, block);
  return told.flatMap((each, at) => {
    const state = answers[at] ?? new Uint8Array();
    const expected = `${STATUSES[Number(intWord(state, 3))] ?? "of another status"}, used ${intWord(state, 2)}`;
    return expected === each.found ? [] : [{ ...each, expected }];
  });
}
