/**
 * Whose act it was: who anchored, limited and revoked records, approved, sealed anew, denied and withdrew, and acknowledged answers. Each such event
 * names the account, and carries its signature where somebody else brought it, so that it is proven whatever contract it came through.
 */
import { type Hex32, recordIdOf } from "@medexchain/chain";
import { type FindingCode, finding } from "../finding.ts";
import { addressWord, bytesAt, hexWord, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { MessageType } from "./digests.ts";
import type { Registries } from "./registries.ts";
import { selector } from "./relayer-calls.ts";
import type { Roles } from "./roles.ts";

interface Act {
  readonly contract: "records" | "grants" | "requests";
  /** What is signed where somebody else brings it; undefined where nobody else can. */
  readonly type: MessageType | undefined;
  /** Which topic is the account. */
  readonly account: 2 | 3;
  /** The words that are signed, in their order; of an account that calls itself, those that it gives come first. */
  words(log: StoredLog): Uint8Array[];
  /** The word of the data with the signature's offset. */
  readonly signature: number;
}

const idAnd =
  (...numbers: number[]) =>
  ({ topics, data }: StoredLog) => [word(topics, 1), ...numbers.map((number) => word(data, number))];

const ACTS: Readonly<Record<string, Act>> = {
  RecordAnchored: {
    contract: "records",
    type: "RecordAnchor",
    account: 3,
    words: ({ topics, data }) => [word(topics, 2), ...[4, 0, 1, 2, 3, 5].map((number) => word(data, number))],
    signature: 6,
  },
  RecordLimitSet: { contract: "records", type: "AccessLimit", account: 2, words: idAnd(0, 1, 2), signature: 3 },
  RecordRevoked: { contract: "records", type: "Revocation", account: 2, words: idAnd(0, 1), signature: 2 },
  PolicySet: {
    contract: "records",
    type: undefined,
    account: 2,
    words: ({ topics }) => [word(topics, 1), word(topics, 3)],
    signature: 0,
  },
  Approved: { contract: "grants", type: "Authorization", account: 2, words: idAnd(0, 1, 2), signature: 3 },
  Resealed: { contract: "grants", type: "Resealing", account: 2, words: idAnd(0, 1), signature: 2 },
  Denied: { contract: "grants", type: "Denial", account: 2, words: idAnd(), signature: 0 },
  Withdrawn: { contract: "grants", type: "Withdrawal", account: 2, words: idAnd(), signature: 0 },
  Acknowledged: {
    contract: "requests",
    type: "Acknowledgement",
    account: 2,
    words: ({ topics, data }) => [word(topics, 1), word(topics, 3), word(data, 0)],
    signature: 1,
  },
};

const ANCHOR = "(bytes32,bytes32,bytes32,bytes32,bytes32,uint32)";
const ANCHOR_WORDS = 6;
const ANCHOR_BATCH = selector(`anchorBatch(${ANCHOR}[])`);
/** Calls of the person's own: what they say, in how many words. */
const SENT: Readonly<Record<string, { readonly event: string; readonly words: number }>> = {
  [selector(`anchor(${ANCHOR})`)]: { event: "RecordAnchored", words: ANCHOR_WORDS },
  [selector("setMaxAccessCount(bytes32,uint32)")]: { event: "RecordLimitSet", words: 2 },
  [selector("revoke(bytes32)")]: { event: "RecordRevoked", words: 1 },
  [selector("setPolicy(bytes32,address)")]: { event: "PolicySet", words: 2 },
  [selector("authorize(bytes32,bytes32,bytes32,uint64)")]: { event: "Approved", words: 4 },
  [selector("reseal(bytes32,bytes32,uint64)")]: { event: "Resealed", words: 3 },
  [selector("deny(bytes32)")]: { event: "Denied", words: 1 },
  [selector("withdraw(bytes32)")]: { event: "Withdrawn", words: 1 },
  [selector("acknowledge(bytes32,bytes32,uint8)")]: { event: "Acknowledged", words: 3 },
};
const AUTHORIZE_BATCH = selector("authorizeBatch(address,(bytes32,bytes32,bytes32,uint64,bytes)[])");
/** Calls that carry a signature, which a contract account may accept though it is empty. */
const CARRIED: ReadonlySet<string> = new Set([
  AUTHORIZE_BATCH,
  ...[
    `anchorFor(${ANCHOR},uint64,bytes)`,
    "setMaxAccessCountFor(bytes32,uint32,uint64,bytes)",
    "revokeFor(bytes32,uint64,bytes)",
    "authorizeFor(bytes32,bytes32,bytes32,uint64,bytes)",
    "resealFor(bytes32,bytes32,uint64,bytes)",
    "denyFor(bytes32,bytes)",
    "withdrawFor(bytes32,bytes)",
    "acknowledgeFor(bytes32,bytes32,uint8,bytes)",
  ].map(selector),
]);

/** Whether an event is somebody's own act, which the checker below can check. */
export const isAct = (event: string): boolean => Object.hasOwn(ACTS, event);

/** What an owner's decision is called, if another does it. */
const codeOf = (contract: Act["contract"]): FindingCode =>
  contract === "grants" ? "APPROVAL_FORGED" : "AUTHOR_FORGED";

/**
 * Makes the check of everybody's acts. It must see a log before the registries take it, as the contract did.
 *
 * @param predecessor the records' registry of the suite from which this one goes on, in lower case: what it tells under that name was
 *   taken over, which `predecessor.ts` checks
 */
export function authorshipChecker(
  context: VerifyContext,
  held: Registries,
  roles: Pick<Roles, "isPolicy">,
  predecessor: string | undefined,
): (log: StoredLog) => void {
  const items = batchItems(context);
  const asked = context.store.prepare(
    "SELECT block, position, topics FROM log WHERE request = ? AND event = 'AccessRequested' AND chain = ?",
  );
  const delivered = context.store.prepare("SELECT record FROM request WHERE id = ?");
  /** The account that asked is the one that acknowledges, even after its certificate was replaced. */
  const requester = (log: StoredLog) => {
    const row = asked.get(word(log.topics, 1), log.chainId);
    if (!row) return undefined;
    const { block, position, topics } = row as unknown as Pick<StoredLog, "block" | "position" | "topics">; // by the schema
    return held.accountAt(hexWord(topics, 3), block, position);
  };
  const ownerOf = (log: StoredLog): Hex32 | undefined => {
    if (log.event === "RecordAnchored") return hexWord(log.topics, 2);
    if (log.event === "PolicySet") return hexWord(log.topics, 1);
    if (ACTS[log.event]?.contract === "records") return held.records.get(hexWord(log.topics, 1))?.owner;
    const record = delivered.get(word(log.topics, 1))?.record as Uint8Array | undefined; // by the schema
    return record && held.records.get(toHex(record) as Hex32)?.owner;
  };
  const accountOf = (log: StoredLog, owner: Hex32 | undefined): string | undefined => {
    if (log.event === "Acknowledged") return requester(log);
    if (owner === undefined) return undefined;
    const takesBack = RESTRICTIVE.has(log.event) || (log.event === "PolicySet" && intWord(log.topics, 3) === 0n);
    return takesBack ? held.lastAccount(owner) : held.activeAccount(owner, log.timestamp);
  };
  return (log) => {
    const act = ACTS[log.event];
    if (!act || (isTakenOver(log.event) && addressWord(log.topics, act.account) === predecessor)) return;
    const owner = log.event === "Acknowledged" ? undefined : ownerOf(log);
    const policy = log.event === "Approved" && owner !== undefined ? held.policyOf(owner) : undefined;
    const policyHere = policy !== undefined && roles.isPolicy(policy, log) ? policy : undefined;
    if (log.event === "RecordAnchored") checkRecordId(context, log);
    checkAuthor(context, held, items, log, act, accountOf(log, owner), policyHere);
  };
}

/** What a registry tells of records that it takes over. */
const isTakenOver = (event: string): boolean => event === "RecordAnchored" || event === "RecordRevoked";

/** What an owner may do though its certificate has lapsed, or its hospital is suspended. */
const RESTRICTIVE: ReadonlySet<string> = new Set(["RecordRevoked", "Denied", "Withdrawn"]);

function checkAuthor(
  context: VerifyContext,
  held: Registries,
  items: BatchItems,
  log: StoredLog,
  act: Act,
  account: string | undefined,
  policy: string | undefined,
): void {
  const { event } = log;
  const requestId = act.contract === "records" ? undefined : hexWord(log.topics, 1);
  const forged = (message: string, found: unknown) =>
    finding({
      code: codeOf(act.contract),
      message,
      where: { ...placeOf(log), ...(requestId && { requestId }) },
      expected: `by ${account ?? "a certified account"}`,
      found,
    });
  const named = addressWord(log.topics, act.account);
  if (account === undefined) {
    context.report(forged(`${event} by someone without a valid certificate at that time`, named));
    return;
  }
  if (named === policy && named !== account) {
    // That it called is proven by the contract's own check of whom the owner named, and who had the role.
    if (named === context.deployments.get(log.chainId)?.consents.toLowerCase()) return; // the audit's own setting says what is there
    context.requireContract(log, named, forged("approved by a policy that is not a contract", named));
    return;
  }
  if (named !== account) {
    context.report(forged(`${event} names another account`, named));
    return;
  }
  const words = act.words(log);
  if (!hasNonce(held, log)) {
    context.report(forged(`${event} has another nonce than the record`, toHex(log.data.subarray(0, 64))));
    return;
  }
  const signature = bytesAt(log.data, 0, act.signature);
  const signed = () => {
    const otherwise = forged(`${event} was not signed by its author`, toHex(signature));
    const digest = act.type && context.digests(act.type, log.chainId)?.(...words);
    if (digest) context.requireSigned({ log, account, digest, signature, otherwise });
    else context.report(otherwise);
  };
  if (signature.length > 0) {
    signed();
    return;
  }

  const transaction = context.transaction(log);
  const { sender, recipient, input } = transaction;
  const called = toHex(input.subarray(0, 4));
  const contract = called === AUTHORIZE_BATCH ? "mailbox" : act.contract;
  if (recipient !== context.deployments.get(log.chainId)?.[contract].toLowerCase()) {
    // To whom it went is the node's word until the transaction is proven.
    context.requireSender(log, transaction);
    // Without a signature, only a contract account can be the author: it acts through itself, or through what calls it.
    const otherwise = forged(`${event}: the transaction goes elsewhere, and its author is not a contract`, recipient);
    context.requireContract(log, account, otherwise);
    if (recipient === account) return;
    context.wrong({
      code: "APPROVAL_INDIRECT",
      message: `${event} came through another contract, without a signature`,
      log,
      expected: account,
      found: recipient ?? "a new contract",
      ...(requestId && { requestId }),
    });
    return;
  }
  if (CARRIED.has(called)) {
    signed();
    return;
  }
  context.requireSender(log, transaction);
  if (sender !== account) context.report(forged(`${event} was sent by another account`, sender));
  else if (!isSent(event, words, input, () => items.placeOf(log))) {
    context.report(forged(`${event} is not what its transaction says`, toHex(input.subarray(0, 228))));
  }
}

/** A record's id is the hash of its owner and salt, so that nobody can give one record another's. */
function checkRecordId(context: VerifyContext, log: StoredLog): void {
  const recordId = hexWord(log.topics, 1);
  const expected = recordIdOf(hexWord(log.topics, 2), hexWord(log.data, SALT));
  if (recordId === expected) return;
  const message = "a record's id is not that of its owner and salt";
  context.wrong({ code: "RECORD_ID_WRONG", message, log, expected, found: recordId, recordId });
}

/** The word of a `RecordAnchored` with the salt. */
const SALT = 4;

/** Which event of its kind in its transaction one is, and of how many. */
interface BatchItem {
  readonly place: number;
  readonly of: number;
}

interface BatchItems {
  placeOf(log: StoredLog): BatchItem;
}

function batchItems({ store }: VerifyContext): BatchItems {
  const positions = store.prepare(
    "SELECT position FROM log WHERE chain = ? AND block = ? AND place = ? AND event = ? AND contract = ? ORDER BY position",
  );
  let last: { readonly key: string; readonly positions: readonly number[] } | undefined;
  return {
    placeOf({ chainId, block, place, event, contract, position }) {
      const key = `${chainId} ${block} ${place} ${event}`;
      if (last?.key !== key) {
        const rows = positions.all(chainId, block, place, event, contract);
        last = { key, positions: rows.map((row) => Number(row.position)) };
      }
      return { place: last.positions.indexOf(position), of: last.positions.length };
    },
  };
}

/** The nonce that a record's change tells is the number of its changes before. */
function hasNonce(held: Registries, { event, topics, data }: StoredLog): boolean {
  if (event !== "RecordLimitSet" && event !== "RecordRevoked") return true;
  return intWord(data, event === "RecordLimitSet" ? 1 : 0) === held.records.get(hexWord(topics, 1))?.changes;
}

/**
 * Whether an event is of what the person's own call says.
 *
 * @param itemOf the item of a batch
 */
function isSent(event: string, words: readonly Uint8Array[], input: Uint8Array, itemOf: () => BatchItem): boolean {
  const name = toHex(input.subarray(0, 4));
  const data = input.subarray(4);
  const says = (from: number, count: number): boolean =>
    words.slice(0, count).every((each, number) => toHex(each) === toHex(word(data, from + number)));
  if (name === ANCHOR_BATCH) {
    const first = Number(intWord(data, 0)) / 32;
    const count = Number(intWord(data, first));
    const item = itemOf();
    // Each item makes an event, in their order: none is told twice, and none left out.
    if (event !== "RecordAnchored" || count !== item.of) return false;
    return says(first + 1 + ANCHOR_WORDS * item.place, ANCHOR_WORDS);
  }
  const sent = SENT[name];
  return sent?.event === event && says(0, sent.words);
}
