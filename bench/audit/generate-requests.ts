/** All requests, a batch at a time, as each of the two chains tells of them: granted, answered, acknowledged. */
import { type AccessRequest, type Hex32, merkleRange, toHex32 } from "@medexchain/chain";
import { bytes, keccak, list, words } from "./encode.ts";
import { EPOCH } from "./generate-setup.ts";
import { checkCall, type GeneratedChain, selectorOf, topicOf } from "./generated-chain.ts";
import { BATCH, LIMIT, type Scenario } from "./scenario.ts";
import { digester, filler, unsigned } from "./sign.ts";

/** What the contracts of a chain hold at the end. */
export interface ChainState {
  readonly head: Hex32;
  readonly root: Hex32;
  readonly length: number;
  readonly requests: number;
  readonly grants: number;
  readonly delivered: number;
  readonly ids: readonly Hex32[];
}

interface Asked {
  readonly number: number;
  readonly requestId: Hex32;
  /** The fields of the request, a word each. */
  readonly fields: string;
}

const GRANTED = 1;
const OPENED = 1;
/** Of the one relayer. */
const RELAYER_INDEX = 1;
const ZERO: Hex32 = `0x${"00".repeat(32)}`;
const topic = (value: bigint | number | string) => `0x${words(value)}`;
const fieldsOf = (request: AccessRequest) => [
  request.recordId,
  request.requester,
  request.purpose,
  request.destinationChainId,
  request.destination,
  request.issuedAt,
  request.expiry,
  request.nonce,
];
/** The answer to a request, as `AccessResponse` has its fields. */
const responseOf = ({ number, requestId }: Asked, { time, recordOf }: Scenario) => {
  const decidedAt = time(1 + Math.floor(number / BATCH), "answered");
  return [
    requestId,
    GRANTED,
    decidedAt,
    recordOf(number).contents,
    filler(`sealed ${number}`),
    filler(`fragment ${number}`),
  ];
};

/** Generates what is missing of so many entries. */
export type Grow = (entries: number) => ChainState;

/** The owner's chain. */
export function generateOwners(chain: GeneratedChain, scenario: Scenario): Grow {
  const { a, b, relayer, patient, doctorOf, recordOf, countsOf, hospitalA, time } = scenario;
  const delivered = topicOf("grants", "RequestDelivered");
  const logged = topicOf("ledger", "AccessLogged");
  const approved = topicOf("grants", "Approved");
  const asked = topicOf("grants", "ReEncryptionRequested");
  const reEncrypted = topicOf("grants", "ReEncrypted");
  const ready = topicOf("grants", "ResponseReady");
  let head = ZERO;
  const range = merkleRange();
  let length = 0;
  let grants = 0;
  const ids: Hex32[] = [];
  const grow = ([number, batch]: Batch) => {
    const signed = batch.map((one) => one.fields + words(32 * 9) + bytes(doctorOf(one.number).sign(one.requestId)));
    const delivery = `${selectorOf("grants", "deliverRequests")}${words(b.chainId, 64)}${list(signed)}`;
    chain.transaction(unsigned(a.chainId, relayer.address, a.grants, delivery));
    for (const { requestId, fields } of batch) {
      const topics = [delivered, topic(ids.length), requestId, patient.memberId];
      chain.log("grants", topics, words(b.chainId) + fields);
      ids.push(requestId);
    }
    chain.seal(time(number, "delivered"));
    for (const one of batch) {
      const { recordId } = recordOf(one.number);
      const requester = doctorOf(one.number).memberId;
      const sealed = filler(`sealed ${one.number}`);
      const fragment = filler(`fragment ${one.number}`);
      const call = words(one.requestId, sealed, fragment, EPOCH);
      chain.transaction(patient.transaction(a.chainId, a.grants, `${selectorOf("grants", "authorize")}${call}`));
      const counts = countsOf(one.number);
      const limits = [counts.hospital, LIMIT, counts.record, LIMIT];
      const entry = words(one.requestId, recordId, requester, hospitalA, GRANTED, ...limits, time(number, "decided"));
      head = keccak(words(head, length) + entry);
      range.append(Buffer.from(entry, "hex"));
      const approval = [approved, one.requestId, topic(patient.address)];
      chain.log("grants", approval, words(sealed, fragment, EPOCH, 32 * 4) + bytes("0x"));
      chain.log("ledger", [logged, topic(length++), one.requestId, requester], entry + words(head));
      chain.log("grants", [asked, topic(++grants), one.requestId, recordId], words(sealed));
    }
    chain.seal(time(number, "decided"));
    const said = batch.map((one) => words(one.requestId, 32 * 2, EPOCH, 0, 32 * 3, 0));
    const submission = `${selectorOf("grants", "submitReEncryptions")}${words(32)}${list(said)}`;
    chain.transaction(relayer.transaction(a.chainId, a.grants, submission));
    if (number === 1) for (const input of [delivery, submission]) checkCall("grants", input);
    for (const one of batch) {
      chain.log("grants", [reEncrypted, one.requestId], words(1 << RELAYER_INDEX));
      const topics = [ready, topic(++grants), one.requestId, topic(b.chainId)];
      chain.log("grants", topics, words(...responseOf(one, scenario)));
    }
    chain.seal(time(number, "answered"));
  };
  return (entries) => {
    for (const batch of batches(scenario, ids.length, entries)) grow(batch);
    return { head, root: toHex32(range.root()), length, requests: 0, grants, delivered: ids.length, ids };
  };
}

