/**
 * M4 by its content: for every grant, that the re-encryption key is sealed to the relayers of its epoch, that k partials are where it says, and
 * that more than k of them agree; and every dispute, by pairings. Each is what the anchored key commits to, as it is fetched by its digest: what
 * is there and is wrong, the firewall of the owner's hospital committed to; what is not there, a relayer has not published.
 */
import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import {
  checkCiphertext,
  type Dispute,
  initCurve,
  type Partial,
  parseCapsule,
  parseDispute,
  parsePartial,
  parseSealedReKey,
  parseSealedShares,
  partialDigest,
  partialsAgree,
  type SealedReKey,
  type SealedShares,
  verifyPartial,
} from "@medexchain/pre";
import { hexToBytes } from "@noble/hashes/utils.js";
import { type FindingCode, type FindingPlace, finding } from "../finding.ts";
import { eventLogs, hexWord, intWord, placeOf, requestLogs, type StoredLog, toHex, word } from "../store/stored-log.ts";
import { MEANING } from "./content-findings.ts";
import type { VerifyContext } from "./context.ts";
import { type RelayerGroup, relayerGroups } from "./relayer-groups.ts";
import { indicesOf } from "./sealings.ts";

/** What one request's partials are checked by. */
interface Subject {
  readonly context: VerifyContext;
  readonly store: ContentStore;
  readonly where: FindingPlace;
}

/** What an owner sealed, and to whom. */
interface SealedTo {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly sealedRekey: Hex32;
  readonly epoch: bigint;
  readonly group: RelayerGroup | undefined;
}

/** A dealing as it is on IPFS. */
interface Dealing {
  readonly key: SealedReKey;
  readonly shares: SealedShares;
}

const GRANTED = 1n;

/** Checks the partials of all grants, and all disputes. */
export async function checkPartials(context: VerifyContext, store: ContentStore): Promise<void> {
  await initCurve();
  const groupsOf = new Map<bigint, ReadonlyMap<bigint, RelayerGroup>>();
  const groups = (chainId: bigint) => {
    const known = groupsOf.get(chainId) ?? relayerGroups(context.store, chainId);
    groupsOf.set(chainId, known);
    return known;
  };
  const logsOf = requestLogs(context.store);
  for (const log of eventLogs(context.store, ["ResponseReady", "PartialDisputed"])) {
    const isDispute = log.event === "PartialDisputed";
    if (!isDispute && intWord(log.data, 1) !== GRANTED) continue;
    const id = word(log.topics, isDispute ? 3 : 2);
    const requestId = toHex(id) as Hex32; // 32 bytes
    const subject = { context, store, where: { ...placeOf(log), requestId } };
    const before = logsOf(id).filter((each) => each.chainId === log.chainId && isBefore(each, log));
    const sealed = sealedIn(before, groups(log.chainId));
    if (isDispute) await checkDispute(subject, log, sealed);
    else await checkGrant(subject, sealed.at(-1), signersIn(before, log));
    await context.signatures.breathe();
  }
}

const isBefore = (one: StoredLog, other: StoredLog): boolean =>
  one.block < other.block || (one.block === other.block && one.position < other.position);

/** All that was sealed of a request, oldest first. */
function sealedIn(logs: readonly StoredLog[], groups: ReadonlyMap<bigint, RelayerGroup>): SealedTo[] {
  let epoch: bigint | undefined;
  return logs.flatMap((log) => {
    if (log.event === "Approved") epoch = intWord(log.data, 2);
    if (log.event === "Resealed") epoch = intWord(log.data, 1);
    if (log.event !== "ReEncryptionRequested" || epoch === undefined) return [];
    const [requestId, recordId] = [hexWord(log.topics, 2), hexWord(log.topics, 3)];
    return [{ requestId, recordId, sealedRekey: hexWord(log.data, 0), epoch, group: groups.get(epoch) }];
  });
}

/** The indices of those who said in the same transaction that their partials are out. */
function signersIn(logs: readonly StoredLog[], answer: StoredLog): ReadonlySet<number> {
  const told = logs.findLast(({ event, block, place }) => {
    return event === "ReEncrypted" && block === answer.block && place === answer.place;
  });
  return new Set(told ? indicesOf(intWord(told.data, 0)).split(" ").filter(Boolean).map(Number) : []);
}

