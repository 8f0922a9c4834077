/** M2: that the record's owner sent, or signed, each decision that only an owner can cause. */
import type { Hex32 } from "@medexchain/chain";
import { finding } from "../finding.ts";
import { decodeEntry } from "../store/decode.ts";
import { bytesAt, hexWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { Registries } from "./registries.ts";
import { selector } from "./relayer-calls.ts";

const AUTHORIZE = selector("authorize(bytes32,bytes32,bytes32)");
const AUTHORIZE_FOR = selector("authorizeFor(bytes32,bytes32,bytes32,bytes)");
const DENY = selector("deny(bytes32)");
const DENY_FOR = selector("denyFor(bytes32,bytes)");

/** What an owner's call says, in the calldata after its selector. */
export interface OwnerCall {
  readonly verb: "authorize" | "deny";
  readonly requestId: Hex32;
  /** Words that the owner signs, or stated by sending. */
  readonly words: readonly Uint8Array[];
  /** Where someone else carried it. */
  readonly signature: Uint8Array | undefined;
}

/** The owner's call in a transaction; undefined where it is none of AccessGrants'. */
export function ownerCall(input: Uint8Array): OwnerCall | undefined {
  const name = toHex(input.subarray(0, 4));
  const data = input.subarray(4);
  const verb =
    name === AUTHORIZE || name === AUTHORIZE_FOR
      ? "authorize"
      : name === DENY || name === DENY_FOR
        ? "deny"
        : undefined;
  if (!verb) return undefined;
  const count = verb === "authorize" ? 3 : 1;
  const words = Array.from({ length: count }, (_, number) => word(data, number));
  const signature = name === AUTHORIZE_FOR || name === DENY_FOR ? bytesAt(data, 0, count) : undefined;
  return { verb, requestId: hexWord(data, 0), words, signature };
}

/** Checks the `AccessLogged` of a decision that takes an owner. */
export function checkApproval(context: VerifyContext, held: Registries, log: StoredLog): void {
  const { requestId, recordId, decision } = decodeEntry(log.data);
  const verb = decision === "DeniedByOwner" ? "deny" : "authorize";
  if (decision !== "DeniedByOwner" && decision !== "Granted" && !decision.endsWith("LimitReached")) return;
  const where = { ...placeOf(log), requestId, recordId };
  const owner = held.records.get(recordId)?.owner;
  const account = owner && held.activeAccount(owner, log.timestamp);
  const forged = (message: string, found: unknown) =>
    finding({
      code: "APPROVAL_FORGED",
      message,
      where,
      expected: `the owner's ${verb}, by ${account ?? "an active owner"}`,
      found,
    });
  if (account === undefined) {
    context.report(forged("decided for an owner that is not active", owner ?? "no owner"));
    return;
  }

  const transaction = context.transaction(log);
  const { sender, recipient, input } = transaction;
  const isDirect = recipient === context.deployments.get(log.chainId)?.grants.toLowerCase();
  const call = isDirect ? ownerCall(input) : undefined;
  if (!call) {
    if (isDirect) {
      context.report(forged("decided in a transaction that is not the owner's", toHex(input.subarray(0, 4))));
      return;
    }
    // To whom it went is the node's word until the transaction is proven.
    context.requireSender(log, transaction);
    // A contract account acts through itself: then the transaction goes to it.
    if (recipient === account) {
      context.requireContract(
        log,
        account,
        forged("the transaction goes to the owner, which is not a contract", recipient),
      );
      return;
    }
    context.wrong({
      code: "APPROVAL_INDIRECT",
      message: "the owner's decision came through another contract",
      log,
      expected: account,
      found: recipient ?? "a new contract",
      requestId,
    });
    return;
  }
  if (call.verb !== verb || call.requestId !== requestId) {
    context.report(
      forged("the transaction makes another decision, or is about another request", `${call.verb} ${call.requestId}`),
    );
    return;
  }
  if (call.signature === undefined) {
    context.requireSender(log, transaction);
    if (sender !== account) context.report(forged("sent by an account other than the owner's", sender));
    return;
  }
  const digest = context.digests(verb === "deny" ? "Denial" : "Authorization", log.chainId)?.(...call.words);
  const otherwise = forged("not signed by the owner", toHex(call.signature));
  if (digest) context.requireSigned({ log, account, digest, signature: call.signature, otherwise });
  else context.report(otherwise);
}
