import { type FragmentDecryptor, type FragmentProfile, openDecryptor } from "@medexchain/bfv";
import {
  type AccessResponse,
  type AnchoredRecord,
  ask,
  chainTime,
  decisionOf,
  findRecord,
  findRequest,
  findResponse,
  fromHex32,
  type Hex32,
  requestStateOf,
} from "@medexchain/chain";
import { MedexError, nextTurn } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { deriveKey, initCurve, openRecordSecret, type RecordSecretSubject } from "@medexchain/pre";
import { assemble, type Fragment, type Head, MAX_LENGTHS } from "@medexchain/sfe";
import { streamMessage } from "@medexchain/tangle";
import { concatBytes } from "@noble/hashes/utils.js";
import { type Answer, fetchAnswer } from "./fetch-answer.ts";
import { type DecryptedPiece, decryptParts, fetchFragment } from "./fragment-parts.ts";
import { openPrivateMessage } from "./private-message.ts";
import type { Progress } from "./progress.ts";
import { headsOf, parseRecordSecrets } from "./record-secrets.ts";
import { recordKeyOf } from "./request-key.ts";
import { startStopwatch } from "./stopwatch.ts";
import type { User } from "./user.ts";
import type { DataUserKeys } from "./user-keys.ts";

/** What was opened, besides its bytes. */
export interface RecordFacts {
  readonly recordId: Hex32;
  /** Of the record, in bytes. */
  readonly length: number;
  /** Names of the private features that the owner did not send. */
  readonly withheld: readonly string[];
  /** Milliseconds. */
  readonly timings: Readonly<Partial<Record<"check" | "capsule" | "ipfs" | "tangle" | "bfv" | "assemble", number>>>;
}

export interface OpenedRecord extends RecordFacts {
  /** The record, byte for byte; blank in the place of each withheld feature: JSON `null`, empty cells, zero bytes. */
  readonly document: Uint8Array;
}

