/** Every request: what the two chains say of it against each other. */
import { type Hex32, ZERO_32 } from "@medexchain/chain";
import type { AccessHistoryEntry, AnswerAt } from "../access-history.ts";
import { finding } from "../finding.ts";
import { partiesOf } from "../store/history.ts";
import { joinRequest } from "../store/join-request.ts";
import type { Store } from "../store/store.ts";
import { hexWord, intWord, positionOf, requestLogs, type StoredLog, toHex } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import { checkCorrections, type TakenBy, type Wrong } from "./corrections.ts";
import { isProven, isProvenAlone } from "./lane-policy.ts";

/** Seconds after its expiry from which a request may be ended unanswered: `AccessRequests.RESPONSE_WINDOW`. */
const RESPONSE_WINDOW = 3_600n;

/** What is known of the requests up to a block of each chain. */
export interface EarlierSides {
  /** By chain id. */
  readonly blocks: ReadonlyMap<bigint, number>;
  /** The requests of which something was found: more may have come since. */
  readonly found: readonly Hex32[];
}

interface SidesContext extends Pick<VerifyContext, "store" | "report" | "signatures" | "deployments"> {
  /** Up to when each chain was read, Unix seconds, by chain id. */
  readonly readUntil: ReadonlyMap<bigint, number>;
}

/**
 * Checks all requests, or, where they were checked before, those of which something was said since, or found then. What is found of a request
 * follows from its logs alone, and from its record, which is anchored before the first answer.
 */
export async function checkSides(context: SidesContext, earlier?: EarlierSides): Promise<void> {
  const { store } = context;
  const logs = requestLogs(store);
  let done = 0;
  for (const row of requestRows(store, earlier)) {
    const id = row.id as Uint8Array; // by the schema
    try {
      const of = logs(id);
      const entry = joinRequest(toHex(id) as Hex32, of, partiesOf(row));
      if (entry) checkEntry(context, entry, row.contents as Uint8Array | null, of);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // a malformed log, which the pass over its chain has reported
    }
    done += 1;
    // Often, as the passes over the chains go on meanwhile, and keep the signatures' threads at work.
    if (done % 64 === 0) await context.signatures.breathe();
  }
}

function requestRows(store: Store, earlier: EarlierSides | undefined): Iterable<Record<string, unknown>> {
  const all = `SELECT request.id, record.contents, asker.hospital AS asks, record.owner FROM request
     LEFT JOIN record ON record.id = request.record LEFT JOIN member AS asker ON asker.id = request.requester`;
  if (!earlier) return store.prepare(`${all} ORDER BY request.ordinal`).iterate();
  const since = [...earlier.blocks].map(
    ([chainId, block]) =>
      `SELECT request FROM log WHERE chain = ${chainId} AND block > ${block} AND request IS NOT NULL`,
  );
  const found = earlier.found.map((id) => `SELECT x'${id.slice(2)}'`);
  store.exec("DROP TABLE IF EXISTS temp.again; CREATE TEMP TABLE again (id BLOB PRIMARY KEY) WITHOUT ROWID");
  for (const ids of [...since, ...found]) store.exec(`INSERT OR IGNORE INTO temp.again ${ids}`);
  return store.prepare(`${all} WHERE request.id IN (SELECT id FROM temp.again) ORDER BY request.ordinal`).iterate();
}

