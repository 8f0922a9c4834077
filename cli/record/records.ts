import { existsSync } from "node:fs";
import { ask, type Chain, currentVersionOf, type Hex32, hex32, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { queryAll } from "../session/event-logs.ts";
import { fragmentFolder, openSession, placeMember, unlock } from "../session/session.ts";
import { keepHeapLean } from "./lean-heap.ts";
import { recordChangeOutput, recordListOutput, recordRekeyOutput, recordShowOutput } from "./outputs.ts";

/** `medex record list`. */
export async function list(context: Context): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, vault.contents);
  const folder = fragmentFolder(context, vault.name);
  const { openFragmentStore } = await import("@medexchain/actors/files");
  const here = new Set(existsSync(folder) ? await (await openFragmentStore(folder)).list() : []);
  const filter = chain.records.filters.RecordAnchored(undefined, memberId);
  const logs = await queryAll(chain, filter, session.config.chains[chainName]?.fromBlock ?? 0);
  const records = await Promise.all(
    logs.map(async (log) => {
      const recordId = hex32(log.topics[1] ?? ""); // the first indexed argument
      return { ...(await factsOf(chain, recordId)), recordId, privateFragmentHere: here.has(recordId) };
    }),
  );
  output.result(recordListOutput, records, () => {
    output.table([
      ["RECORD", "STATUS", "LIMIT", "PRIVATE PART"],
      ...records.map(({ recordId, status, maxAccessCount, privateFragmentHere }) => [
        recordId,
        status,
        String(maxAccessCount),
        privateFragmentHere ? "here" : "missing: restore a backup",
      ]),
    ]);
  });
}

/** `medex record show`. */
export async function show(context: Context, recordId: Hex32): Promise<void> {
  const { output } = context;
  await using session = await openSession(context);
  for (const [name, chain] of await session.chains()) {
    const facts = await factsOf(chain, recordId);
    if (facts.status === "none") continue;
    const { recordId: currentVersion } = await currentVersionOf(chain, recordId);
    output.result(recordShowOutput, { recordId, chain: name, ...facts, currentVersion }, () => {
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
export async function revoke(context: Context, recordId: Hex32): Promise<void> {
  await change(context, recordId, "revoked: no further access is granted", (chain) => chain.records.revoke(recordId));
}

/** `medex record rekey`. */
export async function rekey(context: Context, recordId: Hex32): Promise<void> {
  const { output } = context;
  keepHeapLean();
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  output.progress("decrypting the record, and publishing it under new keys");
  const made = await owner.rekey(recordId);
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
export async function limit(context: Context, recordId: Hex32, count: number): Promise<void> {
  await change(context, recordId, `limit ${count} per requester`, (chain) =>
    chain.records.setMaxAccessCount(recordId, count),
  );
}

async function change(
  context: Context,
  recordId: Hex32,
  what: string,
  send: (chain: Chain) => ReturnType<Chain["records"]["revoke"]>,
): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain } = await placeMember(session, contents);
  const { hash } = await transact(chain, () => send(chain));
  output.result(recordChangeOutput, { recordId, ...(await factsOf(chain, recordId)), transactionHash: hash }, () => {
    output.line(`${recordId}: ${what} (${hash})`);
  });
}

async function factsOf(chain: Chain, recordId: Hex32) {
  const { owner, status, maxAccessCount, anchoredAt } = await ask(chain, () => chain.records.record(recordId));
  const name = (["none", "active", "revoked"] as const)[Number(status)] ?? ("unknown" as const);
  return { owner: owner as Hex32, status: name, maxAccessCount, anchoredAt }; // bytes32 in the ABI
}
