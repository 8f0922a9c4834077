import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, answerMemory, answerRequests, consentKeyOf } from "@medexchain/actors";
import { openConsentStore } from "@medexchain/actors/files";
import { purposeWords } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { keepHeapLean } from "../record/lean-heap.ts";
import { openOwner } from "../session/devices.ts";
import { type Names, openNames, shortId } from "../session/names.ts";
import { blockOf, consentFolder, openSession, placeMember, unlock } from "../session/session.ts";
import { consentServeOutput } from "./outputs.ts";

export interface ServeOptions {
  /** Seconds between two looks. */
  readonly every: number;
  readonly once?: boolean;
}

/** `medex consent serve`: answers what consents cover, until it is interrupted. Of each outcome it prints a document. */
export async function serve(context: Context, { every, once = false }: ServeOptions): Promise<void> {
  const { output } = context;
  keepHeapLean();
  const signal = abortOnSignal();
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chainName, memberId } = await placeMember(session, vault.contents);
  const from = blockOf(session, chainName);
  using names = await openNames(context, session.config, vault);
  using owner = await openOwner(context, session, vault);
  using store = openConsentStore(consentFolder(context, vault.name), consentKeyOf(vault.contents.secret, memberId));
  const memory = answerMemory(from);
  const told = new Set<string>();
  if (!once) output.note("Answering what your consents cover. Press Ctrl-C to stop.");
  do {
    try {
      // Consents that were signed meanwhile are among them.
      const { consents: kept, damaged } = await store.list();
      for (const path of damaged.filter((each) => !told.has(each))) {
        told.add(path);
        output.note(`the consent in ${path} is damaged, and left out: sign it again`);
      }
      for await (const answer of answerRequests(owner, { kept, memory, signal })) print(context, names, answer);
    } catch (error) {
      // A node that does not answer may answer the next time; what is wrong for good ends it.
      if (once || !MedexError.is(error) || !error.retriable) throw error;
      output.note(`${error.message} [${error.code}]; looking again`);
    }
    if (!once) await sleep(every * 1000, undefined, { signal }).catch(() => undefined); // interrupted
  } while (!once && !signal.aborted);
  process.exitCode = exitCodeOf(signal);
}

function print({ output }: Context, names: Names, answer: Answer): void {
  const { kind: outcome, requestId, recordId, requester, purpose, consentId } = answer;
  const about = { requestId, recordId, requester, purpose, consentId, outcome };
  const who = `${names.person(requester)}, ${names.record(recordId)}, ${purposeWords(purpose)}`;
  if (answer.kind === "approved") {
    const { decision, transactionHash } = answer.approval;
    output.result(consentServeOutput, { ...about, decision, transactionHash }, () =>
      output.line(`${decision}: ${who} (request ${shortId(requestId)}, consent ${shortId(consentId)})`),
    );
    return;
  }
  const reason = answer.kind === "left" ? answer.reason : `${answer.error.message} [${answer.error.code}]`;
  output.result(consentServeOutput, { ...about, reason }, () =>
    output.line(
      `${outcome === "left" ? "waits for you" : "is tried again"}: ${who} (request ${shortId(requestId)}): ${reason}`,
    ),
  );
}
