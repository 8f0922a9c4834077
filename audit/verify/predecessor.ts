/** What a suite took over from the one before it, against what that one holds. */
import { ABIS, type Deployment, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { keccak256 } from "@medexchain/evm";
import { Interface } from "ethers";
import { finding } from "../finding.ts";
import type { NodeClient } from "../read/node-client.ts";
import { addressWord, eventLogs, hexWord, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { ChainTotals } from "./chain-pass.ts";
import type { VerifyContext } from "./context.ts";

/** Contracts of the suite from which another goes on, in lower case. */
export interface Predecessor {
  readonly grants: string;
  readonly hospitals: string;
  readonly records: string;
  readonly ledger: string;
}

/** Calls that are asked for at once. */
const PAGE = 200;

const HOSPITALS = new Interface(ABIS.hospitals);
const RECORDS = new Interface(ABIS.records);
const LEDGER = new Interface(ABIS.ledger);
const GRANTS = new Interface(ABIS.grants);

/** The suite from which a deployment goes on, by its contracts; undefined where there is none. */
export async function predecessorOf(
  context: VerifyContext,
  { chainId, hospitals }: Deployment,
  node: NodeClient,
  block: number,
): Promise<Predecessor | undefined> {
  const asked = async (to: string, abi: Interface, names: readonly string[]): Promise<string[]> => {
    const answers = await node.calls(
      to,
      names.map((name) => abi.encodeFunctionData(name)),
      block,
    );
    return answers.map(addressAnswer);
  };
  try {
    const [grants = NONE] = await asked(hospitals, HOSPITALS, ["PREDECESSOR"]);
    if (grants === NONE) return undefined;
    const [registry = NONE, records = NONE, ledger = NONE] = await asked(grants, GRANTS, [
      "HOSPITALS",
      "RECORDS",
      "LEDGER",
    ]);
    return { grants, hospitals: registry, records, ledger };
  } catch (error) {
    notDone(context, chainId, block, error);
    return undefined;
  }
}

/** @throws RangeError for a word with more than an address in it, which no contract answers with */
function addressAnswer(answer: Uint8Array): string {
  if (intWord(answer, 0) >> 160n !== 0n) throw new RangeError(`${toHex(answer)} is no address`);
  return addressWord(answer, 0);
}

const NONE = `0x${"00".repeat(20)}`;

/**
 * Compares the beginning of a chain's ledger, the counts that it goes on with, and all hospitals, members and records that were taken over,
 * with what the predecessor's contracts hold. They are sealed: only suspensions and revocations may have come since.
 */
export async function checkPredecessor(
  context: VerifyContext,
  chainId: bigint,
  predecessor: Predecessor | undefined,
  node: NodeClient,
  block: number,
  { start, adopted }: ChainTotals,
): Promise<void> {
  const differs: Differs = (log, message, expected, found) => {
    if (expected === found) return;
    context.report(finding({ code: "PREDECESSOR_DIFFERS", message, where: placeOf(log), expected, found }));
  };
  if (!predecessor) {
    for (const log of [...adopted, ...(start ? [start.log] : [])]) {
      differs(log, `${log.event} of a suite that goes on from no other`, "a predecessor", "none");
    }
    return;
  }
  try {
    const ask = asker(node, block);
    if (start) {
      await checkStart(ask, predecessor, start, differs);
      await checkCounts(ask, predecessor, start, differs);
    }
    const anchored = [...eventLogs(context.store, ["RecordAnchored"])].filter(
      (log) => log.chainId === chainId && addressWord(log.topics, 3) === predecessor.records,
    );
    await checkAdopted(ask, predecessor, [...adopted, ...anchored], differs);
  } catch (error) {
    notDone(context, chainId, block, error);
  }
}

type Differs = (log: StoredLog, message: string, expected: unknown, found: unknown) => void;
type Ask = (to: string, calls: readonly { readonly data: string }[]) => Promise<Buffer[]>;

const asker =
  (node: NodeClient, block: number): Ask =>
  async (to, calls) => {
    const answers: Buffer[] = [];
    for (let from = 0; from < calls.length; from += PAGE) {
      answers.push(
        ...(await node.calls(
          to,
          calls.slice(from, from + PAGE).map(({ data }) => data),
          block,
        )),
      );
    }
    return answers;
  };

const call = (abi: Interface, name: string, ...args: unknown[]) => ({ data: abi.encodeFunctionData(name, args) });

async function checkStart(
  ask: Ask,
  { grants, ledger }: Predecessor,
  start: NonNullable<ChainTotals["start"]>,
  differs: Differs,
): Promise<void> {
  const { log } = start;
  differs(log, "the ledger goes on from another than its predecessor's", ledger, start.predecessor);
  const [ended] = await ask(grants, [call(GRANTS, "hasEnded")]);
  differs(log, "the ledger goes on from a suite that has not ended", 1n, ended && intWord(ended, 0));
  const names = ["length", "head", "root"] as const;
  const [length, head, root] = await ask(
    ledger,
    names.map((name) => call(LEDGER, name)),
  );
  differs(
    log,
    "the ledger begins at another length than its predecessor ended",
    length && intWord(length, 0),
    start.length,
  );
  differs(log, "the ledger begins at another head than its predecessor ended", head && hexWord(head, 0), start.head);
  differs(
    log,
    "the ledger's range begins at another root than its predecessor's",
    root && hexWord(root, 0),
    start.root,
  );
}

async function checkCounts(
  ask: Ask,
  { ledger }: Predecessor,
  { counts }: NonNullable<ChainTotals["start"]>,
  differs: Differs,
): Promise<void> {
  const name = { hospital: "accessCountOf", record: "recordAccessCountOf" } as const;
  const answers = await ask(
    ledger,
    counts.map(({ of, id, requester }) => call(LEDGER, name[of], id, requester)),
  );
  for (const [at, { of, id, requester, count, log }] of counts.entries()) {
    const answer = answers[at];
    const message = `the count of ${requester} at ${of} ${id} does not go on from the predecessor's`;
    differs(log, message, answer && intWord(answer, 0), count);
  }
}

/** What is compared of each thing that is taken over: the call, and the words of answer and event that cannot change after the seal. */
const KINDS: Readonly<Record<string, Kind>> = {
  HospitalAdopted: {
    contract: "hospitals",
    call: ({ topics }) => call(HOSPITALS, "hospitalSoFar", hexWord(topics, 1)),
    // Chain, limits and parameters.
    held: (answer) => words(answer, [1, 3, 4, 5, 6]),
    told: ({ data }) => words(data, [1, 3, 4, 5, 6]),
  },
  MemberAdopted: {
    contract: "hospitals",
    call: ({ topics }) => call(HOSPITALS, "memberSoFar", hexWord(topics, 1)),
    // Hospital, expiry and keys; account and serial too, unless its certificates were revoked since.
    held: (answer, { data }) => {
      const isRevokedSince = intWord(answer, 1) === 0n && intWord(answer, 5) >= intWord(data, 5);
      return [...words(answer, [0, 2, 4]), ...words(isRevokedSince ? data : answer, [1, 5])];
    },
    told: ({ data }) => words(data, [0, 2, 4, 1, 5]),
  },
  RecordAnchored: {
    contract: "records",
    call: ({ topics }) => call(RECORDS, "recordSoFar", hexWord(topics, 1)),
    // Owner, commitment and limit.
    held: (answer) => words(answer, [0, 1, 4]),
    told: ({ topics, data }) => [hexWord(topics, 2), commitment(data), hexWord(data, 3)],
  },
  RecordAdopted: {
    contract: "records",
    call: ({ topics }) => call(RECORDS, "recordSoFar", hexWord(topics, 1)),
    // Nonce and status, unless it was revoked since.
    held: (answer, { data }) => {
      const isRevokedSince = intWord(answer, 5) === 2n && intWord(answer, 3) === intWord(data, 0) + 1n;
      return isRevokedSince ? words(data, [0, 1]) : words(answer, [3, 5]);
    },
    told: ({ data }) => words(data, [0, 1]),
  },
};

interface Kind {
  readonly contract: "hospitals" | "records";
  call(log: StoredLog): { readonly data: string };
  held(answer: Uint8Array, log: StoredLog): readonly string[];
  told(log: StoredLog): readonly string[];
}

const words = (bytes: Uint8Array, numbers: readonly number[]): Hex32[] =>
  numbers.map((number) => hexWord(bytes, number));
const commitment = (data: Uint8Array): string => toHex(keccak256(word(data, 0), word(data, 1), word(data, 2)));

async function checkAdopted(
  ask: Ask,
  predecessor: Predecessor,
  logs: readonly StoredLog[],
  differs: Differs,
): Promise<void> {
  for (const [event, kind] of Object.entries(KINDS)) {
    const of = logs.filter((log) => log.event === event);
    const answers = await ask(predecessor[kind.contract], of.map(kind.call));
    for (const [at, log] of of.entries()) {
      const answer = answers[at];
      const message = `${event}: what was taken over is not what the predecessor holds`;
      differs(log, message, answer && kind.held(answer, log).join(" "), kind.told(log).join(" "));
    }
  }
}

function notDone({ report }: VerifyContext, chainId: bigint, block: number, error: unknown): void {
  if (!MedexError.is(error) && !(error instanceof RangeError)) throw error;
  report(
    finding({
      code: "CHECK_NOT_DONE",
      message: "the predecessor's contracts could not be compared",
      where: { chainId, block },
      expected: "answers at this block",
      found: error.message,
    }),
  );
}
