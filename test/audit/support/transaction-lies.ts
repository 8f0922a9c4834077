/** Nodes that have transactions sent by others, or tell others than were sent. */

import { ABIS } from "@medexchain/chain";
import { Interface, Wallet } from "ethers";
import type { Lie } from "./lie.ts";
import { type RawTransaction, sentAnew } from "./rpc-transaction.ts";
import type { Lies } from "./tamper.ts";

const LIAR = new Wallet(Wallet.createRandom().privateKey);
const selectorOf = (contract: keyof typeof ABIS, name: string) =>
  new Interface(ABIS[contract]).getFunction(name)!.selector;
const AUTHORIZE = selectorOf("grants", "authorize");
const SUBMIT = ["submitReEncryption", "submitReEncryptions"].map((name) => selectorOf("grants", name));
const REQUEST = selectorOf("requests", "request");
const ACKNOWLEDGE = selectorOf("requests", "acknowledge");
const SET_LIMIT = selectorOf("hospitals", "setMaxAccessCount");
const everyTransaction =
  (changed: (transaction: RawTransaction) => RawTransaction): NonNullable<Lies["block"]> =>
  // A block without its transactions has their hashes in their place.
  (block) => ({
    ...block,
    transactions: block.transactions.map((each) => (typeof each === "string" ? each : changed(each))),
  });

/** Puts the first request's transaction, which the same doctor signed, where the acknowledgement's is, under the latter's hash. */
function earlierOfDoctor(): (transaction: RawTransaction) => RawTransaction {
  let earlier: RawTransaction | undefined;
  return (each) => {
    if (each.input.startsWith(REQUEST)) earlier ??= each;
    return earlier && each.input.startsWith(ACKNOWLEDGE) ? { ...earlier, hash: each.hash } : each;
  };
}

export const TRANSACTION_LIES: readonly Lie[] = [
  {
    name: "has the owner's and the operator's transactions sent by another",
    on: "a",
    lies: { resend: () => ({ by: LIAR }) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "has acknowledgements sent by another",
    on: "b",
    lies: { resend: ({ input }) => (input.startsWith(ACKNOWLEDGE) ? { by: LIAR } : undefined) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "has a hospital's limit set by another",
    on: "a",
    lies: { resend: ({ input }) => (input.startsWith(SET_LIMIT) ? { by: LIAR } : undefined) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "has approvals sent by another",
    on: "a",
    lies: { resend: ({ input }) => (input.startsWith(AUTHORIZE) ? { by: LIAR } : undefined) },
    code: "APPROVAL_FORGED",
  },
  {
    name: "has an approval sent by another to the owner's account, as if that were a contract",
    on: "a",
    lies: { resend: ({ input, from }) => (input.startsWith(AUTHORIZE) ? { by: LIAR, to: from } : undefined) },
    code: "APPROVAL_FORGED",
  },
  {
    name: "has an acknowledgement sent by another to the requester's account, as if that were a contract",
    on: "b",
    lies: { resend: ({ input, from }) => (input.startsWith(ACKNOWLEDGE) ? { by: LIAR, to: from } : undefined) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "names a contract that is none of the suite's as the recipient of an approval",
    on: "a",
    lies: {
      block: everyTransaction((each) => (each.input?.startsWith(AUTHORIZE) ? { ...each, to: LIAR.address } : each)),
    },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "has re-encryptions sent by another than a relayer",
    on: "a",
    lies: { resend: ({ input }) => (SUBMIT.includes(input.slice(0, 10)) ? { by: LIAR } : undefined) },
    code: "ATTESTATION_INVALID",
  },
  {
    name: "names the owner as the sender of what another sent",
    on: "a",
    lies: {
      block: everyTransaction((each) => ({
        ...each,
        ...sentAnew(each, 31337n, LIAR),
        hash: each.hash,
        from: each.from,
      })),
    },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "tells what the same person sent before in the place of an acknowledgement",
    on: "b",
    lies: { block: everyTransaction(earlierOfDoctor()) },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "names another sender",
    on: "b",
    lies: { block: everyTransaction((each) => ({ ...each, from: LIAR.address })) },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "tells other calldata of an approval than was sent",
    on: "a",
    lies: {
      block: everyTransaction((each) =>
        each.input?.startsWith(AUTHORIZE)
          ? { ...each, input: `${each.input.slice(0, -1)}${each.input.endsWith("0") ? 1 : 0}` }
          : each,
      ),
    },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "keeps transactions' signatures back",
    on: "a",
    lies: { block: everyTransaction(({ r: _, ...each }) => each as RawTransaction) },
    code: "CHECK_NOT_DONE",
  },
];
