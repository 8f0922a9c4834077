/** One pass over a chain's logs in their order: registries, ledger, outboxes, requests, attestations. */
import { Interface, type Result } from "ethers";
import { ABIS, type Hex32 } from "../../offchain/chain/index.ts";
import { finding } from "../finding.ts";
import { decodeRequest, REQUEST_WORDS } from "../store/decode.ts";
import { bytesAt, hexWord, intWord, logsOf, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import { checkApproval } from "./approvals.ts";
import { checkCheckpoint, checkResponse, reEncryptionChecker } from "./attestations.ts";
import type { VerifyContext } from "./context.ts";
import { type KeptCheckpoint, ledgerReplay } from "./ledger.ts";
import { type Registries, registries } from "./registries.ts";

/** What a chain's events add up to. */
export interface ChainTotals {
  readonly ledger: { readonly length: bigint; readonly head: Hex32 };
  /** The last number of each gap-free sequence. */
  readonly requests: bigint;
  readonly grants: bigint;
  /** How many requests were delivered here. */
  readonly delivered: bigint;
}

/** Requests may be this much ahead of a chain's clock, in seconds: `RequestTimes.CLOCK_SKEW`. */
const CLOCK_SKEW = 300n;

/**
 * Checks all of a chain's stored logs.
 *
 * @param block up to which they were read
 * @param checkpoints of this chain's ledger, on the others
 */
export function checkChain(
  context: VerifyContext,
  chainId: bigint,
  block: number,
  checkpoints: readonly KeptCheckpoint[],
): ChainTotals {
  const held = registries(context);
  const ledger = ledgerReplay(context, chainId, held, checkpoints);
  const checkReEncryption = reEncryptionChecker(context, held);
  const known = context.store.prepare(
    "SELECT 1 FROM log WHERE request = ? AND event = 'RequestDelivered' AND chain = ?",
  );
  const requests = sequence(context, 1n);
  const grants = sequence(context, 1n);
  const delivered = sequence(context, 0n);

  const handlers: Readonly<Record<string, (log: StoredLog) => void>> = {
    AccessLogged(log) {
      ledger.append(log);
      checkApproval(context, held, log);
      const requestId = hexWord(log.topics, 2);
      if (!known.get(word(log.topics, 2), chainId)) {
        context.wrong(
          "EVENT_MISSING",
          "a decision about a request that was never delivered",
          log,
          "RequestDelivered before",
          "none",
          { requestId },
        );
      }
    },
    AccessRequested(log) {
      requests.take(log, intWord(log.topics, 1));
      checkRequest(context, held, log, 0, bytesAt(log.data, 0, REQUEST_WORDS));
    },
    RequestDelivered(log) {
      delivered.take(log, intWord(log.topics, 1));
      checkRequest(context, held, log, 1, undefined);
    },
    ReEncryptionRequested: (log) => grants.take(log, intWord(log.topics, 1)),
    ResponseReady(log) {
      grants.take(log, intWord(log.topics, 1));
      if (intWord(log.data, 1) === GRANTED) checkReEncryption(log);
    },
    ResponseDelivered: (log) => checkResponse(context, held, log),
    CheckpointStored: (log) => checkCheckpoint(context, held, log),
    CheckpointContradicted(log) {
      const words = [...Array(10).keys()].map((number) => hexWord(log.data, number));
      context.wrong(
        "CHECKPOINT_CONTRADICTED",
        "relayers attested two checkpoints that cannot both be true",
        log,
        words.slice(0, 5),
        words.slice(5),
      );
    },
    "?": (log) =>
      context.wrong(
        "LOG_MALFORMED",
        "a log that no contract of the suite makes",
        log,
        "an event of the suite",
        log.contract,
      ),
  };

  for (const log of logsOf(context.store, chainId)) {
    try {
      if (!held.apply(log)) handlers[log.event]?.(log);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.wrong(
        "LOG_MALFORMED",
        `a malformed ${log.event}`,
        log,
        "as the contract's interface has it",
        error.message,
      );
    }
  }
  ledger.finish(block);
  return { ledger: ledger.result(), requests: requests.last(), grants: grants.last(), delivered: delivered.last() };
}

const GRANTED = 1n;

/** A gap-free sequence of numbers. */
function sequence(context: VerifyContext, first: bigint) {
  let next = first;
  return {
    take(log: StoredLog, number: bigint): void {
      if (number === next) {
        next += 1n;
        return;
      }
      const isLater = number > next;
      const message = isLater
        ? `events are missing before this ${log.event}`
        : `a ${log.event} comes after a later one`;
      context.wrong(isLater ? "EVENT_MISSING" : "EVENT_ORDER", message, log, `number ${next}`, `number ${number}`);
      if (isLater) next = number + 1n;
    },
    /** How many there were, counted as its contract counts. */
    last: () => (first === 0n ? next : next - 1n),
  };
}

/**
 * That a request is what its id says, in time, and signed by the account that the requester's hospital certified.
 *
 * @param first the word at which the request begins
 * @param given its signature; the transaction's, where it is in the calldata
 */
function checkRequest(
  context: VerifyContext,
  held: Registries,
  log: StoredLog,
  first: 0 | 1,
  given: Uint8Array | undefined,
): void {
  const { data, topics } = log;
  const requestId = hexWord(topics, 2);
  const request = decodeRequest(data, first);
  const sourceChainId = first === 0 ? log.chainId : intWord(data, 0);
  const where = { ...placeOf(log), requestId };
  const digestOf = context.digests("AccessRequest", sourceChainId);
  if (!digestOf) {
    const message = "a request cannot be checked: its requester's chain is not part of the audit";
    return context.report(finding("CHECK_NOT_DONE", message, where, `chain ${sourceChainId}`, "not audited"));
  }
  const words = Array.from({ length: REQUEST_WORDS }, (_, number) => word(data, first + number));
  const digest = digestOf(...words);
  if (toHex(digest) !== requestId) {
    return context.wrong(
      "REQUEST_ID_WRONG",
      "a request's fields do not hash to its id",
      log,
      toHex(digest),
      requestId,
      { requestId },
    );
  }
  const { issuedAt, expiry, requester } = request;
  const now = BigInt(log.timestamp);
  if (now >= expiry)
    context.wrong("EXPIRY_IGNORED", "a dead request was taken", log, `before ${expiry}`, now, { requestId });
  if (issuedAt > now + (first === 0 ? 0n : CLOCK_SKEW)) {
    context.wrong("TIMES_DISORDERED", "a request was taken before it was issued", log, `from ${issuedAt}`, now, {
      requestId,
    });
  }
  const account = held.activeAccount(requester, log.timestamp);
  if (account === undefined) {
    const message = "a request of someone whom no hospital certified here, or not any more";
    return context.wrong("CERTIFICATE_UNKNOWN", message, log, `an active certificate of ${requester}`, "none", {
      requestId,
      memberId: requester,
    });
  }
  const signature = given ?? deliveredSignature(context, log, requestId) ?? filedSignature(context, log);
  if (signature === undefined) {
    return context.wrong(
      "REQUEST_FORGED",
      "no signature of the requester is known",
      log,
      `signed by ${account}`,
      "none",
      { requestId },
    );
  }
  const otherwise = finding(
    "REQUEST_FORGED",
    "the requester did not sign this request",
    where,
    `signed by ${account}`,
    toHex(signature),
  );
  context.requireSigned({ log, account, digest, signature, otherwise });
}

const GRANTS = new Interface(ABIS.grants);
let lastDelivery: { readonly input: Uint8Array; readonly signatures: ReadonlyMap<string, Uint8Array> } | undefined;

/** The signature with which a request was delivered: from the calldata. */
function deliveredSignature(context: VerifyContext, log: StoredLog, requestId: Hex32): Uint8Array | undefined {
  const { recipient, input } = context.transaction(log);
  if (recipient !== context.deployments.get(log.chainId)?.grants.toLowerCase()) return undefined;
  if (lastDelivery === undefined || Buffer.compare(lastDelivery.input, input) !== 0) {
    lastDelivery = { input, signatures: deliveriesIn(context, input) };
  }
  return lastDelivery.signatures.get(requestId);
}

function deliveriesIn(context: VerifyContext, input: Uint8Array): Map<string, Uint8Array> {
  const signatures = new Map<string, Uint8Array>();
  let call: ReturnType<typeof GRANTS.parseTransaction>;
  try {
    call = GRANTS.parseTransaction({ data: toHex(input) });
  } catch {
    return signatures; // not a call of this contract; no signature is found, which the caller reports
  }
  const digestOf = context.digests("AccessRequest", call?.args[0] as bigint); // the first argument of both
  if (!call || !digestOf) return signatures;
  const items =
    call.name === "deliverRequests"
      ? [...(call.args[1] as Result)]
      : call.name === "deliverRequest"
        ? [[call.args[1], call.args[2]]]
        : [];
  const types = GRANTS.getFunction("deliverRequest")?.inputs[1];
  for (const item of items) {
    const [request, signature] = item as [Result, string]; // by the ABI
    if (!types) continue;
    const encoded = Buffer.from(GRANTS.getAbiCoder().encode([types], [request]).slice(2), "hex");
    const words = Array.from({ length: REQUEST_WORDS }, (_, number) => word(encoded, number));
    signatures.set(toHex(digestOf(...words)), Buffer.from(signature.slice(2), "hex"));
  }
  return signatures;
}

/** The signature with which the same request was filed on its own chain. */
function filedSignature({ store }: VerifyContext, log: StoredLog): Uint8Array | undefined {
  const row = store
    .prepare("SELECT data FROM log WHERE request = ? AND event = 'AccessRequested'")
    .get(word(log.topics, 2));
  return row && bytesAt(row.data as Uint8Array, 0, REQUEST_WORDS); // by the schema
}
