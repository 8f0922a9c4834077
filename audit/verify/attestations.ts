/** k-of-n: what relayers signed, against the set and threshold as they stood. */
import type { Hex32 } from "@medexchain/chain";
import { hexToBytes } from "@noble/hashes/utils.js";
import { finding } from "../finding.ts";
import { CHECKPOINT_WORDS, RESPONSE_WORDS } from "../store/decode.ts";
import { intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import { aggregateSigners } from "./aggregates.ts";
import type { VerifyContext } from "./context.ts";
import { addressToWord, wordOf } from "./digests.ts";
import { isProvenAlone } from "./lane-policy.ts";
import type { Registries } from "./registries.ts";
import {
  type Attestations,
  attestationsAt,
  checkpointAttestationsIn,
  OverlappingCalldata,
  reEncryptionsIn,
  type SentReEncryption,
} from "./relayer-calls.ts";
import { checkGranted, type SealingChecker } from "./sealings.ts";
import { skippedItems, takenItems } from "./skipped-items.ts";

/** What was attested, and by whom. */
interface Attested {
  readonly log: StoredLog;
  readonly digest: Uint8Array;
  readonly attestations: Attestations;
  /** A relayer who stated it by sending it. */
  readonly sender?: string;
  readonly requestId?: Hex32;
}

/**
 * That as many different relayers of the set as the threshold wants signed, or sent, this, in an epoch that counted then.
 *
 * @returns who did, in lower case
 */
export function checkAttested(context: VerifyContext, held: Registries, attested: Attested): ReadonlySet<string> {
  const { log, digest, attestations, sender, requestId } = attested;
  const { epoch, expiry, by } = attestations;
  const { relayers } = held;
  const more = requestId && { requestId };
  const isSigned = by.length > 0 || sender === undefined;
  const counted = isSigned ? relayers.needed(epoch, log.timestamp) : relayers.neededSince(epoch);
  if (counted === undefined || (isSigned && BigInt(log.timestamp) >= expiry)) {
    context.wrong({
      code: "ATTESTATION_STALE",
      message: "what relayers attested no longer counted when it was taken",
      log,
      expected: "an epoch that had not ended, before the expiry",
      found: `epoch ${epoch}, expiry ${expiry}, taken at ${log.timestamp}`,
      ...more,
    });
  }
  // The set's own address stands for an aggregate.
  const set = context.deployments.get(log.chainId)?.relayers.toLowerCase();
  const single = by.filter(({ relayer }) => relayer !== set);
  const together = by
    .filter(({ relayer }) => relayer === set)
    .flatMap(({ signature }) => aggregateSigners(context, relayers, { log, digest, requestId }, signature));
  const senders = sender === undefined ? [] : [sender];
  const signers = new Set([...single.map(({ relayer }) => relayer), ...together, ...senders]);
  const needed = counted ?? relayers.threshold();
  if (needed === 0n || BigInt(signers.size) < needed) {
    const expected = needed === 0n ? "a threshold above 0" : `${needed} relayers`;
    context.wrong({
      code: "ATTESTATIONS_TOO_FEW",
      message: "too few relayers attested this",
      log,
      expected,
      found: signers.size,
      ...more,
    });
  }
  for (const signer of signers) {
    const since = relayers.members.get(signer);
    if (since !== undefined && since <= epoch) continue;
    context.wrong({
      code: "ATTESTATION_INVALID",
      message: "attested by an account that is not a relayer here",
      log,
      expected: [...relayers.members.keys()].join(" "),
      found: signer,
      ...more,
    });
  }
  for (const { relayer, signature } of single) {
    const where = { ...placeOf(log), ...more };
    const message = "a relayer did not sign what is said to be attested by it";
    const otherwise = finding({
      code: "ATTESTATION_INVALID",
      message,
      where,
      expected: `signed by ${relayer}`,
      found: toHex(signature),
    });
    context.requireSigned({ log, account: relayer, digest, signature, otherwise });
  }
  return signers;
}

/** As the last words of what is signed. */
const termsOf = ({ epoch, expiry }: Attestations) => [wordOf(epoch), wordOf(expiry)];

/**
 * M6: a `ResponseDelivered`, or a `ResponseCorrected`, which carry their attestations. What is signed of a correction names what it replaces,
 * and is of the epoch in which it is taken.
 */
export function checkResponse(context: VerifyContext, held: Registries, log: StoredLog): void {
  const requestId = toHex(word(log.topics, 1)) as Hex32; // 32 bytes
  const source = context.deployments.get(intWord(log.topics, 2));
  const isCorrection = log.event === "ResponseCorrected";
  const digestOf = context.digests(isCorrection ? "AccessCorrection" : "AccessResponse", log.chainId);
  if (!source || !digestOf) {
    const message = "a response's attestations cannot be checked: the owner's chain is not part of the audit";
    const where = { ...placeOf(log), requestId };
    context.report(
      finding({
        code: "CHECK_NOT_DONE",
        message,
        where,
        expected: `chain ${intWord(log.topics, 2)}`,
        found: "not audited",
      }),
    );
    return;
  }
  const words = Array.from({ length: RESPONSE_WORDS }, (_, number) => word(log.data, number));
  const attestations = attestationsAt(log.data, RESPONSE_WORDS);
  // Nobody was asked: `sides.ts` compares it with what the owner's chain decided.
  if (attestations.by.length === 0 && isProvenAlone(context.store, log, source.chainId)) return;
  const from = [wordOf(source.chainId), addressToWord(source.grants), ...(isCorrection ? [word(log.topics, 3)] : [])];
  const digest = digestOf(...from, ...words, ...termsOf(attestations));
  checkAttested(context, held, { log, digest, attestations, requestId });
  const epoch = held.relayers.epoch();
  if (!isCorrection || attestations.epoch === epoch) return;
  context.wrong({
    code: "ATTESTATION_STALE",
    message: "an answer was corrected by relayers of an epoch that had ended",
    log,
    expected: `epoch ${epoch}`,
    found: `epoch ${attestations.epoch}`,
    requestId,
  });
}

/** M4: that relayers said of a granted `ResponseReady` that their partials are out, from the transaction that brought it. */
export function reEncryptionChecker(
  context: VerifyContext,
  held: Registries,
  sealings: SealingChecker,
): (log: StoredLog) => void {
  const skipped = skippedItems(context);
  // A batch brings many: it is decoded once.
  let last: { readonly hash: string; readonly sent: ReEncryptions } | undefined;
  return (log) => {
    const requestId = toHex(word(log.data, 0)) as Hex32; // 32 bytes
    const granted = sealings.granted(log);
    const hash = toHex(log.transaction);
    if (last?.hash !== hash) last = { hash, sent: sentReEncryptions(context, log, skipped(log)) };
    const { sender, items } = last.sent;
    const digestOf = context.digests("ReEncryption", log.chainId);
    const item = items?.get(requestId);
    if (!item || !digestOf) {
      const message = `a re-encryption's attestations cannot be read: ${last.sent.unread ?? "it did not come in a relayer's own transaction"}`;
      context.report(
        finding({
          code: "CHECK_NOT_DONE",
          message,
          where: { ...placeOf(log), requestId },
          expected: "a call of AccessGrants",
          found: "none",
        }),
      );
      return;
    }
    // They sign what the owner sealed, which `checkGranted` holds the answer to.
    const sealedRekey = granted.sealing ? hexToBytes(granted.sealing.sealedRekey.slice(2)) : word(log.data, 4);
    const { attestations } = item;
    const digest = digestOf(word(log.data, 0), sealedRekey, ...termsOf(attestations));
    const by = checkAttested(context, held, { log, digest, attestations, sender, requestId });
    checkGranted(context, held.relayers, log, granted, { epoch: attestations.epoch, by });
  };
}

interface ReEncryptions {
  readonly sender: string;
  readonly items: ReadonlyMap<string, SentReEncryption> | undefined;
  /** Why there are no items, where the call is of this contract. */
  readonly unread?: string;
}

function sentReEncryptions(
  { deployments, transaction, requireSender }: VerifyContext,
  log: StoredLog,
  skipped: ReadonlySet<number>,
): ReEncryptions {
  const sent = transaction(log);
  const { sender, recipient, input } = sent;
  if (recipient !== deployments.get(log.chainId)?.grants.toLowerCase()) return { sender, items: undefined };
  requireSender(log, sent); // who sends attests
  try {
    const items = reEncryptionsIn(input);
    return { sender, items: items && takenItems(items, skipped) };
  } catch (error) {
    if (error instanceof OverlappingCalldata) return { sender, items: undefined, unread: error.message };
    if (error instanceof RangeError) return { sender, items: undefined }; // no call of this contract: the caller reports it
    throw error;
  }
}

/** The attestations of a `CheckpointStored`, from the transaction that brought it. */
export function checkCheckpoint(context: VerifyContext, held: Registries, log: StoredLog): void {
  const { attestations, unread } = checkpointAttestations(context, log);
  const digestOf = context.digests("Checkpoint", log.chainId);
  if (!attestations || !digestOf) {
    const message = `a checkpoint's attestations cannot be read: ${unread}`;
    context.report(
      finding({
        code: "CHECK_NOT_DONE",
        message,
        where: placeOf(log),
        expected: "a call of LedgerCheckpoints",
        found: "none",
      }),
    );
    return;
  }
  const words = Array.from({ length: CHECKPOINT_WORDS }, (_, number) => word(log.data, number));
  // Nobody was asked: `ledger.ts` compares it with the ledger.
  if (attestations.by.length === 0 && isProvenAlone(context.store, log, intWord(log.data, 0))) return;
  checkAttested(context, held, { log, digest: digestOf(...words, ...termsOf(attestations)), attestations });
}

function checkpointAttestations(
  { deployments, transaction }: VerifyContext,
  log: StoredLog,
): { readonly attestations?: Attestations | undefined; readonly unread: string } {
  const unread = "it came through another contract";
  const { recipient, input } = transaction(log);
  const { checkpoints, mailbox } = deployments.get(log.chainId) ?? {};
  if (![checkpoints, mailbox].some((contract) => contract?.toLowerCase() === recipient)) return { unread };
  try {
    return { attestations: checkpointAttestationsIn(input), unread };
  } catch (error) {
    if (error instanceof OverlappingCalldata) return { unread: error.message };
    if (error instanceof RangeError) return { unread }; // no call of this contract
    throw error;
  }
}
