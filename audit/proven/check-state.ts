/** What the contracts are proven to hold at the last block that was read, against what their events add up to. */
import { acknowledgementOf, type Deployment, type Hex32, requestStateOf, STORAGE } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type FindingCode, finding } from "../finding.ts";
import { requestStates } from "../store/request-states.ts";
import { eventLogs, hexWord, intWord, toHex } from "../store/stored-log.ts";
import type { ChainTotals } from "../verify/chain-pass.ts";
import type { VerifyContext } from "../verify/context.ts";
import { StateAltered, type StateProver } from "./state-prover.ts";
import { mappedSlot, partOf, type StoragePlace, slotOf } from "./storage-place.ts";

/** Requests that are proven at once. */
const PAGE = 100;

/**
 * Proves the ledger's length and head, the counts of all sequences, the relayers' epoch, of each record that was asked for how often it was changed,
 * and, of each request that its requester has not acknowledged, that no answer, correction or acknowledgement is left out.
 */
export async function checkProvenState(
  context: VerifyContext,
  deployment: Deployment,
  prover: StateProver,
  totals: ChainTotals,
): Promise<void> {
  const { chainId } = deployment;
  const { block } = prover;
  const report = (code: FindingCode, message: string, expected: unknown, found: unknown, requestId?: Hex32) => {
    context.report(
      finding({ code, message, where: { chainId, block, ...(requestId && { requestId }) }, expected, found }),
    );
  };
  const read = async (contract: "ledger" | "requests" | "grants" | "relayers", places: readonly StoragePlace[]) => {
    const words = await prover.words(
      deployment[contract],
      places.map(({ slot }) => slotOf(slot)),
    );
    return places.map((place, at) => partOf(words[at] ?? 0n, place));
  };
  try {
    const { ledger, requests, grants, relayers } = STORAGE;
    const [length = 0n, head = 0n] = await read("ledger", [ledger.length, ledger.head]);
    const [requested = 0n] = await read("requests", [requests.sequence]);
    const [sequence = 0n, delivered = 0n] = await read("grants", [grants.sequence, grants.requestCount]);
    const [epoch = 0n] = await read("relayers", [relayers.epoch]);
    const counts = [
      ["the ledger's length", length, totals.ledger.length, "LEDGER_ENTRY_MISSING"],
      ["AccessRequests' count of requests", requested, totals.requests, "EVENT_MISSING"],
      ["AccessGrants' count of messages", sequence, totals.grants, "EVENT_MISSING"],
      ["AccessGrants' count of deliveries", delivered, totals.delivered, "EVENT_MISSING"],
      ["RelayerSet's epoch", epoch, totals.epoch, "EVENT_MISSING"],
    ] as const;
    for (const [what, held, told, missing] of counts) {
      if (held !== told)
        report(
          held > told ? missing : "STATE_DIFFERS",
          `${what} is proven to be another than the events add up to`,
          held,
          told,
        );
    }
    if (length === totals.ledger.length && slotOf(head) !== totals.ledger.head)
      report(
        "LEDGER_HEAD_MISMATCH",
        "the entries do not lead to the head that the ledger is proven to hold",
        slotOf(head),
        totals.ledger.head,
      );
    for (const records of askedRecords(context, chainId)) await checkRecords(deployment, prover, records, report);
    for (const ids of openRequests(context, chainId)) await checkRequests(context, deployment, prover, ids, report);
  } catch (error) {
    if (error instanceof StateAltered)
      report("STATE_ALTERED", "a proof of the contracts' state does not hold", "proven", error.message);
    else if (MedexError.is(error) || error instanceof RangeError)
      report("CHECK_NOT_DONE", "the contracts' state could not be proven", "proofs at this block", error.message);
    else throw error;
  }
}

/** A record, and how often it was changed by its events. */
type RecordChanges = readonly [id: Hex32, changes: bigint];

/** Of this chain, those that anyone asked for: what became of the others has decided nothing. */
function* askedRecords({ store }: VerifyContext, chainId: bigint): Generator<RecordChanges[]> {
  const asked = new Set<Hex32>();
  // By the schema; 32 bytes by the reader.
  for (const { record } of store.prepare("SELECT DISTINCT record FROM request").iterate())
    asked.add(toHex(record as Uint8Array) as Hex32);
  const changes = new Map<Hex32, bigint>();
  for (const log of eventLogs(store, Object.keys(CHANGES))) {
    if (log.chainId !== chainId) continue;
    const id = hexWord(log.topics, 1);
    if (asked.has(id)) changes.set(id, CHANGES[log.event]?.(log.data) ?? 0n);
  }
  const all = [...changes];
  for (let from = 0; from < all.length; from += PAGE) yield all.slice(from, from + PAGE);
}

/** How often a record was changed, after an event of it. */
const CHANGES: Readonly<Record<string, (data: Uint8Array) => bigint>> = {
  RecordAnchored: () => 0n,
  RecordAdopted: (data) => intWord(data, 0),
  RecordLimitSet: (data) => intWord(data, 1) + 1n,
  RecordRevoked: (data) => intWord(data, 0) + 1n,
};

async function checkRecords(
  { records: contract }: Deployment,
  prover: StateProver,
  records: readonly RecordChanges[],
  report: (code: FindingCode, message: string, expected: unknown, found: unknown) => void,
): Promise<void> {
  const { record } = STORAGE.records;
  const slots = records.map(([id]) => mappedSlot(record.slot, Buffer.from(id.slice(2), "hex"), record.nonce.slot));
  const words = await prover.words(contract, slots);
  for (const [at, [id, changes]] of records.entries()) {
    const held = partOf(words[at] ?? 0n, record.nonce);
    const message = `record ${id} is proven to have been changed more or less often than its events tell`;
    if (held !== changes) report(held > changes ? "EVENT_MISSING" : "STATE_DIFFERS", message, held, changes);
  }
}

/** Of those who asked here and have not acknowledged an answer. The others' states are told by their events, which are proven. */
function* openRequests({ store }: VerifyContext, chainId: bigint): Generator<Uint8Array[]> {
  const rows = store
    .prepare(
      `SELECT request FROM log AS asked WHERE chain = ${chainId} AND event = 'AccessRequested' AND request IS NOT NULL AND NOT EXISTS
       (SELECT 1 FROM log WHERE request = asked.request AND chain = ${chainId} AND event = 'Acknowledged') ORDER BY block, position`,
    )
    .iterate();
  let page: Uint8Array[] = [];
  for (const { request } of rows) {
    page.push(Uint8Array.from(request as Uint8Array)); // by the schema
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function checkRequests(
  { store }: VerifyContext,
  { chainId, requests }: Deployment,
  prover: StateProver,
  ids: readonly Uint8Array[],
  report: (code: FindingCode, message: string, expected: unknown, found: unknown, requestId: Hex32) => void,
): Promise<void> {
  const { status } = STORAGE.requests;
  const slots = ids.map((id) => mappedSlot(status.slot, id, status.state.slot));
  const words = await prover.words(requests, slots);
  const told = requestStates(store, chainId);
  for (const [at, id] of ids.entries()) {
    const word = words[at] ?? 0n;
    const { source, acknowledgement } = told(id);
    const held = `${requestStateOf(partOf(word, status.state))}, acknowledged ${acknowledgementOf(partOf(word, status.acknowledgement))}`;
    const found = `${source}, acknowledged ${acknowledgement}`;
    // 32 bytes, by the reader's schema.
    if (held !== found)
      report(
        "STATE_DIFFERS",
        "a request's state is proven to be another than its events tell",
        held,
        found,
        toHex(id) as Hex32,
      );
  }
}
