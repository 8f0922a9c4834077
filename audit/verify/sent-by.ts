import type { Hex32 } from "@medexchain/chain";
import { type FindingCode, finding } from "../finding.ts";
import { placeOf, type StoredLog, toHex } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

/** Who must have caused an event, and where. */
export interface Sending {
  /** Its account, in lower case. */
  readonly author: string;
  /** For people: `the hospital's operator`. */
  readonly who: string;
  /** The contract that logged it, in lower case. */
  readonly contract: string | undefined;
  /** What is found where another did; AUTHOR_FORGED unless given. */
  readonly code?: FindingCode;
  /** Whether the transaction's input is a call that causes this event; not looked at unless given. */
  readonly isSaid?: (input: Uint8Array) => boolean;
  readonly requestId?: Hex32;
}

/** Of an input that is not as the event says, so many bytes are told: a selector and seven words. */
const TOLD = 228;

/**
 * Checks that an event's transaction was sent by an account to the contract that logged the event, or went through the account's own contract.
 *
 * @returns whether the account sent it itself, and so as the event says
 */
export function requireSentBy(context: VerifyContext, log: StoredLog, sending: Sending): boolean {
  const { author, who, contract, code = "AUTHOR_FORGED", isSaid, requestId } = sending;
  const transaction = context.transaction(log);
  const { sender, recipient, input } = transaction;
  const of = requestId && { requestId };
  const forged = (what: string, found: unknown) =>
    finding({ code, message: `${log.event} ${what}`, where: { ...placeOf(log), ...of }, expected: author, found });
  // To whom it went is the node's word until the transaction is proven.
  context.requireSender(log, transaction);
  if (recipient !== contract) {
    // Only a contract account can be the author then: it acts through itself, or through what calls it.
    const to = recipient ?? "a new contract";
    context.requireContract(log, author, forged(`went through another contract, and ${who} is none`, to));
    if (recipient === author) return false;
    const message = `${log.event} came through another contract`;
    context.wrong({ code: "APPROVAL_INDIRECT", message, log, expected: author, found: to, ...of });
    return false;
  }
  if (sender !== author) {
    context.report(forged(`was sent by another account than ${who}`, sender));
    return false;
  }
  if (isSaid?.(input) === false) {
    context.report(forged("is not what its transaction says", toHex(input.subarray(0, TOLD))));
    return false;
  }
  return true;
}
