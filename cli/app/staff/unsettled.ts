import { accessRequestOf, type Chain, type Hex32, hex32, purposeText, ZERO_32 } from "@medexchain/chain";
import type { Interface, Log, Result } from "ethers";
import { follow } from "./follow.ts";

/** A request that is on its way on one chain. */
export interface Unsettled {
  readonly requestId: Hex32;
  /** Whether the hospital's patients are asked, or its doctors ask. */
  readonly direction: "in" | "out";
  readonly recordId: Hex32;
  readonly requester: Hex32;
  /** Undefined where the hospital's doctor asks, and the record's chain knows. */
  readonly owner: Hex32 | undefined;
  /** The code of HL7's PurposeOfUse, with nothing in it that acts on who shows it. */
  readonly purpose: string;
  /** Unix seconds. */
  readonly expiry: number;
}

/** The hospital's requests that are on their way: its chain has no end of them, and they have not expired. The latest first. */
export function followRequests(
  chain: Chain,
  from: number,
  isMember: (id: Hex32) => boolean,
): { refresh(): Promise<void>; list(now: bigint): Unsettled[] } {
  const { grants, requests, deployment } = chain;
  const interfaces = new Map<string, Interface>([
    [deployment.grants, grants.interface],
    [deployment.requests, requests.interface],
  ]);
  const topicOf = {
    delivered: grants.interface.getEvent("RequestDelivered").topicHash,
    answered: grants.interface.getEvent("ResponseReady").topicHash,
    filed: requests.interface.getEvent("AccessRequested").topicHash,
    responded: requests.interface.getEvent("ResponseDelivered").topicHash,
    expired: requests.interface.getEvent("RequestExpired").topicHash,
  };
  const open = new Map<Hex32, Unsettled>();
  // What is read again must not begin anew.
  const ended = new Set<Hex32>();
  const take = (log: Log): void => {
    const parsed = interfaces.get(log.address)?.parseLog(log);
    if (!parsed) return;
    const requestId = hex32(String(parsed.args.requestId));
    if (parsed.name !== "RequestDelivered" && parsed.name !== "AccessRequested") {
      open.delete(requestId);
      ended.add(requestId);
      return;
    }
    if (ended.has(requestId)) return;
    const { recordId, requester, purpose, expiry } = accessRequestOf(parsed.args.request as Result); // a struct, decoded
    const direction = parsed.name === "RequestDelivered" ? "in" : "out";
    const owner = direction === "in" ? hex32(String(parsed.args.owner)) : undefined;
    open.delete(requestId); // to be the latest
    open.set(requestId, {
      requestId,
      direction,
      recordId,
      requester,
      owner: owner === ZERO_32 ? undefined : owner,
      purpose: purposeText(hex32(purpose)),
      expiry: Number(expiry),
    });
  };
  const filter = { address: [deployment.grants, deployment.requests], topics: [Object.values(topicOf)] };
  return {
    refresh: follow(chain, from, filter, take),
    /** @param now of the chain, in Unix seconds, see `chainTime`: a chain need not say of a request that it expired */
    list: (now) =>
      [...open.values()]
        .filter(({ expiry }) => now < expiry)
        .filter(({ direction, owner, requester }) =>
          direction === "out" ? isMember(requester) : owner !== undefined && isMember(owner),
        )
        .reverse(),
  };
}
