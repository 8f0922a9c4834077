/** One pass over a chain's logs in their order: registries, ledger, outboxes, requests, attestations. */
import type { Hex32 } from "@medexchain/chain";
import { CHECKPOINT_WORDS } from "../store/decode.ts";
import { hexWord, intWord, logsOf, type StoredLog, word } from "../store/stored-log.ts";
import { approvalChecker } from "./approvals.ts";
import { checkCheckpoint, checkResponse, reEncryptionChecker } from "./attestations.ts";
import { authorshipChecker, isAct } from "./authorship.ts";
import { consentChecker } from "./consents.ts";
import type { VerifyContext } from "./context.ts";
import { equivocationChecker } from "./equivocations.ts";
import type { InStep } from "./in-step.ts";
import { type LedgerStart, type LedgerState, ledgerReplay } from "./ledger.ts";
import type { KeptCheckpoint } from "./ledger-checkpoints.ts";
import { type RegistriesState, registries } from "./registries.ts";
import { registryAuthorChecker } from "./registry-authors.ts";
import { requestChecker } from "./requests.ts";
import { type RolesState, rolesOf } from "./roles.ts";
import { type Sealing, sealingChecker } from "./sealings.ts";

/** All that the pass over a chain knows between two blocks, to go on from. */
export interface PassState {
  readonly registries: RegistriesState;
  readonly roles: RolesState;
  readonly ledger: LedgerState;
  readonly sealings: ReadonlyMap<Hex32, Sealing>;
  /** As `ChainTotals` has them. */
  readonly requests: bigint;
  readonly grants: bigint;
  readonly delivered: bigint;
}

/** A pass that went up to a block. */
export interface EarlierPass {
  readonly block: number;
  readonly state: PassState;
}

/** What a chain's events add up to. */
export interface ChainTotals {
  readonly ledger: { readonly length: bigint; readonly head: Hex32; readonly root: Hex32 };
  /** Where the ledger begins, if it goes on from another. */
  readonly start: LedgerStart | undefined;
  /** The logs of what the registries took over. */
  readonly adopted: readonly StoredLog[];
  /** The last number of each gap-free sequence. */
  readonly requests: bigint;
  readonly grants: bigint;
  /** How many requests were delivered here. */
  readonly delivered: bigint;
  /** The epoch of its relayers. */
  readonly epoch: bigint;
  /** To go on from, where nothing was wrong. It is not to be changed, and must not be used after the next log is taken. */
  readonly state: PassState;
}

/**
 * Checks all of a chain's stored logs.
 *
 * @param block up to which they were read
 * @param checkpoints of this chain's ledger, on the others
 * @param step with the passes over the other chains
 * @param predecessor the records' registry of the suite from which this one goes on, in lower case
 * @param earlier what to go on from; the pass begins with the first log unless given
 */