/** The requesters' chain. */
export function generateRequesters(chain: GeneratedChain, scenario: Scenario): Grow {
  const { a, b, relayer, doctorOf, time } = scenario;
  const requested = topicOf("requests", "AccessRequested");
  const responded = topicOf("requests", "ResponseDelivered");
  const acknowledged = topicOf("requests", "Acknowledged");
  const responseDigest = digester("AccessResponse", { chainId: b.chainId, address: b.requests });
  const ids: Hex32[] = [];
  const grow = ([number, batch]: Batch) => {
    for (const one of batch) {
      const doctor = doctorOf(one.number);
      const signed = one.fields + words(32 * 9) + bytes(doctor.sign(one.requestId));
      const input = `${selectorOf("requests", "request")}${signed}`;
      chain.transaction(unsigned(b.chainId, doctor.address, b.requests, input));
      ids.push(one.requestId);
      chain.log("requests", [requested, topic(ids.length), one.requestId, doctor.memberId], signed);
    }
    chain.seal(time(number, "requested"));
    const attested = batch.map((one) => {
      const response = responseOf(one, scenario);
      const terms = [EPOCH, time(number, "responded") + 86_400n];
      const signature = relayer.sign(responseDigest(a.chainId, a.grants, ...response, ...terms));
      const by = list([words(relayer.address, 64) + bytes(signature)]);
      return words(...response, 32 * 7, ...terms, 32 * 3) + by;
    });
    const input = `${selectorOf("requests", "deliverResponses")}${words(a.chainId, 64)}${list(attested)}`;
    if (number === 1) checkCall("requests", input);
    chain.transaction(unsigned(b.chainId, relayer.address, b.requests, input));
    for (const [at, { requestId }] of batch.entries()) {
      chain.log("requests", [responded, requestId, topic(a.chainId)], attested[at] ?? "");
    }
    chain.seal(time(number, "responded"));
    for (const one of batch) {
      const { number: each, requestId } = one;
      const answer = keccak(words(...responseOf(one, scenario)));
      const call = `${selectorOf("requests", "acknowledge")}${words(requestId, answer, OPENED)}`;
      const doctor = doctorOf(each);
      chain.transaction(doctor.transaction(b.chainId, b.requests, call));
      const topics = [acknowledged, requestId, topic(doctor.address), answer];
      chain.log("requests", topics, words(OPENED, 32 * 2) + bytes("0x"));
    }
    chain.seal(time(number, "acknowledged"));
  };
  const root = toHex32(merkleRange().root());
  return (entries) => {
    for (const batch of batches(scenario, ids.length, entries)) grow(batch);
    return { head: ZERO, root, length: 0, requests: ids.length, grants: 0, delivered: 0, ids };
  };
}

/** The number of a batch, from 1, and its requests. */
type Batch = readonly [number, readonly Asked[]];

/** Requests by their batches. */
function* batches(scenario: Scenario, from: number, entries: number): Generator<Batch> {
  const { b } = scenario;
  const idOf = digester("AccessRequest", { chainId: b.chainId, address: b.requests });
  for (let first = from; first < entries; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, entries - first) }, (_, offset) => {
      const fields = fieldsOf(scenario.request(first + offset));
      return { number: first + offset, requestId: idOf(...fields), fields: words(...fields) };
    });
    yield [1 + Math.floor(first / BATCH), batch];
  }
}
