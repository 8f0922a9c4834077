import { purposeText } from "@medexchain/audit";
import {
  accessRequestOf,
  ask,
  type Chain,
  chainTime,
  currentVersionOf,
  type Hex32,
  hex32,
  requestStateOf,
  stateAt,
  ZERO_32,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Result } from "ethers";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { queryAll } from "../session/event-logs.ts";
import { openSession, placeMember, type Session, unlock } from "../session/session.ts";
import { accessListOutput, accessRequestOutput } from "./outputs.ts";

/** `medex access request`. */
export async function request(
  context: Context,
  recordId: Hex32,
  options: { readonly purpose: string; readonly lifetime: number },
): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["doctor"]);
  await using session = await openSession(context);
  const ownerChain = await chainOfRecord(session, recordId);
  const { openUser } = await import("../session/devices.ts");
  using user = await openUser(session, contents, ownerChain);
  const { recordId: current } = await currentVersionOf(ownerChain, recordId);
  if (current !== recordId) output.note(`The record has new keys: the request is for its current version, ${current}.`);
  const { requestId, request, transactionHash } = await user.request({ recordId: current, ...options });
  output.result(accessRequestOutput, { requestId, ...request, transactionHash }, () => {
    output.fact("request", requestId);
    output.fact("expires", timeOf(request.expiry));
    output.fact("transaction", transactionHash);
  });
}

async function chainOfRecord(session: Session, recordId: Hex32): Promise<Chain> {
  for (const chain of (await session.chains()).values()) {
    const { anchoredAt } = await ask(chain, () => chain.records.record(recordId));
    if (anchoredAt !== 0n) return chain;
  }
  throw new MedexError("INPUT_INVALID", `no configured chain has a record ${recordId}; check the id`);
}

/** `medex access list`. */
export async function list(context: Context): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["owner", "doctor"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, contents);
  const { grants, requests } = chain;
  const isOwner = contents.role === "owner";
  const filter = isOwner
    ? grants.filters.RequestDelivered(undefined, undefined, memberId)
    : requests.filters.AccessRequested(undefined, undefined, memberId);
  const fromBlock = session.config.chains[chainName]?.fromBlock ?? 0;
  const logs = await queryAll(chain, filter, fromBlock);
  if (isOwner) {
    logs.push(...(await earlyRequests(chain, memberId, fromBlock)));
    logs.sort((one, other) => one.blockNumber - other.blockNumber);
  }
  const entries = await Promise.all(
    logs.map(async (log) => {
      const described = isOwner ? grants.interface.parseLog(log) : requests.interface.parseLog(log);
      const requestId = hex32(log.topics[2] ?? ""); // the second indexed argument of either event
      const { recordId, requester, purpose, expiry } = accessRequestOf(described?.args.request as Result); // a struct
      const stored = requestStateOf(
        await ask(chain, async () =>
          isOwner ? (await grants.grant(requestId)).state : (await requests.status(requestId)).state,
        ),
      );
      const state = stateAt(stored, expiry, await chainTime(chain));
      return { requestId, recordId, requester, purpose: purposeText(purpose), expiry, state };
    }),
  );
  output.result(accessListOutput, entries, () => {
    output.table([
      ["REQUEST", "RECORD", isOwner ? "REQUESTER" : "PURPOSE", "EXPIRES", "STATE"],
      ...entries.map(({ requestId, recordId, requester, purpose, expiry, state }) => [
        requestId,
        `${recordId.slice(0, 10)}…`,
        isOwner ? `${requester.slice(0, 10)}… ${purpose}` : purpose,
        timeOf(expiry),
        state,
      ]),
    ]);
  });
}

/** Requests that arrived before their record was anchored: their events name no owner. */
async function earlyRequests(
  chain: Chain,
  owner: Hex32,
  fromBlock: number,
): Promise<Awaited<ReturnType<typeof queryAll>>> {
  const { grants } = chain;
  const logs = await queryAll(chain, grants.filters.RequestDelivered(undefined, undefined, ZERO_32), fromBlock);
  const owners = await Promise.all(
    logs.map(async (log) => {
      const { recordId } = accessRequestOf(grants.interface.parseLog(log)?.args.request as Result); // a struct
      return (await ask(chain, () => chain.records.record(recordId))).owner;
    }),
  );
  return logs.filter((_, number) => owners[number] === owner);
}
