import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ProfileName } from "@medexchain/bfv";
import { ask, type Chain, type Hex32, hex32, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { queryAll } from "../session/event-logs.ts";
import { fragmentFolder, openSession, placeMember, unlock } from "../session/session.ts";
import { FORMATS } from "./formats.ts";
import { recordChangeOutput, recordListOutput, recordPublishOutput, recordShowOutput } from "./outputs.ts";

export interface PublishOptions {
  readonly format?: keyof typeof FORMATS;
  /** `column=unit` */
  readonly numeric?: readonly string[];
  readonly private?: readonly string[];
  readonly policy?: string;
  readonly limit: number;
  readonly profile?: ProfileName;
}

/** `medex record publish`. */
export async function publish(context: Context, file: string, options: PublishOptions): Promise<void> {
  const { output } = context;
  const privateSelectors = [...(options.private ?? [])];
  const numericColumns = unitsOf(options.numeric ?? []);
  if (options.policy !== undefined) {
    const { parsePolicy } = await import("@medexchain/sfe");
    const policy = parsePolicy((await readInput(options.policy)).toString("utf8"));
    privateSelectors.push(...policy.private);
    Object.assign(numericColumns, policy.numeric, unitsOf(options.numeric ?? []));
  }
  if (privateSelectors.length === 0) {
    throw new WrongUse(
      "nothing is marked as private: give --private with FHIRPath, column names or byte ranges, or --policy with a file",
      "POLICY_INVALID",
    );
  }
  const document = new Uint8Array(await readInput(file));
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  output.progress("encrypting and anchoring");
  const { profile, limit, format } = options;
  const input = {
    document,
    privateSelectors,
    maxAccessCount: limit,
    ...(profile !== undefined && { profile }),
    ...(format !== undefined && { format: FORMATS[format] }),
    ...(Object.keys(numericColumns).length > 0 && { numericColumns }),
  };
  const record = await owner.publish(input);
  output.result(recordPublishOutput, { ...record, maxAccessCount: limit }, () => {
    output.fact("record", record.recordId);
    output.fact("format", record.format);
    output.fact("features", `${record.features.public} public, ${record.features.private} private`);
    output.fact("limit", `${limit} per requester`);
    output.fact("transaction", record.transactionHash);
    output.note("The private part is only on this machine. medex keys backup backs it up, too.");
  });
}

/** Units by column, of `column=unit`. The last equals sign divides them: a column's name may hold one. */
function unitsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.lastIndexOf("=");
      if (at < 1 || at === pair.length - 1) {
        throw new WrongUse(`--numeric ${JSON.stringify(pair)} must be column=unit, e.g. chol=mg/dL`);
      }
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

async function readInput(path: string): Promise<Buffer> {
  return readFile(path).catch((cause) => {
    throw new MedexError("INPUT_INVALID", `cannot read ${path}; check the path and its permissions`, { cause });
  });
}

/** `medex record list`. */
export async function list(context: Context): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, vault.contents);
  const folder = fragmentFolder(context, vault.name);
  const { openFragmentStore } = await import("@medexchain/actors");
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
    output.result(recordShowOutput, { recordId, chain: name, ...facts }, () => {
      output.fact("record", recordId);
      output.fact("chain", name);
      for (const [fact, value] of Object.entries(facts)) output.fact(fact, String(value));
    });
    return;
  }
  throw new MedexError("INPUT_INVALID", `no configured chain has a record ${recordId}; check the id`);
}

/** `medex record revoke`. */
export async function revoke(context: Context, recordId: Hex32): Promise<void> {
  await change(context, recordId, "revoked: no further access is granted", (chain) => chain.records.revoke(recordId));
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
