import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findRecord, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { packageVersion } from "@medexchain/devnet/package-root";
import { type IndexedRecord, indexGranted, readGranted } from "@medexchain/fhir";
import { ownerChainOf } from "../access/owner-chain.ts";
import type { Context } from "../context.ts";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { openUser } from "../session/devices.ts";
import { openSession, placeMember, unlock } from "../session/session.ts";
import { startFacade } from "./facade.ts";
import { grantedRequests } from "./grants.ts";
import { fhirServeOutput } from "./outputs.ts";

/** Bytes of all records together: they are held in memory, parsed. */
const MAX_BYTES = 256 * 1_048_576;
const TOKEN_BYTES = 32;

export interface ServeOptions {
  readonly port: number;
  readonly request?: readonly Hex32[];
}

/** `medex fhir serve`: until it is interrupted. */
export async function serve(context: Context, options: ServeOptions): Promise<void> {
  const { output, home } = context;
  const signal = abortOnSignal();
  const { records, requests } = await openGranted(context, options.request);
  if (records.length === 0) {
    throw new MedexError("INPUT_INVALID", "no FHIR record that was granted could be opened: there is nothing to serve");
  }
  const index = indexGranted(records);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const facade = await startFacade({ index, token, version: packageVersion(), port: options.port });
  try {
    const tokenFile = join(home, "fhir-serve.token");
    await mkdir(home, { recursive: true, mode: 0o700 });
    await writeFileDurably(tokenFile, `${token}\n`);
    const resources = [...index.types.values()].reduce((sum, ofType) => sum + ofType.length, 0);
    output.result(fhirServeOutput, { url: facade.url, tokenFile, requests, resources }, () => {
      output.fact("FHIR", facade.url);
      output.fact("token", tokenFile);
      output.fact("resources", `${resources} of ${requests.length} records`);
      output.line("Press Ctrl-C to stop.");
    });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    });
  } finally {
    await facade.close();
  }
  process.exitCode = exitCodeOf(signal);
}

/** Opens the records of these requests, or of all that were granted. One that does not open, or is no FHIR, is told of and left out. */
async function openGranted(context: Context, chosen: readonly Hex32[] | undefined) {
  const { output } = context;
  const { contents } = await unlock(context, ["doctor"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, contents);
  const fromBlock = session.config.chains[chainName]?.fromBlock ?? 0;
  const records: IndexedRecord[] = [];
  const requests: Hex32[] = [];
  let bytes = 0;
  for (const requestId of chosen ?? (await grantedRequests(chain, memberId, fromBlock))) {
    output.progress(`opening ${requestId}`);
    try {
      const ownerChain = await ownerChainOf(session, chain, requestId);
      using user = await openUser(session, contents, ownerChain);
      const { recordId, document } = await user.open(requestId);
      bytes += document.length;
      if (bytes > MAX_BYTES) {
        throw new MedexError(
          "INPUT_INVALID",
          `the records have more than ${MAX_BYTES} bytes: name fewer with --request`,
        );
      }
      // The latest grant of a record may show more of it, and came first.
      if (records.some((record) => record.recordId === recordId)) continue;
      const { owner } = await findRecord(ownerChain, recordId);
      records.push({ recordId, owner, resources: readGranted(document) });
      requests.push(requestId);
    } catch (error) {
      if (chosen !== undefined || !MedexError.is(error) || error.code === "INPUT_INVALID") throw error;
      output.note(`left out: ${requestId}: ${error.message} [${error.code}]`);
    }
  }
  return { records, requests };
}