export async function checkChain(
  context: VerifyContext,
  chainId: bigint,
  block: number,
  checkpoints: readonly KeptCheckpoint[],
  step: InStep,
  predecessor: string | undefined,
  earlier?: EarlierPass,
): Promise<ChainTotals> {
  const state = earlier?.state;
  const held = registries(context, state?.registries);
  const roles = rolesOf(context, state?.roles);
  const ledger = ledgerReplay(context, chainId, held, checkpoints, state?.ledger);
  const checkRequest = requestChecker(context, held);
  const checkAuthor = authorshipChecker(context, held, roles, predecessor);
  const approvals = approvalChecker(context);
  const checkRegistryAuthor = registryAuthorChecker(context, held, roles);
  const equivocations = equivocationChecker(context);
  const consents = consentChecker(context, held);
  const sealings = sealingChecker(context, held.relayers, state?.sealings);
  const checkReEncryption = reEncryptionChecker(context, held, sealings);
  const known = context.store.prepare(
    "SELECT 1 FROM log WHERE request = ? AND event = 'RequestDelivered' AND chain = ?",
  );
  const requests = sequence(context, 1n, state?.requests);
  const grants = sequence(context, 1n, state?.grants);
  const delivered = sequence(context, 0n, state?.delivered);

  const handlers: Readonly<Record<string, (log: StoredLog) => void>> = {
    AuthorityUpdated: roles.requireManager,
    Continued: (log) => ledger.begin(log),
    AccessLogged(log) {
      ledger.append(log);
      approvals.decision(log);
      const requestId = hexWord(log.topics, 2);
      if (!known.get(word(log.topics, 2), chainId)) {
        context.wrong({
          code: "EVENT_MISSING",
          message: "a decision about a request that was never delivered",
          log,
          expected: "RequestDelivered before",
          found: "none",
          requestId,
        });
      }
    },
    AccessRequested(log) {
      requests.take(log, intWord(log.topics, 1));
      checkRequest(log, 0);
    },
    RequestDelivered(log) {
      delivered.take(log, intWord(log.topics, 1));
      checkRequest(log, 1);
    },
    Approved(log) {
      approvals.act(log);
      sealings.act(log);
      consents.approved(log);
    },
    ConsentGiven: consents.given,
    ConsentRevoked: consents.revoked,
    ConsentUsed: consents.used,
    Resealed: sealings.act,
    Denied: approvals.act,
    Withdrawn: approvals.act,
    ReEncryptionRequested(log) {
      grants.take(log, intWord(log.topics, 1));
      sealings.requested(log);
    },
    ReEncrypted: sealings.reEncrypted,
    ResponseReady(log) {
      grants.take(log, intWord(log.topics, 1));
      if (intWord(log.data, 1) === GRANTED) checkReEncryption(log);
      sealings.ended(hexWord(log.topics, 2));
    },
    ResponseDelivered: (log) => checkResponse(context, held, log),
    ResponseCorrected: (log) => checkResponse(context, held, log),
    Equivocated: equivocations.told,
    CheckpointStored: (log) => checkCheckpoint(context, held, log),
    CheckpointContradicted(log) {
      const words = [...Array(2 * CHECKPOINT_WORDS).keys()].map((number) => hexWord(log.data, number));
      context.wrong({
        code: "CHECKPOINT_CONTRADICTED",
        message: "relayers attested two checkpoints that cannot both be true",
        log,
        expected: words.slice(0, CHECKPOINT_WORDS),
        found: words.slice(CHECKPOINT_WORDS),
      });
    },
    "?": (log) =>
      context.wrong({
        code: "LOG_MALFORMED",
        message: "a log that no contract of the suite makes",
        log,
        expected: "an event of the suite",
        found: log.contract,
      }),
  };

  let count = 0;
  for (const log of logsOf(context.store, chainId, earlier?.block)) {
    count += 1;
    if (count % LOGS_AT_A_TIME === 0) {
      await context.signatures.pace();
      await step.reach(chainId, log.timestamp);
    }
    try {
      if (isAct(log.event)) checkAuthor(log);
      checkRegistryAuthor(log);
      if (log.event === "RelayerSuspended") equivocations.suspended(log);
      if (!held.apply(log) && !roles.apply(log)) handlers[log.event]?.(log);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.wrong({
        code: "LOG_MALFORMED",
        message: `a malformed ${log.event}`,
        log,
        expected: "as the contract's interface has it",
        found: error.message,
      });
    }
  }
  ledger.finish(block);
  const counted = { requests: requests.last(), grants: grants.last(), delivered: delivered.last() };
  return {
    ledger: ledger.result(),
    start: ledger.start(),
    adopted: held.adopted,
    epoch: held.relayers.epoch(),
    ...counted,
    state: {
      registries: held.state(),
      roles: roles.state(),
      ledger: ledger.state(),
      sealings: sealings.state(),
      ...counted,
    },
  };
}

const GRANTED = 1n;
/** Logs between two moments in which other things happen. */
const LOGS_AT_A_TIME = 256;

/**
 * A gap-free sequence of numbers.
 *
 * @param count of those before, as its contract counts
 */
function sequence(context: VerifyContext, first: bigint, count = 0n) {
  let next = first + count;
  return {
    take(log: StoredLog, number: bigint): void {
      if (number === next) {
        next += 1n;
        return;
      }
      const isLater = number > next;
      const message = isLater
        ? `events are missing before this ${log.event}`
        : `a ${log.event} comes after a later one`;
      context.wrong({
        code: isLater ? "EVENT_MISSING" : "EVENT_ORDER",
        message,
        log,
        expected: `number ${next}`,
        found: `number ${number}`,
      });
      if (isLater) next = number + 1n;
    },
    /** How many there were, counted as its contract counts. */
    last: () => next - first,
  };
}
