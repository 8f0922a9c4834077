/** Nodes that omit, invent, change and move events and blocks. */

import { ZERO_32 } from "@medexchain/chain";
import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import type { Lie } from "./lie.ts";
import { eventTopic, type Lies, type RawLog, withWord, wordAt } from "./tamper.ts";

/** Of the ledger's entries. */
export const LOGGED = eventTopic("ledger", "AccessLogged");
const of = (topic: string) => (log: RawLog) => log.topics[0] === topic;
/** Leaves out the `number`-th event of a kind. */
export const omit =
  (topic: string, number: number): NonNullable<Lies["logs"]> =>
  (logs) => {
    const at = logs.filter(of(topic))[number];
    expect(at, "the log to omit").to.not.equal(undefined);
    return logs.filter((log) => log !== at);
  };
const change =
  (topic: string, number: number, changed: (log: RawLog) => Partial<RawLog>): NonNullable<Lies["logs"]> =>
  (logs) => {
    const at = logs.filter(of(topic))[number];
    expect(at, "the log to change").to.not.equal(undefined);
    return logs.map((log) => (log === at ? { ...log, ...changed(log) } : log));
  };
/** Tells the first event of a kind once more, at the end of its block. */
const again =
  (topic: string): NonNullable<Lies["logs"]> =>
  (logs) => {
    const at = logs.find(of(topic));
    expect(at, "the log to repeat").to.not.equal(undefined);
    if (!at) return logs;
    const last = logs.findLastIndex(({ blockNumber }) => blockNumber === at.blockNumber);
    return logs.toSpliced(last + 1, 0, { ...at, logIndex: "0x63" });
  };