function checkEntry(
  context: SidesContext,
  entry: AccessHistoryEntry,
  contents: Uint8Array | null,
  logs: readonly StoredLog[],
): void {
  const {
    requestId,
    requested,
    delivered,
    decision,
    decisions,
    reEncryption,
    answer,
    response,
    acknowledgement,
    expired,
  } = entry;
  const { expiry } = entry.request;
  const wrong: Wrong = ({ at, ...input }) => {
    const { timestamp: _, ...where } = at;
    context.report(finding({ ...input, where: { ...where, requestId } }));
  };
  if (delivered && !requested) {
    wrong({
      code: "REQUEST_NOT_FILED",
      at: delivered,
      message: "a request that its own chain does not know",
      expected: `AccessRequested on chain ${entry.sourceChainId}`,
      found: "none",
    });
  }
  const granted = decisions.find((logged) => logged.decision === "Granted");
  if (reEncryption && granted?.transactionHash !== reEncryption.transactionHash) {
    wrong({
      code: "DECISION_NOT_LOGGED",
      at: reEncryption,
      message: "a re-encryption was requested without a grant in the ledger",
      expected: "Granted in the same transaction",
      found: granted?.decision ?? "none",
    });
  }
  if (granted && !reEncryption)
    wrong({
      code: "EVENT_MISSING",
      at: granted,
      message: "a grant for which no re-encryption was requested",
      expected: "ReEncryptionRequested",
      found: "none",
    });
  if (answer) checkAnswer(entry, answer, contents, wrong);
  else if (decision && decision.decision !== "Granted")
    wrong({
      code: "EVENT_MISSING",
      at: decision,
      message: "a final decision without an answer",
      expected: "ResponseReady",
      found: "none",
    });
  if (answer?.decision === "Granted" && reEncryption) {
    const approval = logs.find(
      (log) => log.event === "Approved" && toHex(log.transaction) === reEncryption.transactionHash,
    );
    const approved = approval && hexWord(approval.data, 1);
    if (approved !== undefined && approved !== answer.privateFragment) {
      wrong({
        code: "SIDES_DIFFER",
        at: answer,
        message: "the answer's private fragment is not the one that the owner approved",
        expected: approved,
        found: answer.privateFragment,
      });
    }
  }
  if (response && !answer) {
    const until = context.readUntil.get(entry.destinationChainId) ?? Number.POSITIVE_INFINITY;
    const missing = { at: response, expected: "ResponseReady", found: response.decision };
    // Blocks of one second are told apart by nothing that the response says.
    if (response.decidedAt < until) {
      wrong({ ...missing, code: "RESPONSE_UNFOUNDED", message: "a response that the owner's chain never gave" });
    } else {
      const message = `a response that was given at ${response.decidedAt} by what it says, and the owner's chain was read up to ${until}: audit again, with no more confirmations than relayers wait for`;
      wrong({ ...missing, code: "CHECK_NOT_DONE", message });
    }
  }
  if (response && answer) {
    const [sent, arrived] = [answer, response].map(
      ({ decision: said, decidedAt, contents: what, reEncryption: key, privateFragment }) =>
        [said, decidedAt, what, key, privateFragment].join(" "),
    );
    if (sent !== arrived)
      wrong({
        code: "SIDES_DIFFER",
        at: response,
        message: "the response is not the one that the owner's chain gave",
        expected: sent,
        found: arrived,
      });
  }
  checkRepeated(logs, wrong);
  checkCorrections(entry, logs, takenBy(context), wrong);
  if (response && !requested)
    wrong({
      code: "SIDES_DIFFER",
      at: response,
      message: "a response to a request that was not filed",
      expected: "AccessRequested before",
      found: "none",
    });
  if (response && response.decision !== "Expired" && response.decidedAt >= expiry) {
    wrong({
      code: "EXPIRY_IGNORED",
      at: response,
      message: "an answer that was decided after the request had expired",
      expected: `before ${expiry}`,
      found: response.decidedAt,
    });
  }
  // An answer that was given in time holds even where the request was ended for want of it.
  if (answer && !response && !(expired && answer.decision === "Expired")) {
    wrong({
      code: "RESPONSE_MISSING",
      at: answer,
      message: "answered, but the answer has not reached the requester's chain",
      expected: "ResponseDelivered",
      found: "none",
    });
  }
  if (expired && expired.timestamp < expiry + RESPONSE_WINDOW) {
    wrong({
      code: "EXPIRY_IGNORED",
      at: expired,
      message: "closed as unanswered too early",
      expected: `from ${expiry + RESPONSE_WINDOW}`,
      found: expired.timestamp,
    });
  }
  if (acknowledgement && response?.decision !== "Granted") {
    wrong({
      code: "SIDES_DIFFER",
      at: acknowledgement,
      message: "acknowledged without a grant",
      expected: "Granted",
      found: response?.decision ?? "no response",
    });
  }
  if (acknowledgement?.acknowledgement === "Disputed") {
    wrong({
      code: "ACKNOWLEDGEMENT_DISPUTED",
      at: acknowledgement,
      message: "the requester disputes what it received",
      expected: "Opened",
      found: "Disputed",
    });
  }
}