async function checkGrant(subject: Subject, sealed: SealedTo | undefined, signers: ReadonlySet<number>): Promise<void> {
  if (!sealed) return; // nothing was asked of relayers, which the pass over the chain has reported
  const dealing = await dealingOf(subject, sealed);
  if (!dealing) return;
  const { key } = dealing;
  const partials: Partial[] = [];
  let wrong = 0;
  for (const [at, index] of key.indices.entries()) {
    const digest = key.digests[at] ?? new Uint8Array(32);
    const read = await readPartial(subject, sealed, index, digest, signers.has(index));
    if (read === "wrong") wrong += 1;
    else if (read) partials.push(read);
  }
  if (partials.length < key.threshold) {
    tell(subject, "PARTIALS_TOO_FEW", "fewer partials are there than open the record", key.threshold, partials.length);
    return;
  }
  if (wrong > 0 || partialsAgree(partials, key.threshold)) return;
  const message = "the partials that the key commits to are not of one dealing";
  const indices = partials.map(({ index }) => index).join(" ");
  tell(subject, "DEALING_WRONG", message, `one polynomial of degree ${key.threshold - 1}`, `relayers ${indices}`);
}

/** The partial of a relayer, `wrong` where what is committed to is none, and nothing where it is not there. */
async function readPartial(
  subject: Subject,
  sealed: SealedTo,
  index: number,
  digest: Uint8Array,
  hasSigned: boolean,
): Promise<Partial | "wrong" | undefined> {
  const relayer = `relayer ${index}, ${sealed.group?.members.get(index) ?? "of no address"}`;
  let bytes: Uint8Array;
  try {
    bytes = await subject.store.get(digest, { maxBytes: CONTENT_LIMITS.partial });
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    const code = MEANING[error.code] ?? "CHECK_NOT_DONE";
    // Who did not sign may have been late, and k others were enough.
    if (code === "CONTENT_MISSING" && !hasSigned) return undefined;
    const isMissing = code === "CONTENT_MISSING";
    const message = isMissing
      ? "a relayer signed that its partial is out, and it is not"
      : "a partial cannot be fetched";
    tell(subject, isMissing ? "PARTIAL_MISSING" : code, message, `${toHex(digest)} of ${relayer}`, error.message);
    return undefined;
  }
  const partial = parsed(() => parsePartial(bytes));
  const isOfIt =
    partial &&
    partial.index === index &&
    partial.epoch === sealed.epoch &&
    toHex(partial.requestId) === sealed.requestId;
  if (isOfIt) return partial;
  const message = "the key commits to something that is no partial of this request and relayer";
  tell(subject, "DEALING_WRONG", message, `a partial of ${relayer}`, toHex(digest));
  return "wrong";
}

/** The sealed key and its shares, where both are there and are for this request, and for the relayers of its epoch. */
async function dealingOf(subject: Subject, sealed: SealedTo): Promise<Dealing | undefined> {
  const keyBytes = await fetched(subject, "a sealed re-encryption key", sealed.sealedRekey, CONTENT_LIMITS.sealedReKey);
  const key = keyBytes && parsed(() => parseSealedReKey(keyBytes));
  const wrong = (expected: unknown, found: unknown) => {
    tell(
      subject,
      "DEALING_WRONG",
      "a key is not sealed as its request, and the relayers of its epoch, are",
      expected,
      found,
    );
    return undefined;
  };
  if (!keyBytes) return undefined;
  if (!key) return wrong("a sealed re-encryption key", sealed.sealedRekey);
  const group = sealed.group;
  const members = [...(group?.members.keys() ?? [])];
  // One to whom nothing can be sealed is left out; that enough are not is checked where the key is parsed.
  const dealtTo = key.indices.every((index) => members.includes(index)) ? key.indices : members;
  const expected = `request ${sealed.requestId}, epoch ${sealed.epoch}, ${group?.threshold} of ${dealtTo.join(" ")}`;
  const found = `request ${toHex(key.requestId)}, epoch ${key.epoch}, ${key.threshold} of ${key.indices.join(" ")}`;
  if (expected !== found) return wrong(expected, found);
  const digest = toHex(key.shares) as Hex32; // 32 bytes
  const shareBytes = await fetched(subject, "the sealed shares of a key", digest, CONTENT_LIMITS.sealedShares);
  if (!shareBytes) return undefined;
  const shares = parsed(() => parseSealedShares(shareBytes));
  if (!shares) return wrong("sealed shares", digest);
  const sealedTo = shares.sealed.map(({ index }) => index).join(" ");
  const said = `request ${toHex(shares.requestId)}, epoch ${shares.epoch}, ${shares.commitments.length} of ${sealedTo}`;
  return said === found ? { key, shares } : wrong(found, said);
}

