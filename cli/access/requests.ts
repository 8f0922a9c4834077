import { existsSync } from "node:fs";
import { forgetSettled, type ListedRequest, listDelivered, listFiled } from "@medexchain/actors";
import { ask, type Chain, currentVersionOf, type Hex32, purposeDisplay, purposeWords } from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import { parseLabel } from "@medexchain/vault";
import type { z } from "zod";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { showList, type WatchOptions } from "../output/watch.ts";
import { keepHeapLean } from "../record/lean-heap.ts";
import { findAnyRecord, hospitalOfMember, type Names, openNames, shortId } from "../session/names.ts";
import { blockOf, fragmentFolder, openSession, placeMember, type Session, unlock } from "../session/session.ts";
import { type OpenOptions, openInto, requireNew, sayOpened, untilAnswered } from "./open.ts";
import { accessListOutput, accessRequestOutput } from "./outputs.ts";

export interface RequestOptions extends OpenOptions {
  readonly purpose: string;
  readonly lifetime: number;
  /** What the doctor calls the record. */
  readonly name?: string;
}

/** `medex access request`; with `--output`, it waits for the answer and opens the record. */
export async function request(context: Context, reference: string, options: RequestOptions): Promise<void> {
  const { output } = context;
  if (options.output !== undefined) {
    requireNew(options.output); // before anything is asked for
    keepHeapLean();
  }
  const label = options.name === undefined ? undefined : parseLabel(options.name);
  const vault = await unlock(context, ["doctor"]);
  await using session = await openSession(context);
  using names = await openNames(context, session.config, vault);
  const recordId = await findAnyRecord(session, names, reference);
  const ownerChain = await chainOfRecord(session, recordId);
  const { openUser } = await import("../session/devices.ts");
  using user = await openUser(session, vault.contents, ownerChain);
  const { recordId: current } = await currentVersionOf(ownerChain, recordId);
  if (current !== recordId) output.note(`The record has new keys: the request is for its current version, ${current}.`);
  const { purpose, lifetime } = options;
  const { requestId, request, transactionHash } = await user.request({ recordId: current, purpose, lifetime });
  if (label !== undefined) {
    const date = Math.floor(Date.now() / 1000);
    await names.store.put({ kind: "record", date, ...names.records.get(current), id: current, label });
  }
  const said = () => {
    output.fact("request", requestId);
    output.fact("record", `${label ?? names.record(current)} (${current})`);
    output.fact("purpose", purposeWords(purpose));
    output.fact("expires", timeOf(request.expiry));
    output.fact("transaction", transactionHash);
  };
  const filed = { requestId, ...request, transactionHash };
  if (options.output === undefined) return output.result(accessRequestOutput, filed, said);
  if (!output.json) said();
  output.note(`waiting for the answer, at most ${options.wait} s`);
  await untilAnswered(user.chain, requestId, options.wait);
  const opened = await openInto(context, user, requestId, options.output);
  output.result(accessRequestOutput, { ...filed, opened }, () => sayOpened(context, opened));
}

async function chainOfRecord(session: Session, recordId: Hex32): Promise<Chain> {
  for (const chain of (await session.chains()).values()) {
    const { anchoredAt } = await ask(chain, () => chain.records.record(recordId));
    if (anchoredAt !== 0n) return chain;
  }
  throw new MedexError("INPUT_INVALID", `no configured chain has a record ${recordId}; check the id`);
}

/** `medex access list`. */
export async function list(context: Context, options: WatchOptions): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner", "doctor"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, vault.contents);
  const isOwner = vault.contents.role === "owner";
  const from = blockOf(session, chainName);
  await showList(output, options, async () => {
    const names = await openNames(context, session.config, vault);
    names[Symbol.dispose](); // what it has read stays
    const requests = await (isOwner ? listDelivered : listFiled)(chain, memberId, from);
    if (isOwner) await forget(fragmentFolder(context, vault.name), requests);
    const hospitals = await hospitalsOf(chain, requests);
    const found = requests.map((request) => entryOf(request, names, hospitals));
    const print = () => output.table(isOwner ? rowsOfOwner(found) : rowsOfDoctor(found));
    return { found, print: () => output.result(accessListOutput, found, print) };
  });
}

/** Removes what this device keeps of approvals that the hospital carried, or that came to nothing. */
async function forget(folder: string, requests: readonly ListedRequest[]): Promise<void> {
  if (!existsSync(folder)) return; // nothing was ever approved here
  const { openFragmentStore } = await import("@medexchain/actors/files");
  await forgetSettled(await openFragmentStore(folder), requests);
}

/** The hospitals of those who ask, by their member ids. */
async function hospitalsOf(chain: Chain, requests: readonly ListedRequest[]): Promise<Map<Hex32, Hex32>> {
  const requesters = [...new Set(requests.map(({ requester }) => requester))];
  const found = await Promise.all(requesters.map((requester) => hospitalOfMember(chain, requester)));
  return new Map(requesters.flatMap((requester, at) => (found[at] === undefined ? [] : [[requester, found[at]]])));
}

type Entry = z.output<typeof accessListOutput>[number];

function entryOf(request: ListedRequest, names: Names, hospitals: ReadonlyMap<Hex32, Hex32>): Entry {
  const { requestId, recordId, requester, purpose, expiry, state } = request;
  const hospital = hospitals.get(requester);
  const display = purposeDisplay(purpose);
  const [record, person] = [names.records.get(recordId), names.people.get(requester)];
  return {
    requestId,
    recordId,
    ...(record !== undefined && { recordName: record.label }),
    requester,
    ...(person !== undefined && { requesterName: person.label }),
    ...(hospital !== undefined && { hospital: names.hospitals.get(hospital) ?? hospital }),
    purpose,
    ...(display !== undefined && { purposeDisplay: display }),
    expiry,
    state,
  };
}

const named = (name: string | undefined, id: string): string =>
  name === undefined ? shortId(id) : displayText(name, 40);

const rowsOfOwner = (entries: readonly Entry[]) => [
  ["WHO", "HOSPITAL", "RECORD", "PURPOSE", "EXPIRES", "STATE", "REQUEST"],
  ...entries.map(({ requestId, recordId, recordName, requester, requesterName, hospital, purpose, expiry, state }) => [
    named(requesterName, requester),
    hospital === undefined ? "unknown" : hospital.startsWith("0x") ? shortId(hospital) : displayText(hospital, 40),
    named(recordName, recordId),
    purposeWords(purpose),
    timeOf(expiry),
    state,
    shortId(requestId),
  ]),
];

const rowsOfDoctor = (entries: readonly Entry[]) => [
  ["RECORD", "PURPOSE", "EXPIRES", "STATE", "REQUEST"],
  ...entries.map(({ requestId, recordId, recordName, purpose, expiry, state }) => [
    named(recordName, recordId),
    purposeWords(purpose),
    timeOf(expiry),
    state,
    shortId(requestId),
  ]),
];
