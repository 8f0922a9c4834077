import { existsSync } from "node:fs";
import type { DataUser } from "@medexchain/actors";
import { ask, type Chain, type Hex32, requestStateOf } from "@medexchain/chain";
import { displayText, isWholeId, LATEST, MedexError } from "@medexchain/core";
import { beginDurableFile, type DurableFile, removeAbandonedOf } from "@medexchain/core/durable-file";
import type { FhirServer, Grant } from "@medexchain/fhir";
import type { z } from "zod";
import type { Context } from "../context.ts";
import { grantOf } from "../fhir/grants.ts";
import { connectServer, type ServerOptions } from "../fhir/server-options.ts";
import { progressLine } from "../output/progress-line.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { keepHeapLean } from "../record/lean-heap.ts";
import { openUser } from "../session/devices.ts";
import { openNames } from "../session/names.ts";
import { openSession, placeMember, unlock } from "../session/session.ts";
import { findFiledRequest, inState } from "./find.ts";
import { accessAckOutput, accessOpenOutput } from "./outputs.ts";
import { ownerChainOf } from "./owner-chain.ts";
import { requireTerminalText } from "./terminal-text.ts";
import { waitUntil } from "./wait-until.ts";

/** What `openRecord` has checked when it returns. */
const VERIFIED = [
  "the answer on this chain is what the owner's chain decided and anchored",
  "the capsule, the public part, the sealed key and the relayers' partials match their digests on chain",
  "the capsule is bound to this record and its owner, and the sealed key to this request",
  "the private part's channel is signed by the record's owner, and its head is the one on chain",
  "every private feature matches the owner's commitment",
];

export interface OpenOptions extends ServerOptions {
  /** The FHIR server that it is written to. */
  readonly to?: string;
  /** A new file; standard output unless given. */
  readonly output?: string;
  /** Seconds. */
  readonly wait: number;
}

/** `medex access open`. */
export async function open(context: Context, reference: string, options: OpenOptions): Promise<void> {
  requireOnePlace(context, options);
  const server = options.to === undefined ? undefined : await connectServer(options.to, options);
  keepHeapLean();
  const vault = await unlock(context, ["doctor"]);
  await using session = await openSession(context);
  const site = await placeMember(session, vault.contents);
  using names = await openNames(context, session.config, vault);
  const requestId = await findFiledRequest(session, site, names, reference, {
    // The latest is the latest, whatever became of it: not an earlier one that was granted.
    where: reference === LATEST ? () => true : inState("Pending", "Granted"),
  });
  if (!isWholeId(reference)) context.output.note(`opening what was granted with request ${requestId}`);
  const ownerChain = await ownerChainOf(session, site.chain, requestId);
  using user = await openUser(session, vault.contents, ownerChain);
  await untilAnswered(site.chain, requestId, options.wait);
  const { output: file } = options;
  if (file !== undefined) {
    const opened = await openInto(context, user, requestId, file);
    context.output.result(accessOpenOutput, opened, () => sayOpened(context, opened));
    return;
  }
  if (server !== undefined) {
    await openToServer(context, user, server, await grantOf(site.chain, ownerChain, requestId), requestId);
    return;
  }
  context.output.progress("fetching and decrypting");
  const line = progressLine(process.stderr);
  const { document, withheld } = await user.open(requestId, { onProgress: line.show }).finally(line.end);
  if (process.stdout.isTTY) requireTerminalText(document);
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(document, (error) => (error ? reject(error) : resolve()));
  });
  document.fill(0);
  noteChecks(context.output, withheld);
}

/** Throws WrongUse where the record would go to two places, or to where the JSON goes. */
function requireOnePlace({ output }: Context, { output: file, to }: OpenOptions): void {
  if (file !== undefined && to !== undefined) throw new WrongUse("--output and --to exclude each other");
  if (output.json && file === undefined && to === undefined) {
    throw new WrongUse("--json needs --output or --to: the record itself must go to a file or a server");
  }
}