export interface OpenOptions {
  /** Told how far it has come. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Opens a granted record as `openRecordTo`, into memory. */
export async function openRecord(
  user: User,
  keys: DataUserKeys,
  requestId: Hex32,
  options: OpenOptions = {},
): Promise<OpenedRecord> {
  const parts: Uint8Array[] = [];
  const facts = await openRecordTo(user, keys, requestId, async (part) => void parts.push(part), options);
  return { ...facts, document: concatBytes(...parts) };
}

/**
 * Opens a granted record (M7; Dec_DU of MedExChain, then decryption of both fragments). Checked on the way: that the answer equals
 * what the owner's chain holds, every digest and block id, the capsule's binding to record and owner, the owner's signature on the
 * channel, and every private feature against the owner's commitment. Pieces are fetched, decrypted, put together and written one after
 * the other; more bytes than a record of its format may have are refused as they come.
 *
 * @param write takes the record part by part. Only when this function has returned is what it took known to be the record: keep it out of
 *   sight until then, and throw it away if this throws
 * @throws REQUEST_UNKNOWN, REQUEST_PENDING, REQUEST_EXPIRED, REQUEST_DENIED, ACCESS_LIMIT_REACHED by what became of the request; RESPONSE_INVALID when
 *   the two chains disagree; PARTIALS_MISSING when too few relayers' partials can be fetched; PRE_DEALING_INVALID when they do not open the record;
 *   CAPSULE_INVALID, CONTENT_INVALID, CONTENT_MISMATCH, CONTENT_NOT_FOUND, the TANGLE_ codes, FRAGMENT_INVALID,
 *   SERVICE_UNREACHABLE
 */
export async function openRecordTo(
  user: User,
  keys: DataUserKeys,
  requestId: Hex32,
  write: (part: Uint8Array) => Promise<void>,
  { onProgress }: OpenOptions = {},
): Promise<RecordFacts> {
  await initCurve();
  const { store, tangle } = user;
  const watch = startStopwatch<keyof RecordFacts["timings"]>();

  const { recordId, requester, record, response } = await grantedResponse(user, requestId);
  watch.lap("check");

  const id = fromHex32(requestId);
  const [capsule, answer] = await Promise.all([
    store.get(fromHex32(record.capsule), { maxBytes: CONTENT_LIMITS.capsule }),
    fetchAnswer(user, requestId, response, requester),
  ]);
  const scope = fromHex32(recordId);
  const q = await openSecret(answer, { requestId: id, recordId: scope }, keys);
  const subject = { recordId: scope, owner: { identity: fromHex32(record.owner), scope }, q };
  const { payload, m } = answer.open(capsule, subject, keys.pre.privateKey);
  q?.fill(0);
  const secrets = parseRecordSecrets(payload);
  const sideKey = deriveKey(m, "tangle/side-key", id);
  m.fill(0);
  watch.lap("capsule");

  const heads = headsOf(secrets);
  const { count } = heads;
  const message = streamMessage({
    client: tangle,
    boxStore: store,
    root: secrets.channelRoot,
    access: { mode: "restricted", sideKeys: [sideKey] },
    channelId: id,
    sequence: 0,
    headBlockId: response.privateFragment,
  });
  try {
    const { profile, isUnderRecordKey, parts } = await openPrivateMessage(watch.each("tangle", message));
    using publicDecryptor = await openDecryptor(secrets.profile, secrets.secretKey);
    using privateDecryptor = await openPrivateDecryptor(keys, recordId, profile, isUnderRecordKey);
    const stored = watch.each("ipfs", fetchFragment(store, fromHex32(record.publicFragment)));
    const publicPieces = createPieceCursor(decryptParts(publicDecryptor, stored, count));
    const privatePieces = createPieceCursor(decryptParts(privateDecryptor, parts, count));

    let length = 0;
    const withheld = new Set<string>();
    let piece = 0;
    for (const head of heads) {
      const [open, sent] = await watch.time("bfv", async () => [
        await publicPieces.take(piece),
        await privatePieces.take(piece),
      ]);
      const fragments = [open, sent].filter((part) => part !== undefined);
      const part = assemble(head, fragments, { missing: "blank" });
      length += part.length;
      requireRecordLength(head, length);
      await write(part);
      for (const name of withheldNames(head, sent)) withheld.add(name);
      piece += 1;
      onProgress?.({ step: "opening", unit: "pieces", done: piece, total: count });
      await nextTurn(); // a long record must not keep the process from all else
    }
    // Only a message that was read to its end is known to be the one that was signed.
    await publicPieces.end();
    await privatePieces.end();
    watch.lap("assemble");
    return { recordId, length, withheld: [...withheld], timings: watch.timings };
  } finally {
    sideKey.fill(0);
    await message.return();
  }
}

/** The record's secret, if it has one. */
async function openSecret(
  { secret }: Answer,
  subject: RecordSecretSubject,
  { kem }: DataUserKeys,
): Promise<Uint8Array | undefined> {
  if (secret === undefined) return undefined;
  if (kem === undefined) {
    throw new MedexError(
      "CAPSULE_INVALID",
      "the record's secret is sealed to newer keys of this doctor: open it with those",
    );
  }
  try {
    return await openRecordSecret(secret, subject, kem.seed);
  } catch (cause) {
    if (!MedexError.is(cause, "SEALED_INVALID")) throw cause;
    const message =
      "the record's secret is not sealed to this doctor for this request: unless your keys changed, dispute it";
    throw new MedexError("CAPSULE_INVALID", message, { cause });
  }
}

/** A decryptor under the key that was asked for, and no other: the owner must not choose what its ciphertexts are tried on. */
async function openPrivateDecryptor(
  { bfv, kem }: DataUserKeys,
  recordId: Hex32,
  profile: FragmentProfile,
  isUnderRecordKey: boolean,
): Promise<FragmentDecryptor> {
  if (isUnderRecordKey !== (kem !== undefined)) {
    throw new MedexError(
      "TANGLE_MESSAGE_INVALID",
      isUnderRecordKey
        ? "the private features are under a key for this record, which these keys do not give: open it with the newer ones"
        : "the private features are not under the key for this record that was asked for: dispute it",
    );
  }
  if (!isUnderRecordKey) return openDecryptor(profile, bfv.secretKey);
  const key = recordKeyOf(bfv, recordId);
  return openDecryptor(profile, key).finally(() => key.fill(0));
}

/** That a record is no longer than what is published of its format: its author says how many pieces it has, and what is in each. */
function requireRecordLength({ format }: Head, length: number): void {
  const limit = MAX_LENGTHS[format];
  if (length > limit) {
    throw new MedexError(
      "FRAGMENT_INVALID",
      `the record (${format}) has more than the ${limit} bytes that are published: dispute it`,
    );
  }
}

/** Takes the pieces of a fragment as they come, in step with the record's heads. */
export function createPieceCursor(pieces: AsyncGenerator<DecryptedPiece, void, undefined>) {
  let next: IteratorResult<DecryptedPiece, void> | undefined;
  return {
    /** @returns undefined when the fragment has nothing of the piece */
    async take(piece: number): Promise<Fragment | undefined> {
      next ??= await pieces.next();
      if (next.done || next.value[0] !== piece) return undefined;
      const [, fragment] = next.value;
      next = undefined;
      return fragment;
    },
    /** Reads to the end: after the last piece there is nothing more. */
    async end(): Promise<void> {
      next ??= await pieces.next();
      if (!next.done) throw new RangeError("each piece has a head");
    },
  };
}

/** Private features of a piece that did not come. */
function withheldNames(head: Head, sent: Fragment | undefined): string[] {
  const indices = new Set(sent?.features.map(({ index }) => index));
  return head.features
    .filter(({ commitment }, index) => commitment !== undefined && !indices.has(index))
    .map(({ name }) => name);
}

/** The answer, once it is a grant and equals what the owner's chain holds. */
async function grantedResponse(
  user: User,
  requestId: Hex32,
): Promise<{ recordId: Hex32; requester: Hex32; record: AnchoredRecord; response: AccessResponse }> {
  const { chain, ownerChain } = user;
  const status = await ask(chain, () => chain.requests.status(requestId));
  const state = requestStateOf(status.state);
  if (state === "None") {
    throw new MedexError(
      "REQUEST_UNKNOWN",
      `chain ${chain.deployment.chainId} has no request ${requestId}; check the id`,
    );
  }
  if (state === "Pending") {
    if (await hasExpired(user, requestId, status)) {
      throw new MedexError("REQUEST_EXPIRED", `request ${requestId} expired before it was decided; file a new one`);
    }
    throw new MedexError("REQUEST_PENDING", `request ${requestId} has no answer yet; try again later`);
  }
  if (status.respondedAt === 0n) {
    throw new MedexError("REQUEST_EXPIRED", `no answer to request ${requestId} came in time; file a new one`);
  }
  const response = await findResponse(chain, requestId, status);
  if (state !== "Granted") throw refusal(requestId, response);

  const { recordId, requester } = await findRequest(chain, requestId, status.requestedAt);
  const [decided, record] = await Promise.all([
    ask(ownerChain, () => ownerChain.grants.responseOf(requestId)),
    findRecord(ownerChain, recordId),
  ]);
  const same =
    decided.requestId === response.requestId &&
    decided.decision === response.decision &&
    decided.decidedAt === response.decidedAt &&
    decided.contents === response.contents &&
    record.contents === response.contents &&
    decided.reEncryption === response.reEncryption &&
    decided.privateFragment === response.privateFragment;
  if (!same) {
    throw new MedexError(
      "RESPONSE_INVALID",
      `the answer to request ${requestId} is not what chain ${ownerChain.deployment.chainId} decided; dispute it`,
    );
  }
  return { recordId, requester, record, response };
}

/** Whether a request without an answer will have none: it is past its expiry, and its owner's chain has not decided it. */
async function hasExpired(
  { chain, ownerChain }: User,
  requestId: Hex32,
  { expiry }: { readonly expiry: bigint },
): Promise<boolean> {
  if ((await chainTime(chain, 0)) < expiry) return false;
  const { decidedAt } = await ask(ownerChain, () => ownerChain.grants.grant(requestId));
  return decidedAt === 0n; // what was decided in time is on its way
}

function refusal(requestId: Hex32, { decision }: AccessResponse): MedexError {
  const name = decisionOf(decision);
  switch (name) {
    case "HospitalLimitReached":
    case "RecordLimitReached":
      return new MedexError(
        "ACCESS_LIMIT_REACHED",
        `request ${requestId} was refused: the requester's limit for this ${name === "RecordLimitReached" ? "record" : "hospital"} is reached`,
      );
    case "Expired":
      return new MedexError("REQUEST_EXPIRED", `request ${requestId} expired before it was decided; file a new one`);
    default:
      return new MedexError("REQUEST_DENIED", `request ${requestId} was not granted: ${name}`);
  }
}
