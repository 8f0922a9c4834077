import { existsSync } from "node:fs";
import { ask, type Chain, findRequest, type Hex32, requestStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { beginDurableFile, type DurableFile, removeAbandonedOf } from "@medexchain/core/durable-file";
import type { Context } from "../context.ts";
import { progressLine } from "../output/progress-line.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { keepHeapLean } from "../record/lean-heap.ts";
import { openUser } from "../session/devices.ts";
import { openSession, placeMember, type Session, unlock } from "../session/session.ts";
import { accessAckOutput, accessOpenOutput } from "./outputs.ts";
import { waitUntil } from "./wait-until.ts";

/** What `openRecord` has checked when it returns. */
const VERIFIED = [
  "the answer on this chain is what the owner's chain decided and anchored",
  "the capsule, the public part, the sealed key and the relayers' partials match their digests on chain",
  "the capsule is bound to this record and its owner, and the sealed key to this request",
  "the private part's channel is signed by the record's owner, and its head is the one on chain",
  "every private feature matches the owner's commitment",
];

/** `medex access open`. */
export async function open(
  context: Context,
  requestId: Hex32,
  options: { readonly output?: string; readonly wait: number },
): Promise<void> {
  const { output } = context;
  const { output: file } = options;
  if (output.json && file === undefined) {
    throw new WrongUse("--json needs --output: the record itself must go to a file");
  }
  keepHeapLean();
  const { contents } = await unlock(context, ["doctor"]);
  await using session = await openSession(context);
  const { chain } = await placeMember(session, contents);
  await waitUntil(options.wait, async () => {
    const { state, respondedAt } = await ask(chain, () => chain.requests.status(requestId));
    return respondedAt !== 0n || requestStateOf(state) !== "Pending";
  });
  using user = await openUser(session, contents, await ownerChainOf(session, chain, requestId));
  output.progress("fetching and decrypting");
  const line = progressLine(process.stderr);
  const watched = { onProgress: line.show };
  if (file === undefined) {
    const { document, withheld } = await user.open(requestId, watched).finally(line.end);
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(document, (error) => (error ? reject(error) : resolve()));
    });
    document.fill(0);
    noteChecks(output, withheld);
    return;
  }
  await using record = await beginRecord(file);
  const { recordId, length, withheld, timings } = await user.openTo(requestId, record.write, watched).finally(line.end);
  await record.commit();
  noteChecks(output, withheld);
  const result = { requestId, recordId, file, bytes: length, verified: VERIFIED, withheld, timings };
  output.result(accessOpenOutput, result, () => output.line(`${length} bytes in ${file}`));
}

function noteChecks(output: Context["output"], withheld: readonly string[]): void {
  for (const check of VERIFIED) output.note(`verified: ${check}`);
  if (withheld.length > 0) output.note(`withheld by the owner, and left blank: ${withheld.join(", ")}`);
}

/** `medex access ack`. */
export async function acknowledge(
  context: Context,
  requestId: Hex32,
  options: { readonly disputed?: boolean },
): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["doctor"]);
  await using session = await openSession(context);
  const { chain } = await placeMember(session, contents);
  using user = await openUser(session, contents, await ownerChainOf(session, chain, requestId));
  const acknowledgement = options.disputed ? "Disputed" : "Opened";
  const transactionHash = await user.acknowledge(requestId, acknowledgement);
  output.result(accessAckOutput, { requestId, acknowledgement, transactionHash }, () => {
    output.line(`${acknowledgement.toLowerCase()}: ${requestId} (${transactionHash})`);
  });
}

/** The chain to which the request went. */
async function ownerChainOf(session: Session, chain: Chain, requestId: Hex32): Promise<Chain> {
  const { requestedAt, state } = await ask(chain, () => chain.requests.status(requestId));
  if (requestStateOf(state) === "None") {
    throw new MedexError(
      "INPUT_INVALID",
      `chain ${chain.deployment.chainId} has no request ${requestId}; check the id`,
    );
  }
  const { destinationChainId } = await findRequest(chain, requestId, requestedAt);
  for (const candidate of (await session.chains()).values()) {
    if (candidate.deployment.chainId === destinationChainId) return candidate;
  }
  throw new MedexError("CONFIG_INVALID", `the configuration has no chain with id ${destinationChainId}; add it`);
}

/**
 * Begins the file that the record goes into. It has its name once the record is whole and checked; what a command that was killed has left
 * of it is removed.
 *
 * @throws INPUT_INVALID there is such a file, or none can be made
 */
async function beginRecord(file: string): Promise<DurableFile> {
  const refused = (cause?: unknown): MedexError =>
    new MedexError("INPUT_INVALID", `cannot create ${file}: if it exists, choose another name; else check the folder`, {
      cause,
    });
  if (existsSync(file)) throw refused();
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
