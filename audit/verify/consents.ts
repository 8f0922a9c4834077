/** Standing consents: that each was signed by its owner's account, and that what was approved by it is what it covers. */
import {
  ABIS,
  consentIdOf,
  decisionOf,
  givenConsentOf,
  type Hex32,
  hex32,
  type StandingConsent,
} from "@medexchain/chain";
import { getBytes, Interface, type Result } from "ethers";
import { finding } from "../finding.ts";
import { decodeRequest } from "../store/decode.ts";
import { addressWord, hexWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { Registries } from "./registries.ts";

const ABI = new Interface(ABIS.consents);

export interface ConsentChecker {
  /** Takes a `ConsentGiven`. */
  given(log: StoredLog): void;
  /** Takes a `ConsentRevoked`. */
  revoked(log: StoredLog): void;
  /** Takes a `ConsentUsed`. */
  used(log: StoredLog): void;
  /** Takes an owner's `Approved`: one by the contract comes with a use of a consent. */
  approved(log: StoredLog): void;
}

/** What was given and used before is asked of the store, so that a check that goes on from an earlier one holds nothing. */
export function consentChecker(context: VerifyContext, held: Registries): ConsentChecker {
  const { store, deployments } = context;
  const before = "chain = ? AND (block, position) < (?, ?) AND substr(topics, 33, 32) = ?";
  const consentLogs = store.prepare(
    `SELECT event, data, topics FROM log WHERE event IN ('ConsentGiven', 'ConsentRevoked', 'ConsentUsed') AND ${before} ORDER BY block, position`,
  );
  const delivered = store.prepare(
    "SELECT data FROM log WHERE request = ? AND event = 'RequestDelivered' AND chain = ?",
  );
  const usedWith = store.prepare(
    "SELECT 1 FROM log WHERE request = ? AND event = 'ConsentUsed' AND chain = ? AND block = ? AND place = ?",
  );
  const wrong = (log: StoredLog, message: string, expected: unknown, found: unknown, requestId?: Hex32) =>
    context.wrong({ code: "CONSENT_EXCEEDED", message, log, expected, found, ...(requestId && { requestId }) });

  /** Why the contract must have refused; undefined where it need not. */
  function objection(
    log: StoredLog,
    logs: readonly Pick<StoredLog, "event" | "data" | "topics">[],
  ): string | undefined {
    const given = logs.find(({ event }) => event === "ConsentGiven");
    if (given === undefined) return "it was never given";
    if (logs.some(({ event }) => event === "ConsentRevoked")) return "it was revoked before";
    const { consent } = consentIn(given);
    const row = delivered.get(word(log.topics, 2), log.chainId);
    if (row === undefined) return "the request was never delivered";
    const request = decodeRequest(row.data as Uint8Array, 1); // by the schema
    const { decision, used, classes } = usedIn(log);
    const earlier = logs.filter((each) => each.event === "ConsentUsed" && usedIn(each).decision === "Granted").length;
    if (used !== BigInt(earlier) + (decision === "Granted" ? 1n : 0n))
      return `it was used ${earlier} times before, not ${used}`;
    if (BigInt(earlier) >= consent.maxAccessCount) return "it was used up";
    const time = BigInt(log.timestamp);
    if (time < consent.from || time >= consent.until) return "it was out of its period";
    if (held.records.get(request.recordId)?.owner !== consent.owner) return "the record is another's";
    if (consent.records.length > 0 && !consent.records.includes(request.recordId)) return "it names other records";
    if (!consent.purposes.includes(request.purpose)) return "it is for other purposes";
    const hospital = held.hospitalOf(request.requester);
    const names = [request.requester, ...(hospital === undefined ? [] : [hospital])];
    if (!names.some((name) => consent.recipients.includes(name))) return "it names other recipients";
    const areCovered = (consent.classes.length === 0) === (classes.length === 0);
    if (!areCovered || !classes.every((each) => consent.classes.includes(each))) return "it is for other data";
    return addressWord(given.topics, 3) === held.lastAccount(consent.owner) ? undefined : "another account signed it";
  }

  return {
    given(log) {
      const { consent, signature } = consentIn(log);
      const account = addressWord(log.topics, 3);
      const address = deployments.get(log.chainId)?.consents ?? "";
      const consentId = consentIdOf({ chainId: log.chainId, address }, consent);
      const expected = held.activeAccount(consent.owner, log.timestamp);
      const otherwise = finding({
        code: "AUTHOR_FORGED",
        message: "a consent was not signed by its owner",
        where: placeOf(log),
        expected: `by ${expected ?? "a certified account"}`,
        found: account,
      });
      const isWhole = consentId === hexWord(log.topics, 1) && consent.owner === hexWord(log.topics, 2);
      if (!isWhole || account !== expected) context.report(otherwise);
      else context.requireSigned({ log, account, digest: getBytes(consentId), signature, otherwise });
    },
    revoked(log) {
      const [owner, account] = [hexWord(log.topics, 2), addressWord(log.topics, 3)];
      if (held.lastAccount(owner) === account) return;
      const message = "a consent was revoked by another than its owner";
      context.wrong({ code: "AUTHOR_FORGED", message, log, expected: held.lastAccount(owner), found: account });
    },
    used(log) {
      const requestId = hexWord(log.topics, 2);
      // By the schema.
      const logs = consentLogs.all(log.chainId, log.block, log.position, word(log.topics, 1)) as unknown as Pick<
        StoredLog,
        "event" | "data" | "topics"
      >[];
      const why = objection(log, logs);
      if (why !== undefined)
        wrong(
          log,
          `a request was approved by a consent, and ${why}`,
          "a consent that covers it",
          hexWord(log.topics, 1),
          requestId,
        );
    },
    approved(log) {
      if (addressWord(log.topics, 2) !== deployments.get(log.chainId)?.consents.toLowerCase()) return;
      const requestId = hexWord(log.topics, 1);
      if (usedWith.get(word(log.topics, 1), log.chainId, log.block, log.place)) return;
      wrong(
        log,
        "StandingConsents approved a request without a consent",
        "ConsentUsed in the same transaction",
        "none",
        requestId,
      );
    },
  };
}

function consentIn({ data, topics }: Pick<StoredLog, "data" | "topics">): {
  consent: StandingConsent;
  signature: Uint8Array;
} {
  const { consent, signature } = decoded("ConsentGiven", data, topics);
  return {
    consent: givenConsentOf(consent as Result),
    signature: getBytes(String(signature)),
  };
}

function usedIn({ data, topics }: Pick<StoredLog, "data" | "topics">) {
  const { decision, used, classes } = decoded("ConsentUsed", data, topics);
  return {
    decision: decisionOf(decision),
    used: used as bigint,
    classes: [...(classes as Result)].map((each) => hex32(each)),
  };
}

/** @throws RangeError where the log is not of the event's form */
function decoded(event: "ConsentGiven" | "ConsentUsed", data: Uint8Array, topics: Uint8Array): Result {
  try {
    const each = Array.from({ length: topics.length / 32 }, (_, number) => toHex(word(topics, number)));
    return ABI.decodeEventLog(event, toHex(data), each);
  } catch (cause) {
    throw new RangeError(`no ${event}`, { cause });
  }
}