async function checkDispute(subject: Subject, log: StoredLog, sealings: readonly SealedTo[]): Promise<void> {
  const index = Number(intWord(log.topics, 2));
  const evidence = hexWord(log.data, 0);
  const unfounded = (expected: unknown, found: unknown) =>
    tell(subject, "DISPUTE_UNFOUNDED", `what relayer ${index} disputes is not proven`, expected, found);
  const bytes = await fetched(subject, "a relayer's evidence", evidence, CONTENT_LIMITS.dispute);
  if (!bytes) return;
  const dispute = parsed(() => parseDispute(bytes));
  const sealed = dispute && sealings.findLast(({ epoch }) => epoch === dispute.epoch);
  const isOfIt = dispute && sealed && dispute.index === index && toHex(dispute.requestId) === sealed.requestId;
  if (!isOfIt) {
    unfounded("a dispute of this relayer's partial of this request", evidence);
    return;
  }
  const dealing = await dealingOf(subject, sealed);
  const ciphertext = dealing && (await ciphertextOf(subject, sealed.recordId));
  if (!dealing || !ciphertext) return;
  if (!isProven(dispute, dealing, ciphertext)) {
    unfounded("a proof that holds against the firewall's commitments", "one that does not");
    return;
  }
  const { key } = dealing;
  const committed = toHex(key.digests[key.indices.indexOf(index)] ?? new Uint8Array());
  const found = toHex(partialDigest({ ...dispute, ...(key.form && { form: key.form }) }, index, dispute.partial));
  if (committed === found) {
    unfounded("another partial than the firewall committed to", found);
    return;
  }
  const message = `the owner's side, its device or its hospital's firewall, committed to a wrong partial of relayer ${index}, ${sealed.group?.members.get(index)}`;
  tell(subject, "DISPUTE_PROVEN", message, found, committed);
}

function isProven(dispute: Dispute, { key, shares }: Dealing, ciphertext: ReturnType<typeof checkCiphertext>): boolean {
  const commitments = { commitments: shares.commitments, indices: key.indices, digests: key.digests };
  const { requestId, epoch, proof } = dispute;
  return verifyPartial(dispute, proof, { requestId, epoch, ciphertext, commitments });
}

async function ciphertextOf(
  subject: Subject,
  recordId: Hex32,
): Promise<ReturnType<typeof checkCiphertext> | undefined> {
  const logs = eventLogs(subject.context.store, ["RecordAnchored"]);
  const anchored = logs.find(({ topics }) => hexWord(topics, 1) === recordId);
  if (!anchored) return undefined; // which the pass over the chain has reported
  const digest = hexWord(anchored.data, 0);
  const bytes = await fetched(subject, "a capsule", digest, CONTENT_LIMITS.capsule);
  const capsule = bytes && parsed(() => parseCapsule(bytes));
  if (bytes && !capsule) tell(subject, "CONTENT_INVALID", "a capsule is none", "a capsule", digest);
  return capsule && parsed(() => checkCiphertext(capsule));
}

async function fetched(
  subject: Subject,
  what: string,
  digest: Hex32,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  try {
    return await subject.store.get(hexToBytes(digest.slice(2)), { maxBytes });
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    const code = MEANING[error.code] ?? "CHECK_NOT_DONE";
    tell(subject, code, `${what} cannot be fetched as it was published`, digest, error.message);
    return undefined;
  }
}

/** What its author published; nothing where it is nothing of the kind. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    return undefined;
  }
}

function tell(
  { context, where }: Subject,
  code: FindingCode,
  message: string,
  expected: unknown,
  found: unknown,
): void {
  context.report(finding({ code, message, where, expected, found }));
}
