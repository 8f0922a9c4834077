/** M1 on either chain: who asked, and whether they did. */
import { finding } from "../finding.ts";
import { decodeRequest, REQUEST_WORDS } from "../store/decode.ts";
import { bytesAt, hexWord, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { Registries } from "./registries.ts";
import { deliveredIn, requestKey } from "./relayer-calls.ts";
import { skippedItems, takenItems } from "./skipped-items.ts";

/** Requests may be this much ahead of a chain's clock, in seconds: `RequestTimes.CLOCK_SKEW`. */
const CLOCK_SKEW = 300n;

/**
 * Makes the check of a chain's requests: that each is what its id says, in time, and signed by the account that the requester's hospital
 * certified.
 *
 * @returns a function of the log and the word at which the request begins: 0 in `AccessRequested`, which carries its signature, and
 *   1 in `RequestDelivered`, whose signature is in the calldata
 */
export function requestChecker(context: VerifyContext, held: Registries): (log: StoredLog, first: 0 | 1) => void {
  const delivered = deliveredSignatures(context);
  return (log, first) => {
    const signature =
      first === 0 ? bytesAt(log.data, 0, REQUEST_WORDS) : (delivered(log) ?? filedSignature(context, log));
    checkRequest(context, held, log, first, signature);
  };
}

function checkRequest(
  context: VerifyContext,
  held: Registries,
  log: StoredLog,
  first: 0 | 1,
  signature: Uint8Array | undefined,
): void {
  const { data, topics } = log;
  const requestId = hexWord(topics, 2);
  const request = decodeRequest(data, first);
  const sourceChainId = first === 0 ? log.chainId : intWord(data, 0);
  const where = { ...placeOf(log), requestId };
  const digestOf = context.digests("AccessRequest", sourceChainId);
  if (!digestOf) {
    const message = "a request cannot be checked: its requester's chain is not part of the audit";
    context.report(
      finding({ code: "CHECK_NOT_DONE", message, where, expected: `chain ${sourceChainId}`, found: "not audited" }),
    );
    return;
  }
  const words = Array.from({ length: REQUEST_WORDS }, (_, number) => word(data, first + number));
  const digest = digestOf(...words);
  if (toHex(digest) !== requestId) {
    context.wrong({
      code: "REQUEST_ID_WRONG",
      message: "a request's fields do not hash to its id",
      log,
      expected: toHex(digest),
      found: requestId,
      requestId,
    });
    return;
  }
  const { issuedAt, expiry, requester } = request;
  const now = BigInt(log.timestamp);
  if (now >= expiry)
    context.wrong({
      code: "EXPIRY_IGNORED",
      message: "an expired request was accepted",
      log,
      expected: `before ${expiry}`,
      found: now,
      requestId,
    });
  if (issuedAt > now + (first === 0 ? 0n : CLOCK_SKEW)) {
    context.wrong({
      code: "TIMES_DISORDERED",
      message: "a request was taken before it was issued",
      log,
      expected: `from ${issuedAt}`,
      found: now,
      requestId,
    });
  }
  const account = held.activeAccount(requester, log.timestamp);
  if (account === undefined) {
    const message = "a request of someone whom no hospital certified here, or not any more";
    context.wrong({
      code: "CERTIFICATE_UNKNOWN",
      message,
      log,
      expected: `an active certificate of ${requester}`,
      found: "none",
      requestId,
      memberId: requester,
    });
    return;
  }
  if (signature === undefined) {
    const message = "no signature of the requester is known";
    context.wrong({ code: "REQUEST_FORGED", message, log, expected: `signed by ${account}`, found: "none", requestId });
    return;
  }
  const otherwise = finding({
    code: "REQUEST_FORGED",
    message: "the requester did not sign this request",
    where,
    expected: `signed by ${account}`,
    found: toHex(signature),
  });
  context.requireSigned({ log, account, digest, signature, otherwise });
}

/** The signatures with which requests were delivered: from the calldata. */
function deliveredSignatures(context: VerifyContext): (log: StoredLog) => Uint8Array | undefined {
  const skipped = skippedItems(context);
  // A batch brings many: it is decoded once.
  let last: { readonly hash: string; readonly signatures: ReadonlyMap<string, Uint8Array> } | undefined;
  return (log) => {
    const hash = toHex(log.transaction);
    if (last?.hash !== hash) {
      const { recipient, input } = context.transaction(log);
      const { grants, mailbox } = context.deployments.get(log.chainId) ?? {};
      const isDirect = [grants, mailbox].some((contract) => contract?.toLowerCase() === recipient);
      last = { hash, signatures: isDirect ? takenItems(deliveriesIn(input), skipped(log)) : new Map() };
    }
    return last.signatures.get(requestKey(log.data, 1));
  };
}

function deliveriesIn(input: Uint8Array): ReturnType<typeof deliveredIn> {
  try {
    return deliveredIn(input);
  } catch (error) {
    if (error instanceof RangeError) return []; // not a call of this contract; no signature is found, which the caller reports
    throw error;
  }
}

/** The signature with which the same request was filed on its own chain. */
function filedSignature({ store }: VerifyContext, log: StoredLog): Uint8Array | undefined {
  const row = store
    .prepare("SELECT data FROM log WHERE request = ? AND event = 'AccessRequested'")
    .get(word(log.topics, 2));
  return row && bytesAt(row.data as Uint8Array, 0, REQUEST_WORDS); // by the schema
}