/** How answers were taken: what comes by the `Mailbox` is proven on any lane, and nothing else is taken where a lane asks for a proof. */
function takenBy({ store, deployments }: Pick<VerifyContext, "store" | "deployments">): TakenBy {
  const wentTo = ({ chainId, block, place }: StoredLog, contract: "mailbox" | "requests"): boolean => {
    const row = store
      .prepare("SELECT recipient FROM tx WHERE chain = ? AND block = ? AND place = ?")
      .get(chainId, block, place);
    const recipient = row?.recipient as Uint8Array | null | undefined; // by the schema
    return recipient ? toHex(recipient) === deployments.get(chainId)?.[contract].toLowerCase() : false;
  };
  const source = (log: StoredLog) => intWord(log.topics, 2);
  return {
    proofAlone: (log) => isProvenAlone(store, log, source(log)),
    proof: (log) => isProven(store, log, source(log)) || wentTo(log, "mailbox"),
    noProof: (log) => isProven(store, log, source(log)) && wentTo(log, "requests"),
  };
}

/** What a chain logs once of a request: an acknowledgement once for each answer, an owner's word before the one decision. */
const ONCE: ReadonlySet<string> = new Set([
  "Acknowledged",
  "Approved",
  "ConsentUsed",
  "Denied",
  "RequestExpired",
  "ResponseDelivered",
  "Withdrawn",
]);

/** That nothing is told twice which has no number of its own, and which its contract refuses a second time. */
function checkRepeated(logs: readonly StoredLog[], wrong: Wrong): void {
  const told = new Set<string>();
  for (const log of logs) {
    if (log.event === "ResponseCorrected") told.delete("Acknowledged");
    if (told.has(log.event))
      wrong({
        code: "EVENT_ORDER",
        at: positionOf(log),
        message: "a request's event is repeated, which its contract logs once",
        expected: `${log.event} once`,
        found: "again",
      });
    if (ONCE.has(log.event)) told.add(log.event);
  }
}

/** The owner's chain's answer against its ledger, its clock and its record. */
function checkAnswer(
  { decision, delivered, request }: AccessHistoryEntry,
  answer: AnswerAt,
  contents: Uint8Array | null,
  wrong: Wrong,
): void {
  if (decision?.decision !== answer.decision) {
    wrong({
      code: "DECISION_NOT_LOGGED",
      at: answer,
      message: "the answer is not what the ledger says",
      expected: decision?.decision ?? "an entry of the ledger",
      found: answer.decision,
    });
  }
  if (!delivered)
    wrong({
      code: "EVENT_MISSING",
      at: answer,
      message: "an answer to a request that was never delivered",
      expected: "RequestDelivered",
      found: "none",
    });
  if (answer.decidedAt !== answer.timestamp) {
    wrong({
      code: "TIMES_DISORDERED",
      at: answer,
      message: "the answer's time is not its block's",
      expected: answer.timestamp,
      found: answer.decidedAt,
    });
  }
  const isDead = answer.decidedAt >= request.expiry;
  if (isDead !== (answer.decision === "Expired")) {
    const expected = `${answer.decision === "Expired" ? "from" : "before"} ${request.expiry}`;
    wrong({
      code: "EXPIRY_IGNORED",
      at: answer,
      message: `decided ${answer.decision} on the wrong side of the expiry`,
      expected,
      found: answer.decidedAt,
    });
  }
  const anchored = answer.decision === "Granted" && contents ? toHex(contents) : ZERO_32;
  if (answer.contents !== anchored) {
    wrong({
      code: "RECORD_CONTENTS_WRONG",
      at: answer,
      message: "the answer commits to contents other than those anchored",
      expected: anchored,
      found: answer.contents,
    });
  }
}