/** Opens what was granted, and writes it to a FHIR server. */
async function openToServer(
  { output }: Context,
  user: DataUser,
  server: FhirServer,
  grant: Grant,
  requestId: Hex32,
): Promise<void> {
  const { writeGranted } = await import("@medexchain/fhir");
  output.progress("fetching and decrypting");
  const line = progressLine(process.stderr);
  const { document, ...facts } = await user.open(requestId, { onProgress: line.show }).finally(line.end);
  const { length: bytes, recordId, withheld, timings } = facts;
  noteChecks(output, withheld);
  output.progress(`writing to ${server.url}`);
  const written = await writeGranted(server, document, grant);
  document.fill(0);
  const places = { url: server.url, ...written };
  const result = {
    requestId,
    recordId,
    server: places,
    bytes,
    verified: [...VERIFIED],
    withheld: [...withheld],
    timings,
  };
  output.result(accessOpenOutput, result, () => {
    output.fact("created", `${written.created} resources at ${server.url}`);
    output.fact("there already", String(written.existing));
    output.fact("provenance", written.provenance);
  });
}

/** Waits until there is an answer, or the time is over. What then is, opening says. */
export function untilAnswered(chain: Chain, requestId: Hex32, seconds: number): Promise<void> {
  return waitUntil(seconds, async () => {
    const { state, respondedAt } = await ask(chain, () => chain.requests.status(requestId));
    return respondedAt !== 0n || requestStateOf(state) !== "Pending";
  });
}

/** Opens what was granted into a new file. */
export async function openInto(
  { output }: Context,
  user: DataUser,
  requestId: Hex32,
  file: string,
): Promise<z.output<typeof accessOpenOutput>> {
  output.progress("fetching and decrypting");
  await using record = await beginRecord(file);
  const line = progressLine(process.stderr);
  const opened = await user.openTo(requestId, record.write, { onProgress: line.show }).finally(line.end);
  await record.commit();
  const { recordId, length, withheld, timings } = opened;
  return { requestId, recordId, file, bytes: length, verified: [...VERIFIED], withheld: [...withheld], timings };
}

export function sayOpened({ output }: Context, { withheld, bytes, file }: z.output<typeof accessOpenOutput>): void {
  noteChecks(output, withheld);
  output.line(`${bytes} bytes in ${file}`);
}

function noteChecks(output: Context["output"], withheld: readonly string[]): void {
  for (const check of VERIFIED) output.note(`verified: ${check}`);
  if (withheld.length > 0) output.note(`withheld by the owner, and left blank: ${namesOf(withheld)}`);
}

/** `medex access ack`. */
export async function acknowledge(
  context: Context,
  reference: string,
  options: { readonly disputed?: boolean },
): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["doctor"]);
  const { contents } = vault;
  await using session = await openSession(context);
  const site = await placeMember(session, contents);
  const { chain } = site;
  using names = await openNames(context, session.config, vault);
  const requestId = await findFiledRequest(session, site, names, reference, {
    where: (request) => request.state === "Granted" && !request.isAcknowledged,
    onlyOne: true,
  });
  using user = await openUser(session, contents, await ownerChainOf(session, chain, requestId));
  const acknowledgement = options.disputed ? "Disputed" : "Opened";
  const transactionHash = await user.acknowledge(requestId, acknowledgement);
  output.result(accessAckOutput, { requestId, acknowledgement, transactionHash }, () => {
    output.line(`${acknowledgement.toLowerCase()}: ${requestId} (${transactionHash})`);
  });
}

/**
 * Begins the file that the record goes into. It has its name once the record is whole and checked; what a command that was killed has left
 * of it is removed.
 *
 * @throws INPUT_INVALID there is such a file, or none can be made
 */
async function beginRecord(file: string): Promise<DurableFile> {
  const refused = (cause?: unknown) => cannotCreate(file, cause);
  requireNew(file);
  try {
    await removeAbandonedOf(file);
    const begun = await beginDurableFile(file, { exclusive: true });
    return {
      ...begun,
      commit: () =>
        begun.commit().catch((cause) => {
          throw refused(cause);
        }),
    };
  } catch (cause) {
    throw refused(cause);
  }
}

/** Throws INPUT_INVALID when there is such a file. */
export function requireNew(file: string): void {
  if (existsSync(file)) throw cannotCreate(file);
}

const cannotCreate = (file: string, cause?: unknown): MedexError =>
  new MedexError("INPUT_INVALID", `cannot create ${file}: if it exists, choose another name; else check the folder`, {
    cause,
  });

/** Names of features, which are the owner's words. */
const SHOWN = 50;
const namesOf = (names: readonly string[]): string =>
  [
    ...names.slice(0, SHOWN).map((name) => displayText(name, 120)),
    ...(names.length > SHOWN ? [`and ${names.length - SHOWN} more`] : []),
  ].join(", ");
