/** Who anchored, limited and revoked records, and who acknowledged answers: sent or signed by the person whose act it is. */
import type { Hex32 } from "@medexchain/chain";
import { finding } from "../finding.ts";
import { bytesAt, hexWord, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import { type MessageType, wordOf } from "./digests.ts";
import type { Registries } from "./registries.ts";
import { selector } from "./relayer-calls.ts";

const ANCHOR = "(bytes32,bytes32,bytes32,bytes32,bytes32,uint32)";
/** Calls that carry a signature: of what, and the word with its offset. */
const CARRIED: Readonly<Record<string, { readonly type: MessageType; readonly words: number }>> = {
  [selector(`anchorFor(${ANCHOR},bytes)`)]: { type: "RecordAnchor", words: 6 },
  [selector("setMaxAccessCountFor(bytes32,uint32,uint64,bytes)")]: { type: "AccessLimit", words: 3 },
  [selector("revokeFor(bytes32,uint64,bytes)")]: { type: "Revocation", words: 2 },
  [selector("acknowledgeFor(bytes32,uint8,bytes)")]: { type: "Acknowledgement", words: 2 },
};

/** Calls of the person's own: what they say, in how many words. */
const SENT: Readonly<Record<string, { readonly type: MessageType; readonly words: number }>> = {
  [selector(`anchor(${ANCHOR})`)]: { type: "RecordAnchor", words: 6 },
  [selector("setMaxAccessCount(bytes32,uint32)")]: { type: "AccessLimit", words: 2 },
  [selector("revoke(bytes32)")]: { type: "Revocation", words: 1 },
  [selector("acknowledge(bytes32,uint8)")]: { type: "Acknowledgement", words: 2 },
};
const ANCHOR_BATCH = selector(`anchorBatch(${ANCHOR}[])`);

/**
 * Makes the check of `RecordAnchored`, `RecordLimitSet`, `RecordRevoked` and `Acknowledged`. It must see a log before the registries
 * take it, as the contract did.
 */
export function authorshipChecker(context: VerifyContext, held: Registries): (log: StoredLog) => void {
  const requests = context.store.prepare(
    "SELECT block, position, topics FROM log WHERE request = ? AND event = 'AccessRequested' AND chain = ?",
  );
  const owner = (log: StoredLog, id: Hex32 | undefined) => id && held.activeAccount(id, log.timestamp);
  /** The account that asked is the one that acknowledges, even after its certificate was replaced. */
  const requester = (log: StoredLog) => {
    const row = requests.get(word(log.topics, 1), log.chainId);
    if (!row) return undefined;
    const { block, position, topics } = row as unknown as Pick<StoredLog, "block" | "position" | "topics">; // by the schema
    return held.accountAt(hexWord(topics, 3), block, position);
  };
  return (log) => {
    if (log.event === "Acknowledged") {
      checkAuthor(context, log, "requests", requester(log));
      return;
    }
    const record = held.records.get(hexWord(log.topics, 1));
    const ownerId = log.event === "RecordAnchored" ? hexWord(log.topics, 2) : record?.owner;
    checkAuthor(context, log, "records", owner(log, ownerId), record?.changes);
  };
}

function checkAuthor(
  context: VerifyContext,
  log: StoredLog,
  contract: "records" | "requests",
  account: string | undefined,
  nonce = 0n,
): void {
  const transaction = context.transaction(log);
  const { sender, recipient, input } = transaction;
  const forged = (message: string, found: unknown) =>
    finding({
      code: "AUTHOR_FORGED",
      message,
      where: placeOf(log),
      expected: `by ${account ?? "a certified account"}`,
      found,
    });
  if (account === undefined) {
    context.report(forged(`${log.event} by someone without a valid certificate at that time`, sender));
    return;
  }
  if (recipient !== context.deployments.get(log.chainId)?.[contract].toLowerCase()) {
    // To whom it went is the node's word until the transaction is proven.
    context.requireSender(log, transaction);
    // A contract account acts through itself: then the transaction goes to it.
    if (recipient === account) {
      const otherwise = forged(`${log.event}: the transaction goes to its author, which is not a contract`, recipient);
      context.requireContract(log, account, otherwise);
      return;
    }
    const message = `${log.event} came through another contract`;
    context.wrong({ code: "APPROVAL_INDIRECT", message, log, expected: account, found: recipient ?? "a new contract" });
    return;
  }
  const carried = CARRIED[toHex(input.subarray(0, 4))];
  if (!carried) {
    context.requireSender(log, transaction);
    if (sender !== account) context.report(forged(`${log.event} was sent by another account`, sender));
    else if (!isSent(log, input)) {
      context.report(forged(`${log.event} is not what its transaction says`, toHex(input.subarray(0, 228))));
    }
    return;
  }
  const data = input.subarray(4);
  const { type, words: count } = carried;
  const words = Array.from({ length: count }, (_, number) => word(data, number));
  if (!says(log, type, words)) {
    context.report(forged(`${log.event} is not what its transaction says`, toHex(data.subarray(0, 32 * count))));
    return;
  }
  // The nonce is not in the calldata: it counts the record's changes, and is signed before the expiry.
  if (type === "AccessLimit" || type === "Revocation") words.splice(-1, 0, wordOf(nonce));
  const signature = bytesAt(data, 0, count);
  const otherwise = forged(`${log.event} was not signed by its author`, toHex(signature));
  const digest = context.digests(type, log.chainId)?.(...words);
  if (digest) context.requireSigned({ log, account, digest, signature, otherwise });
  else context.report(otherwise);
}

/** Whether a log is of what the person's own call says. */
function isSent(log: StoredLog, input: Uint8Array): boolean {
  const name = toHex(input.subarray(0, 4));
  const data = input.subarray(4);
  const wordsFrom = (from: number, count: number) => Array.from({ length: count }, (_, at) => word(data, from + at));
  if (name === ANCHOR_BATCH) {
    const first = Number(intWord(data, 0)) / 32;
    const count = Number(intWord(data, first));
    if (!(count * 192 <= data.length)) return false;
    return [...Array(count).keys()].some((item) => says(log, "RecordAnchor", wordsFrom(first + 1 + 6 * item, 6)));
  }
  const sent = SENT[name];
  return sent !== undefined && says(log, sent.type, wordsFrom(0, sent.words));
}

/** Whether a log is of the message that the words are. */
function says({ event, topics, data }: StoredLog, type: MessageType, words: readonly Uint8Array[]): boolean {
  const [first, second] = words.map((each) => toHex(each));
  const subject = hexWord(topics, 1);
  switch (type) {
    case "RecordAnchor": {
      const logged = [hexWord(topics, 2), ...[0, 1, 2, 3].map((number) => hexWord(data, number))];
      const signed = [0, 2, 3, 4, 5].map((number) => toHex(words[number] ?? new Uint8Array()));
      return event === "RecordAnchored" && logged.join() === signed.join();
    }
    case "AccessLimit":
      return event === "RecordLimitSet" && subject === first && intWord(data, 0) === BigInt(second ?? -1);
    case "Revocation":
      return event === "RecordRevoked" && subject === first;
    default:
      return event === "Acknowledged" && subject === first && intWord(data, 0) === BigInt(second ?? -1);
  }
}
