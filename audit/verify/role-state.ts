/** What a chain's manager holds at a block, against what its events add up to. */
import type { Deployment } from "@medexchain/chain";
import { Interface } from "ethers";
import type { NodeClient } from "../read/node-client.ts";
import { intWord } from "../store/stored-log.ts";
import { delayAt, ROLE_CALLS, type RolesState, roleForCall } from "./roles.ts";

const MANAGER = new Interface([
  "function hasRole(uint64 roleId, address account) view returns (bool isMember, uint32 executionDelay)",
  "function getTargetFunctionRole(address target, bytes4 selector) view returns (uint64)",
]);
/** Calls that are asked for at once. */
const PAGE = 200;

interface Asked {
  readonly what: string;
  readonly call: string;
  readonly args: readonly string[];
  /** What the first word of the answer must be. */
  readonly found: bigint;
  /** Of a holder: what the second must be. */
  readonly delay?: bigint;
}

/** What was granted and is not held, or bound to another role: by the calls that tell. Whoever was never told of is not asked for. */
export async function roleDifferences(
  node: NodeClient,
  deployment: Deployment,
  block: number,
  roles: RolesState,
): Promise<readonly { readonly what: string; readonly expected: bigint; readonly found: bigint }[]> {
  const calls = ROLE_CALLS.map(([contract, selector]) => `${deployment[contract].toLowerCase()} ${selector}`);
  const now = (await node.header(block))?.timestamp ?? 0;
  const asked: Asked[] = [
    ...[...roles.holders]
      .filter(([, since]) => since <= now)
      .map(([key]) => ({
        what: `holder ${key}`,
        call: "hasRole",
        args: key.split(" "),
        found: 1n,
        delay: delayAt(roles.delays.get(key), BigInt(now)),
      })),
    ...[...new Set([...roles.bindings.keys(), ...calls])].map((key) => {
      const [target = "", selector = ""] = key.split(" ");
      const found = roleForCall(roles, target, selector);
      return { what: `role for ${key}`, call: "getTargetFunctionRole", args: [target, selector], found };
    }),
  ];
  const differences: { what: string; expected: bigint; found: bigint }[] = [];
  for (let from = 0; from < asked.length; from += PAGE) {
    const page = asked.slice(from, from + PAGE);
    const encoded = page.map(({ call, args }) => MANAGER.encodeFunctionData(call, args));
    const answers = await node.calls(deployment.manager, encoded, block);
    for (const [at, { what, found, delay }] of page.entries()) {
      const answer = answers[at];
      const expected = answer ? intWord(answer, 0) : 0n;
      if (expected !== found) differences.push({ what, expected, found });
      const held = answer && delay !== undefined ? intWord(answer, 1) : undefined;
      if (held !== undefined && delay !== undefined && held !== delay)
        differences.push({ what: `delay of ${what}`, expected: held, found: delay });
    }
  }
  return differences;
}
