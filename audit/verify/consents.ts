/**
 * Standing consents: that each was signed by its owner's account, and ended by it; and that what was approved by one is what it covers, by the
 * account that signed it, as the ledger has it.
 */
import {
  ABIS,
  type AccessRequest,
  accessRequestOf,
  consentIdOf,
  type Decision,
  decisionOf,
  givenConsentOf,
  type Hex32,
  hex32,
  type StandingConsent,
} from "@medexchain/chain";
import { getBytes, Interface, type Result } from "ethers";
import { type FindingCode, finding } from "../finding.ts";
import { decodeEntry, decodeRequest } from "../store/decode.ts";
import { addressWord, arrayRows, hexWord, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import { wordOf } from "./digests.ts";
import type { Registries } from "./registries.ts";
import { requireSentBy } from "./sent-by.ts";

const ABI = new Interface(ABIS.consents);
const OWNER = "the account that gave the consent";

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

/** A consent between two logs. */
interface ConsentState {
  given: { readonly consent: StandingConsent; readonly account: string } | undefined;
  isRevoked: boolean;
  /** How often access was granted by it. */
  granted: bigint;
}

/** What of a log says where it is of, and what. */
type Told = Pick<StoredLog, "event" | "data" | "topics">;

/** An event and its data, as `besides` reads them. */
type Beside = readonly [event: string, topics: Uint8Array, data: Uint8Array];

/**
 * The consents of one chain. What was told of one before is asked of the store once, when it is first met, so that a check that goes on from
 * an earlier one needs nothing kept.
 */
export function consentChecker(context: VerifyContext, held: Registries): ConsentChecker {
  const { store, deployments } = context;
  // By the index `log_consent`, whose expression and condition these are.
  const earlier = arrayRows(
    store,
    `SELECT event, data, topics FROM log
     WHERE event IN ('ConsentGiven', 'ConsentRevoked', 'ConsentUsed') AND chain = ? AND substr(topics, 33, 32) = ?
       AND (block, position) < (?, ?) ORDER BY block, position`,
  );
  const delivered = store.prepare(
    "SELECT data FROM log WHERE request = ? AND event = 'RequestDelivered' AND chain = ?",
  );
  const sameTransaction = "WHERE request = ? AND chain = ? AND block = ? AND place = ?";
  const besides = arrayRows(
    store,
    `SELECT event, topics, data FROM log ${sameTransaction} AND event IN ('Approved', 'AccessLogged') AND position < ? ORDER BY position`,
  );
  const usedWith = store.prepare(
    `SELECT 1 FROM log ${sameTransaction} AND event = 'ConsentUsed' AND position > ? LIMIT 1`,
  );
  const states = new Map<Hex32, ConsentState>();

  const contractOn = (chainId: bigint) => deployments.get(chainId)?.consents.toLowerCase() ?? "";
  const wrong = (
    code: FindingCode,
    log: StoredLog,
    message: string,
    expected: unknown,
    found: unknown,
    requestId?: Hex32,
  ) => context.wrong({ code, message, log, expected, found, ...(requestId && { requestId }) });

  const stateBefore = ({ chainId, block, position, topics }: StoredLog): ConsentState => {
    const id = hexWord(topics, 1);
    const known = states.get(id);
    if (known) return known;
    const state: ConsentState = { given: undefined, isRevoked: false, granted: 0n };
    for (const row of earlier.iterate(chainId, word(topics, 1), block, position)) {
      const [event, data, of] = row as unknown as readonly [string, Uint8Array, Uint8Array]; // by the schema
      take(state, { event, data, topics: of });
    }
    states.set(id, state);
    return state;
  };

  /** Why the contract must have refused a use; undefined where it need not. */
  function objection(
    log: StoredLog,
    { given, isRevoked, granted }: ConsentState,
    { decision, used, classes }: ReturnType<typeof usedIn>,
    deliveredData: Uint8Array | undefined,
  ): string | undefined {
    if (given === undefined) return "it was never given";
    if (isRevoked) return "it was revoked before";
    if (deliveredData === undefined) return "the request was never delivered";
    const { consent, account } = given;
    const request = decodeRequest(deliveredData, 1);
    if (used !== granted + (decision === "Granted" ? 1n : 0n))
      return `it was used ${granted} times before, not ${used}`;
    if (granted >= consent.maxAccessCount) return "it was used up";
    const time = BigInt(log.timestamp);
    if (time < consent.from || time >= consent.until) return "it was out of its period";
    if (held.records.get(request.recordId)?.owner !== consent.owner) return "the record is another's";
    if (consent.records.length > 0 && !consent.records.includes(request.recordId)) return "it names other records";
    if (!consent.purposes.includes(request.purpose)) return "it is for other purposes";
    const hospital = held.hospitalOf(request.requester);
    const isNamed =
      consent.members.includes(request.requester) || (hospital !== undefined && consent.hospitals.includes(hospital));
    if (!isNamed) return "it names other recipients";
    const areCovered = (consent.classes.length === 0) === (classes.length === 0);
    if (!areCovered || !classes.every((each) => consent.classes.includes(each))) return "it is for other data";
    return account === held.lastAccount(consent.owner) ? undefined : "another account signed it";
  }

  /** That the approval of which a use tells is there, and that the ledger decided what it tells. */
  function requireDecided(log: StoredLog, approval: Beside | undefined, entry: Beside | undefined, decision: Decision) {
    const requestId = hexWord(log.topics, 2);
    if (approval === undefined) {
      const expected = "Approved by StandingConsents before it in the same transaction";
      wrong("CONSENT_EXCEEDED", log, "a use of a consent by which nothing was approved", expected, "none", requestId);
    }
    const decided = entry && decodeEntry(entry[2]).decision;
    if (decided === decision) return;
    const message = "the decision that a use of a consent tells is not the ledger's";
    wrong("DECISION_NOT_LOGGED", log, message, decided ?? "AccessLogged in the same transaction", decision, requestId);
  }

  return {
    given(log) {
      const { consent, signature } = consentIn(log);
      const account = addressWord(log.topics, 3);
      const consentId = consentIdOf({ chainId: log.chainId, address: contractOn(log.chainId) }, consent);
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
      const state = stateBefore(log);
      if (state.given) {
        wrong("EVENT_ORDER", log, "a consent is given twice", "ConsentGiven once", "again");
      }
      take(state, log);
    },
    revoked(log) {
      const [owner, account] = [hexWord(log.topics, 2), addressWord(log.topics, 3)];
      const state = stateBefore(log);
      const last = held.lastAccount(owner);
      if (state.given === undefined) {
        wrong("EVENT_MISSING", log, "a consent was revoked that was never given", "ConsentGiven before", "none");
      } else if (state.given.consent.owner !== owner) {
        const message = "a consent was revoked as another owner's";
        wrong("AUTHOR_FORGED", log, message, state.given.consent.owner, owner);
      }
      if (state.isRevoked) wrong("EVENT_ORDER", log, "a consent is revoked twice", "ConsentRevoked once", "again");
      take(state, log);
      if (last !== account) {
        const message = "a consent was revoked by another than its owner";
        wrong("AUTHOR_FORGED", log, message, last ?? "a certified account", account);
        return;
      }
      // Nobody else can, and no signature stands for it.
      const isSaid = (input: Uint8Array) => isRevocation(input, hexWord(log.topics, 1));
      requireSentBy(context, log, { author: account, who: OWNER, contract: contractOn(log.chainId), isSaid });
    },
    used(log) {
      const requestId = hexWord(log.topics, 2);
      const use = usedIn(log);
      const state = stateBefore(log);
      const request = word(log.topics, 2);
      const deliveredData = delivered.get(request, log.chainId)?.data as Uint8Array | undefined; // by the schema
      const why = objection(log, state, use, deliveredData);
      if (why !== undefined) {
        const message = `a request was approved by a consent, and ${why}`;
        wrong("CONSENT_EXCEEDED", log, message, "a consent that covers it", hexWord(log.topics, 1), requestId);
      }
      const before = besides.all(request, log.chainId, log.block, log.place, log.position) as unknown as Beside[]; // by the schema
      const isByConsents = ([event, topics]: Beside) =>
        event === "Approved" && addressWord(topics, 2) === contractOn(log.chainId);
      const at = before.findLastIndex(isByConsents);
      const entry = before.slice(at + 1).find(([event]) => event === "AccessLogged");
      requireDecided(log, before[at], entry, use.decision);
      const isSaid = (input: Uint8Array) => {
        const address = contractOn(log.chainId);
        return isApproval(input, {
          log,
          classes: use.classes,
          approval: before[at],
          delivered: deliveredData,
          address,
        });
      };
      const code = "APPROVAL_FORGED";
      const author = state.given?.account;
      if (author !== undefined) {
        requireSentBy(context, log, { author, who: OWNER, contract: contractOn(log.chainId), code, isSaid, requestId });
      } else {
        const message = "a request was approved by a consent of an account that nobody certified";
        wrong(code, log, message, "a certified account", context.transaction(log).sender, requestId);
      }
      take(state, log);
    },
    approved(log) {
      if (addressWord(log.topics, 2) !== contractOn(log.chainId)) return;
      const requestId = hexWord(log.topics, 1);
      if (usedWith.get(word(log.topics, 1), log.chainId, log.block, log.place, log.position)) return;
      const message = "StandingConsents approved a request without a consent";
      wrong("CONSENT_EXCEEDED", log, message, "ConsentUsed after it in the same transaction", "none", requestId);
    },
  };
}

/** Takes a log of a consent into what is known of it. */
function take(state: ConsentState, log: Told): void {
  if (log.event === "ConsentGiven") {
    state.given = { consent: consentIn(log).consent, account: addressWord(log.topics, 3) };
  } else if (log.event === "ConsentRevoked") state.isRevoked = true;
  else if (usedIn(log).decision === "Granted") state.granted += 1n;
}

/** Whether a call revokes this consent. */
const isRevocation = (input: Uint8Array, consentId: Hex32): boolean => {
  const call = called("revoke", input);
  return call !== undefined && hex32(call[0]) === consentId;
};

/** What a call that a use tells of must say. */
interface ToldApproval {
  readonly log: StoredLog;
  readonly classes: readonly Hex32[];
  readonly approval: Beside | undefined;
  /** The data of the request's `RequestDelivered`. */
  readonly delivered: Uint8Array | undefined;
  /** Of the contract. */
  readonly address: string;
}

/** Whether a call approves this request by this consent, with the key and the fragment that were approved. */
function isApproval(input: Uint8Array, { log, classes, approval, delivered, address }: ToldApproval): boolean {
  const call = called("approve", input);
  if (call === undefined) return false;
  const [consent, access] = call as unknown as [Result, Result];
  const sent = access.toObject();
  return (
    consentIdOf({ chainId: log.chainId, address }, givenConsentOf(consent)) === hexWord(log.topics, 1) &&
    [...(sent.classes as Result)].map((each) => hex32(each)).join() === classes.join() &&
    (delivered === undefined ||
      (sent.sourceChainId === intWord(delivered, 0) &&
        isSameRequest(accessRequestOf(sent.request as Result), decodeRequest(delivered, 1)))) &&
    (approval === undefined ||
      [sent.sealedRekey, sent.privateFragment, toHex(wordOf(sent.epoch as bigint))].join() ===
        [0, 1, 2].map((number) => hexWord(approval[2], number)).join())
  );
}

/** Addresses are written in one case by one, and in another by the other. */
const isSameRequest = (one: AccessRequest, other: AccessRequest): boolean =>
  (Object.keys(other) as (keyof AccessRequest)[]).every(
    (name) => String(one[name]).toLowerCase() === String(other[name]).toLowerCase(),
  );

/** The arguments of a call; undefined where it is none of this function. */
function called(name: "approve" | "revoke", input: Uint8Array): Result | undefined {
  try {
    return ABI.decodeFunctionData(name, input);
  } catch {
    return undefined; // another function, or arguments that are cut short
  }
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