const addToWord = (number: number) => (log: RawLog) => ({
  data: withWord(log.data, number, wordAt(log.data, number) + 1n),
});
/** Flips a bit in the last byte but 43 of the data: inside a signature that ends it, whose 65 bytes are padded to 96. */
const flipSignature = ({ data }: RawLog) => {
  const at = data.length - 2 * 44;
  return {
    data:
      data.slice(0, at) +
      (Number.parseInt(data.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, "0") +
      data.slice(at + 2),
  };
};

/** Grants the refused entry, with counts and all heads to fit, as an operator would who runs a ledger of his own. */
const grantOverLimit = (logs: RawLog[]): RawLog[] => {
  let head: string = ZERO_32;
  return logs.map((log) => {
    if (!of(LOGGED)(log)) return log;
    let data = log.data;
    const index = BigInt(log.topics[1] ?? 0);
    if (index >= 1n) {
      data =
        index === 1n
          ? withWord(withWord(withWord(data, 4, 1n), 5, wordAt(data, 5) + 1n), 7, wordAt(data, 7) + 1n)
          : data;
    }
    const words = `0x${data.slice(2, 2 + 640)}`;
    head = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint64"], [head, index]) + words.slice(2));
    return { ...log, data: withWord(data, 10, BigInt(head)) };
  });
};

export const LOG_LIES: readonly Lie[] = [
  { name: "omits a ledger entry", on: "a", lies: { logs: omit(LOGGED, 1) }, code: "LEDGER_ENTRY_MISSING" },
  { name: "omits the last ledger entry", on: "a", lies: { logs: omit(LOGGED, 2) }, code: "LEDGER_ENTRY_MISSING" },
  {
    name: "omits a request",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "AccessRequested"), 1) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits the last request",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "AccessRequested"), 2) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits a delivery",
    on: "a",
    lies: { logs: omit(eventTopic("grants", "RequestDelivered"), 0) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits an answer",
    on: "a",
    lies: { logs: omit(eventTopic("grants", "ResponseReady"), 0) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits a response",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "ResponseDelivered"), 0) },
    code: "STATE_DIFFERS",
  },
  {
    name: "omits an acknowledgement",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "Acknowledged"), 0) },
    code: "STATE_DIFFERS",
  },
  {
    name: "omits a hospital's limit",
    on: "a",
    lies: { logs: omit(eventTopic("hospitals", "MaxAccessCountSet"), 0) },
    code: "LIMIT_NOT_IN_FORCE",
  },
  {
    name: "omits a record",
    on: "a",
    lies: { logs: omit(eventTopic("records", "RecordAnchored"), 0) },
    code: "DECISION_WRONG",
  },
  {
    name: "omits a certificate",
    on: "b",
    lies: { logs: omit(eventTopic("hospitals", "MemberEnrolled"), 0) },
    code: "CERTIFICATE_UNKNOWN",
  },
  {
    name: "omits a relayer",
    on: "b",
    lies: { logs: omit(eventTopic("relayers", "RelayerAdded"), 0) },
    code: "ATTESTATION_INVALID",
  },
  {
    name: "exchanges two ledger entries",
    on: "a",
    lies: {
      logs: (logs) => {
        const [, second, third] = logs.filter(of(LOGGED));
        return logs.map((log) => {
          const other = log === second ? third : log === third ? second : undefined;
          return other ? { ...log, topics: other.topics, data: other.data } : log;
        });
      },
    },
    code: "LEDGER_ORDER",
  },
  { name: "sends logs out of order", on: "a", lies: { logs: (logs) => logs.toReversed() }, code: "EVENT_ORDER" },
  {
    name: "sends a log twice",
    on: "a",
    lies: { logs: (logs) => logs.flatMap((log) => (of(LOGGED)(log) ? [log, log] : [log])) },
    code: "EVENT_ORDER",
  },
  {
    name: "tells an acknowledgement once more, as if of the same transaction",
    on: "b",
    lies: { logs: again(eventTopic("requests", "Acknowledged")) },
    code: "EVENT_ORDER",
  },
  {
    name: "tells an approval once more, as if of the same transaction",
    on: "a",
    lies: { logs: again(eventTopic("grants", "Approved")) },
    code: "EVENT_ORDER",
  },
  { name: "changes who asked", on: "a", lies: { logs: change(LOGGED, 0, addToWord(2)) }, code: "LEDGER_HEAD_MISMATCH" },
  { name: "changes a count", on: "a", lies: { logs: change(LOGGED, 0, addToWord(5)) }, code: "COUNT_WRONG" },
  { name: "changes a limit", on: "a", lies: { logs: change(LOGGED, 0, addToWord(8)) }, code: "LIMIT_NOT_IN_FORCE" },
  {
    name: "changes an entry's time",
    on: "a",
    lies: { logs: change(LOGGED, 0, addToWord(9)) },
    code: "LEDGER_TIMESTAMP",
  },
  {
    name: "changes blocks' times",
    on: "a",
    lies: { block: (block) => ({ ...block, timestamp: `0x${(Number(block.timestamp) + 60).toString(16)}` }) },
    code: "LEDGER_TIMESTAMP",
  },
  {
    name: "logs a grant over the limit, with heads that fit",
    on: "a",
    lies: { logs: grantOverLimit },
    code: "ACCESS_OVER_LIMIT",
  },
  {
    name: "changes a request's expiry",
    on: "b",
    lies: { logs: change(eventTopic("requests", "AccessRequested"), 0, addToWord(6)) },
    code: "REQUEST_ID_WRONG",
  },
  {
    name: "forges a requester's signature",
    on: "b",
    lies: { logs: change(eventTopic("requests", "AccessRequested"), 0, flipSignature) },
    code: "REQUEST_FORGED",
  },
  {
    name: "forges a certificate's signature",
    on: "b",
    lies: { logs: change(eventTopic("hospitals", "MemberEnrolled"), 0, flipSignature) },
    code: "CERTIFICATE_INVALID",
  },
  {
    name: "takes a response's attestations away",
    on: "b",
    lies: {
      // After the answer: where the attestations are; then their epoch, expiry, and where the list is; then its length.
      logs: change(eventTopic("requests", "ResponseDelivered"), 0, ({ data }) => ({ data: withWord(data, 10, 0n) })),
    },
    code: "ATTESTATIONS_TOO_FEW",
  },
  {
    name: "has a response's attestations expire before it was taken",
    on: "b",
    lies: {
      logs: change(eventTopic("requests", "ResponseDelivered"), 0, ({ data }) => ({ data: withWord(data, 8, 1n) })),
    },
    code: "ATTESTATION_STALE",
  },
  {
    name: "has a response's attestations name an epoch that is yet to come",
    on: "b",
    lies: {
      logs: change(eventTopic("requests", "ResponseDelivered"), 0, ({ data }) => ({ data: withWord(data, 7, 99n) })),
    },
    code: "ATTESTATION_STALE",
  },
  {
    name: "forges an attestation",
    on: "b",
    lies: { logs: change(eventTopic("requests", "ResponseDelivered"), 0, flipSignature) },
    code: "ATTESTATION_INVALID",
  },
  {
    name: "changes when it was decided",
    on: "b",
    lies: { logs: change(eventTopic("requests", "ResponseDelivered"), 0, addToWord(2)) },
    code: "SIDES_DIFFER",
  },
  {
    name: "invents a decision at the requester's",
    on: "a",
    lies: { logs: change(eventTopic("grants", "ResponseReady"), 1, addToWord(1)) },
    code: "DECISION_NOT_LOGGED",
  },
  {
    name: "changes what was anchored",
    on: "a",
    lies: { logs: change(eventTopic("records", "RecordAnchored"), 0, addToWord(1)) },
    code: "RECORD_CONTENTS_WRONG",
  },
  {
    name: "truncates a log",
    on: "a",
    lies: { logs: change(LOGGED, 0, ({ data }) => ({ data: data.slice(0, 130) })) },
    code: "LOG_MALFORMED",
  },
  {
    name: "puts a log into another block",
    on: "a",
    lies: { logs: change(LOGGED, 0, () => ({ blockHash: ZERO_32 })) },
    code: "HEADER_MISMATCH",
  },
  {
    name: "breaks the chain of headers",
    on: "a",
    lies: { block: (block) => ({ ...block, parentHash: ZERO_32 }) },
    code: "HEADER_MISMATCH",
  },
  {
    name: "tells another acknowledgement than the requester sent",
    on: "b",
    lies: { logs: change(eventTopic("requests", "Acknowledged"), 0, addToWord(0)) },
    code: "AUTHOR_FORGED",
  },
];
