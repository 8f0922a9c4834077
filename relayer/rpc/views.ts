/**
 * The views that every step of every request asks. They are called without ethers' contracts, which spend twice as long around a call
 * as a node does on it; what is put a name to is asked of several nodes.
 */

import { ask, type Chain, type Hex32, hex32 } from "@medexchain/chain";
import type {
  AccessResponseStructOutput,
  GrantStructOutput,
  MemberStructOutput,
  RecordStructOutput,
  RequestStatusStructOutput,
} from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { type StructPageView, type StructView, structPageView, structView } from "@medexchain/evm";
import { z } from "zod";
import type { RelayChain } from "../chains/relay-chain.ts";
import { createRecent, type Recent } from "../concurrency/recent.ts";

/** The grant of a request; its state is `None` where there is none. */
export const grantOf = (chain: Chain, requestId: Hex32): Promise<GrantStructOutput> =>
  view(chain, oneNode(chain), "grants", "grant", requestId);

/** How a request stands on the requester's chain; its state is `None` where there is none. */
export const statusOf = (chain: Chain, requestId: Hex32): Promise<RequestStatusStructOutput> =>
  view(chain, oneNode(chain), "requests", "status", requestId);

/** A member's standing; its serial is 0 where there is none. */
export const memberOf = (chain: Chain, member: Hex32): Promise<MemberStructOutput> =>
  view(chain, oneNode(chain), "hospitals", "member", member);

/** A burst of requests is often of few members, for few records. */
const RECENT_MS = 200;
const members = new WeakMap<Chain, Recent<MemberStructOutput>>();
const records = new WeakMap<Chain, Recent<RecordStructOutput>>();

function recentOf<T>(of: WeakMap<Chain, Recent<T>>, chain: Chain): Recent<T> {
  const recent = of.get(chain) ?? createRecent<T>(RECENT_MS);
  of.set(chain, recent);
  return recent;
}

/** As `memberOf`, as it was a fifth of a second ago at most. */
export const recentMemberOf = (chain: Chain, member: Hex32): Promise<MemberStructOutput> =>
  recentOf(members, chain).get(member, () => memberOf(chain, member));

/** A record as it is registered, as it was a fifth of a second ago at most; its owner is zero where there is none. */
export const recentRecordOf = (chain: Chain, recordId: Hex32): Promise<RecordStructOutput> =>
  recentOf(records, chain).get(recordId, () => view(chain, oneNode(chain), "records", "record", recordId));

/** As `grantOf`; with several nodes, what most of them say, and two at least. */
export const agreedGrantOf = (relayChain: RelayChain, requestId: Hex32): Promise<GrantStructOutput> =>
  view(relayChain.chain, severalNodes(relayChain), "grants", "grant", requestId);

/** What a request was answered with; with several nodes, what most of them say, and two at least. */
export const agreedResponseOf = (relayChain: RelayChain, requestId: Hex32): Promise<AccessResponseStructOutput> =>
  view(relayChain.chain, severalNodes(relayChain), "grants", "responseOf", requestId);

/** A record as it is registered; with several nodes, what most of them say, and two at least. */
export const agreedRecordOf = (relayChain: RelayChain, recordId: Hex32): Promise<RecordStructOutput> =>
  view(relayChain.chain, severalNodes(relayChain), "records", "record", recordId);

/** So many of a chain's requests from the `from`-th on, from 0, as they stood at a block. */
export const statusesAt = (chain: Chain, from: number, count: number, block: number) =>
  pageAt<RequestStatusStructOutput>(chain, "requests", "statuses", { from, count, block });

/** So many of the grants of requests that a chain was brought, from the `from`-th on, from 0, as they stood at a block. */
export const grantsAt = (chain: Chain, from: number, count: number, block: number) =>
  pageAt<GrantStructOutput>(chain, "grants", "grants", { from, count, block });

type EthCall = (to: string, data: string) => Promise<string>;

type ViewedContract = "grants" | "requests" | "hospitals" | "records";
const prepared = new Map<string, StructView>();

/** The contracts are the same on every chain. */
function viewOf(chain: Chain, contract: ViewedContract, method: string): StructView {
  const key = `${contract}.${method}`;
  const view = prepared.get(key) ?? structView(chain[contract].interface, method);
  prepared.set(key, view);
  return view;
}

async function view<Output>(
  chain: Chain,
  call: EthCall,
  contract: ViewedContract,
  method: string,
  id: Hex32,
): Promise<Output> {
  const { encode, decode } = viewOf(chain, contract, method);
  // By name, as the ABI says what the method returns, and as the type that was made from the ABI says.
  return decode(await call(chain.deployment[contract], encode(id))) as Output;
}

const preparedPages = new Map<string, StructPageView>();

async function pageAt<Output>(
  chain: Chain,
  contract: "grants" | "requests",
  method: string,
  { from, count, block }: { readonly from: number; readonly count: number; readonly block: number },
): Promise<{ readonly requestIds: readonly Hex32[]; readonly page: readonly Output[] }> {
  const view = preparedPages.get(method) ?? structPageView(chain[contract].interface, method);
  preparedPages.set(method, view);
  const { ids, page } = view.decode(await oneNode(chain, block)(chain.deployment[contract], view.encode(from, count)));
  return { requestIds: ids.map(hex32), page: page as Output[] }; // as above
}

const oneNode =
  (chain: Chain, block?: number): EthCall =>
  (to, data) => {
    const at = block === undefined ? "latest" : `0x${block.toString(16)}`;
    return ask(chain, () => chain.provider.send("eth_call", [{ to, data }, at]));
  };

const hexData = z.string().regex(/^0x[0-9a-f]*$/i);

/** A node that lies alone is not believed, and comes last from then on. Where a chain has one node, its word is all there is. */
function severalNodes({ chain, config, endpoints }: RelayChain): EthCall {
  if (config.fallbackRpcUrls.length === 0) return oneNode(chain);
  return async (to, data) => {
    const answers = (await endpoints.askEach("eth_call", [{ to, data }, "latest"])).flatMap(({ url, result }) => {
      const said = hexData.safeParse(result);
      return said.success ? [{ url, said: said.data.toLowerCase() }] : [];
    });
    const votes = new Map<string, number>();
    for (const { said } of answers) votes.set(said, (votes.get(said) ?? 0) + 1);
    const [most, count] = [...votes].sort(([, a], [, b]) => b - a)[0] ?? ["", 0];
    const { chainId } = chain.deployment;
    if (answers.length < 2) {
      throw new MedexError(
        "SERVICE_UNREACHABLE",
        `chain ${chainId}: ${answers.length} of its nodes answers, and one alone is not attested; start the others`,
      );
    }
    if (count < 2 || count * 2 <= answers.length) {
      throw new MedexError(
        "SERVICE_PROTOCOL",
        `chain ${chainId}: its nodes differ on what is to be attested; waiting for them to agree`,
      );
    }
    for (const { url, said } of answers) if (said !== most) endpoints.distrust(url);
    return most;
  };
}
