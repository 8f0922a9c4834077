import { finding } from "../finding.ts";
import { placeOf, type StoredLog } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

/** Who must have caused an event, and where. */
export interface Sending {
  /** Its account, in lower case. */
  readonly author: string;
  /** For people: `the hospital's operator`. */
  readonly who: string;
  /** The contract that logged it, in lower case. */
  readonly contract: string | undefined;
}

/**
 * Checks that an event's transaction was sent by an account to the contract that logged the event, or went through the account's own contract.
 *
 * @returns whether the account sent it itself
 */
export function requireSentBy(context: VerifyContext, log: StoredLog, { author, who, contract }: Sending): boolean {
  const transaction = context.transaction(log);
  const { sender, recipient } = transaction;
  if (recipient !== contract) {
    // To whom it went is the node's word until the transaction is proven.
    context.requireSender(log, transaction);
    // Only a contract account can be the author then: it acts through itself, or through what calls it.
    const other = `${log.event}: the transaction goes elsewhere, and ${who} is not a contract`;
    context.requireContract(
      log,
      author,
      finding({ code: "AUTHOR_FORGED", message: other, where: placeOf(log), expected: author, found: recipient }),
    );
    if (recipient === author) return false;
    const message = `${log.event} came through another contract`;
    context.wrong({ code: "APPROVAL_INDIRECT", message, log, expected: author, found: recipient ?? "a new contract" });
    return false;
  }
  context.requireSender(log, transaction);
  if (sender === author) return true;
  const message = `${log.event} was sent by another account than ${who}`;
  context.report(finding({ code: "AUTHOR_FORGED", message, where: placeOf(log), expected: author, found: sender }));
  return false;
}
