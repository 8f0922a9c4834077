/** Every request: what the two chains say of it against each other. */
import { type Hex32, ZERO_32 } from "@medexchain/chain";
import type { AccessHistoryEntry, AnswerAt, ChainPosition } from "../access-history.ts";
import { type FindingCode, finding } from "../finding.ts";
import { partiesOf } from "../store/history.ts";
import { joinRequest } from "../store/join-request.ts";
import { requestLogs, toHex } from "../store/stored-log.ts";
import { ownerCall } from "./approvals.ts";
import type { VerifyContext } from "./context.ts";

/** Seconds after its expiry from which a request may be ended unanswered: `AccessRequests.RESPONSE_WINDOW`. */
const RESPONSE_WINDOW = 3_600n;

/** Checks all requests. */
export async function checkSides(context: VerifyContext): Promise<void> {
  const { store } = context;
  const logs = requestLogs(store);
  const rows = store.prepare(
    `SELECT request.id, record.contents, asker.hospital AS asks, record.owner FROM request
     LEFT JOIN record ON record.id = request.record LEFT JOIN member AS asker ON asker.id = request.requester ORDER BY request.ordinal`,
  );
  const inputs = store.prepare(
    `SELECT tx.input FROM log JOIN tx ON tx.chain = log.chain AND tx.block = log.block AND tx.place = log.place
     WHERE log.chain = ? AND log.block = ? AND log.position = ?`,
  );
  const approvedFragment = ({ chainId, block, logIndex }: ChainPosition): Uint8Array | undefined => {
    const input = inputs.get(chainId, block, logIndex)?.input as Uint8Array | undefined; // by the schema
    return input && ownerCall(input)?.words[2];
  };
  let done = 0;
  for (const row of rows.iterate()) {
    const id = row.id as Uint8Array; // by the schema
    try {
      const entry = joinRequest(toHex(id) as Hex32, logs(id), partiesOf(row));
      if (entry) checkEntry(context, entry, row.contents as Uint8Array | null, approvedFragment);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // a malformed log, which the pass over its chain has reported
    }
    done += 1;
    // Often, as the passes over the chains go on meanwhile, and keep the signatures' threads at work.
    if (done % 64 === 0) await context.signatures.breathe();
  }
}

function checkEntry(
  context: VerifyContext,
  entry: AccessHistoryEntry,
  contents: Uint8Array | null,
  approvedFragment: (at: ChainPosition) => Uint8Array | undefined,
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
  const wrong = (code: FindingCode, at: ChainPosition, message: string, expected: unknown, found: unknown) => {
    const { timestamp: _, ...where } = at;
    context.report(finding(code, message, { ...where, requestId }, expected, found));
  };
  if (delivered && !requested) {
    wrong(
      "REQUEST_NOT_FILED",
      delivered,
      "a request that its own chain does not know",
      `AccessRequested on chain ${entry.sourceChainId}`,
      "none",
    );
  }
  const granted = decisions.find((logged) => logged.decision === "Granted");
  if (reEncryption && granted?.transactionHash !== reEncryption.transactionHash) {
    wrong(
      "DECISION_NOT_LOGGED",
      reEncryption,
      "a re-encryption was asked for without a grant in the ledger",
      "Granted in the same transaction",
      granted?.decision ?? "none",
    );
  }
  if (granted && !reEncryption)
    wrong(
      "EVENT_MISSING",
      granted,
      "a grant without its re-encryption being asked for",
      "ReEncryptionRequested",
      "none",
    );
  if (answer) checkAnswer(entry, answer, contents, wrong);
  else if (decision && decision.decision !== "Granted")
    wrong("EVENT_MISSING", decision, "a final decision without an answer", "ResponseReady", "none");
  if (answer?.decision === "Granted" && reEncryption) {
    const approved = approvedFragment(reEncryption);
    if (approved && toHex(approved) !== answer.privateFragment) {
      wrong(
        "SIDES_DIFFER",
        answer,
        "the answer has another private fragment than the owner approved",
        toHex(approved),
        answer.privateFragment,
      );
    }
  }
  if (response && !answer)
    wrong(
      "RESPONSE_UNFOUNDED",
      response,
      "a response that the owner's chain never gave",
      "ResponseReady",
      response.decision,
    );
  if (response && answer) {
    const [sent, arrived] = [answer, response].map(
      ({ decision: said, decidedAt, contents: what, reEncryption: key, privateFragment }) =>
        [said, decidedAt, what, key, privateFragment].join(" "),
    );
    if (sent !== arrived)
      wrong("SIDES_DIFFER", response, "the response is another than the owner's chain gave", sent, arrived);
  }
  if (response && !requested)
    wrong("SIDES_DIFFER", response, "a response to a request that was not filed", "AccessRequested before", "none");
  if (response?.decision === "Granted" && response.decidedAt >= expiry) {
    wrong(
      "EXPIRY_IGNORED",
      response,
      "a grant that was decided after the request was dead",
      `before ${expiry}`,
      response.decidedAt,
    );
  }
  if (answer && !response && !expired) {
    wrong("RESPONSE_MISSING", answer, "answered, and not yet so at the requester's chain", "ResponseDelivered", "none");
  }
  if (expired && expired.timestamp < expiry + RESPONSE_WINDOW) {
    wrong(
      "EXPIRY_IGNORED",
      expired,
      "ended as unanswered too early",
      `from ${expiry + RESPONSE_WINDOW}`,
      expired.timestamp,
    );
  }
  if (acknowledgement && response?.decision !== "Granted") {
    wrong(
      "SIDES_DIFFER",
      acknowledgement,
      "acknowledged without a grant",
      "Granted",
      response?.decision ?? "no response",
    );
  }
  if (acknowledgement?.acknowledgement === "Disputed") {
    wrong("ACKNOWLEDGEMENT_DISPUTED", acknowledgement, "the requester disputes what it received", "Opened", "Disputed");
  }
}

type Wrong = (code: FindingCode, at: ChainPosition, message: string, expected: unknown, found: unknown) => void;

/** The owner's chain's answer against its ledger, its clock and its record. */
function checkAnswer(
  { decision, delivered, request }: AccessHistoryEntry,
  answer: AnswerAt,
  contents: Uint8Array | null,
  wrong: Wrong,
): void {
  if (decision?.decision !== answer.decision) {
    wrong(
      "DECISION_NOT_LOGGED",
      answer,
      "the answer is not what the ledger says",
      decision?.decision ?? "an entry of the ledger",
      answer.decision,
    );
  }
  if (!delivered)
    wrong("EVENT_MISSING", answer, "an answer to a request that was never delivered", "RequestDelivered", "none");
  if (answer.decidedAt !== answer.timestamp) {
    wrong("TIMES_DISORDERED", answer, "the answer's time is not its block's", answer.timestamp, answer.decidedAt);
  }
  const isDead = answer.decidedAt >= request.expiry;
  if (isDead !== (answer.decision === "Expired")) {
    const expected = `${answer.decision === "Expired" ? "from" : "before"} ${request.expiry}`;
    wrong(
      "EXPIRY_IGNORED",
      answer,
      `decided ${answer.decision} at the wrong side of the expiry`,
      expected,
      answer.decidedAt,
    );
  }
  const anchored = answer.decision === "Granted" && contents ? toHex(contents) : ZERO_32;
  if (answer.contents !== anchored) {
    wrong(
      "RECORD_CONTENTS_WRONG",
      answer,
      "the answer commits to other contents than were anchored",
      anchored,
      answer.contents,
    );
  }
}
