import { existsSync } from "node:fs";
import { listRecords, recordStanding } from "@medexchain/actors";
import { type Chain, currentVersionOf, type Hex32, transact } from "@medexchain/chain";
import { displayText, isWholeId, MedexError } from "@medexchain/core";
import type { z } from "zod";
import type { Context } from "../context.ts";
import { showList, type WatchOptions } from "../output/watch.ts";
import { ownTerminal } from "../prompt/prompt.ts";
import { findAnyRecord, findOwnRecord, openNames, shortId } from "../session/names.ts";
import { blockOf, fragmentFolder, openSession, placeMember, unlock } from "../session/session.ts";
import { confirm } from "./confirm.ts";
import { keepHeapLean } from "./lean-heap.ts";
import { nameNextVersion } from "./names.ts";
import { recordChangeOutput, recordListOutput, recordRekeyOutput, recordShowOutput } from "./outputs.ts";

/** `medex record list`. */
export async function list(context: Context, options: WatchOptions): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, vault.contents);
  const folder = fragmentFolder(context, vault.name);
  const { openFragmentStore } = await import("@medexchain/actors/files");
  const look = async () => {
    using names = await openNames(context, session.config, vault);
    const here = new Set(existsSync(folder) ? await (await openFragmentStore(folder)).list() : []);
    const records = await listRecords(chain, memberId, blockOf(session, chainName));
    const found = records.map((record) => {
      const { label: name, file, title, date: publishedAt } = names.records.get(record.recordId) ?? {};
      return {
        ...record,
        ...(name !== undefined && { name }),
        ...(file !== undefined && { file }),
        ...(title !== undefined && { title }),
        ...(publishedAt !== undefined && { publishedAt }),
        privateFragmentHere: here.has(record.recordId),
      };
    });
    return { found, print: () => output.result(recordListOutput, found, () => print(found)) };
  };
  const print = (records: z.output<typeof recordListOutput>) => {
    output.table([
      ["NAME", "FILE", "PUBLISHED", "STATUS", "LIMIT", "PRIVATE PART", "RECORD"],
      ...records.map(({ recordId, name, file, publishedAt, status, maxAccessCount, privateFragmentHere }) => [
        name === undefined ? "-" : displayText(name),
        file === undefined ? "-" : displayText(file, 40),
        publishedAt === undefined ? "-" : dayOf(publishedAt),
        status,
        String(maxAccessCount),
        privateFragmentHere ? "here" : "missing: restore a backup",
        shortId(recordId),
      ]),
    ]);
  };
  await showList(output, options, look);
}

const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** `medex record show`. */
export async function show(context: Context, reference: string): Promise<void> {
  const { output } = context;
  const vault = /^0x/i.test(reference) ? undefined : await unlock(context, ["owner", "doctor"]);
  await using session = await openSession(context);
  using names = vault && (await openNames(context, session.config, vault));
  const recordId = isWholeId(reference)
    ? await findAnyRecord(session, undefined, reference)
    : vault?.contents.role === "owner" && names !== undefined
      ? await findOwnRecord(session, await placeMember(session, vault.contents), names, reference)
      : await findAnyRecord(session, names, reference);
  for (const [name, chain] of await session.chains()) {
    const { recordId: _, ...facts } = await recordStanding(chain, recordId);
    if (facts.status === "none") continue;
    const { recordId: currentVersion } = await currentVersionOf(chain, recordId);
    output.result(recordShowOutput, { recordId, chain: name, ...facts, currentVersion }, () => {
      if (names?.records.has(recordId)) output.fact("name", names.record(recordId));
      output.fact("record", recordId);
      output.fact("chain", name);
      for (const [fact, value] of Object.entries(facts)) output.fact(fact, String(value));
      if (currentVersion !== recordId) output.fact("current version", currentVersion);
    });
    return;
  }
  throw new MedexError("INPUT_INVALID", `no configured chain has a record ${recordId}; check the id`);
}

/** `medex record revoke`. */
export async function revoke(context: Context, reference: string): Promise<void> {
  await change(context, reference, "revoked: no further access is granted", (chain, recordId) =>
    chain.records.revoke(recordId),
  );
}

/** `medex record rekey`. */
export async function rekey(context: Context, reference: string): Promise<void> {
  const { output } = context;
  keepHeapLean();
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  using names = await openNames(context, session.config, vault);
  const site = await placeMember(session, vault.contents);
  const recordId = await findOwnRecord(session, site, names, reference);
  output.note(`Giving new keys to ${names.record(recordId)} (${recordId}).`);
  output.progress("decrypting the record, and publishing it under new keys");
  const made = await owner.rekey(recordId);
  await nameNextVersion(names, recordId, made.recordId);
  output.result(recordRekeyOutput, made, () => {
    output.fact("record", made.recordId);
    output.fact("replaces", made.replaced);
    output.fact("features", `${made.features.public} public, ${made.features.private} private`);
    output.note(
      "Whoever was granted the earlier version can still read their copy of it. Requests for it are refused now.",
    );
    output.note("The private part is only on this machine. medex keys backup backs it up, too.");
  });
}

/** `medex record limit`. */
export async function limit(context: Context, reference: string, count: number): Promise<void> {
  await change(context, reference, `limit ${count} per requester`, (chain, recordId) =>
    chain.records.setMaxAccessCount(recordId, count),
  );
}

/** What a name was found to mean, before anything is done to it; and whether that was meant, where a person is there to ask. */
async function showMeant({ output }: Context, meant: string): Promise<void> {
  const asks = process.stdin.isTTY && process.stderr.isTTY;
  if (!output.json || asks) output.note(meant);
  if (asks) await confirm("Do it?", ownTerminal());
}

async function change(
  context: Context,
  reference: string,
  what: string,
  send: (chain: Chain, recordId: Hex32) => ReturnType<Chain["records"]["revoke"]>,
): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  using names = await openNames(context, session.config, vault);
  const site = await placeMember(session, vault.contents);
  const recordId = await findOwnRecord(session, site, names, reference);
  const { chain } = site;
  if (!isWholeId(reference)) await showMeant(context, `${names.record(recordId)} (${recordId}): ${what}`);
  const { hash } = await transact(chain, () => send(chain, recordId));
  output.result(recordChangeOutput, { ...(await recordStanding(chain, recordId)), transactionHash: hash }, () => {
    const name = names.records.has(recordId) ? `${names.record(recordId)} ` : "";
    output.line(`${name}${recordId}: ${what} (${hash})`);
  });
}
