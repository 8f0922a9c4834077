import { openDecryptor, openEncryptor } from "@medexchain/bfv";
import {
  ask,
  chainTime,
  type Decision,
  decisionOf,
  findRecord,
  fromHex32,
  type Hex32,
  hex32,
  type RequestState,
  requestStateOf,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { checkOwnerKey, deriveKey, initCurve, openCapsuleAsOwner } from "@medexchain/pre";
import { type Fragment, type Head, selectFeatures } from "@medexchain/sfe";
import { publishMessage } from "@medexchain/tangle";
import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bfvFeatures } from "./bfv-features.ts";
import { decryptPieces, encodeFragmentPieces } from "./fragment-pieces.ts";
import type { Owner } from "./owner.ts";
import { encodePrivateMessage } from "./private-message.ts";
import { parseRecordSecrets } from "./record-secrets.ts";
import { type CertifiedRequester, fetchRequester } from "./requester.ts";
import { bindingOf, expectUnsealed, makeSealedRekey } from "./sealed-rekey.ts";
import { startStopwatch } from "./stopwatch.ts";

export interface ApproveOptions {
  /** Names of the private features to send; all of them unless given. A column of CSV goes whole. */
  readonly features?: ReadonlySet<string>;
}

/** What became of an approval. */
export interface Approval {
  /** `Granted`, or why Algorithm₁ refused. */
  readonly decision: Decision;
  readonly transactionHash: string;
  /** What went out; absent when Algorithm₁ refused, as then nothing did. */
  readonly sent?: {
    readonly sealedRekey: Hex32;
    readonly headBlockId: Hex32;
    readonly chunks: number;
    /** Bytes. */
    readonly sizes: { readonly sealedRekey: number; readonly message: number };
  };
  /** Milliseconds. */
  readonly timings: Readonly<Partial<Record<"open" | "bfv" | "tangle" | "rekey" | "authorize", number>>>;
}

/**
 * Approves a request (M2): re-encrypts the private features under the doctor's BFV key and sends them on a restricted channel, has
 * the firewall deal for, check and seal the re-encryption key, and authorises on the owner's chain, where Algorithm₁ decides.
 *
 * One that broke off goes on where it was: what it had encrypted, published and sealed is kept beside the fragments until it is through.
 *
 * Algorithm₁ is asked first: where it would refuse, the refusal is put on record and nothing else leaves the device, as whoever
 * holds the sealed key and the message needs no further permission.
 *
 * @throws REQUEST_UNKNOWN, REQUEST_EXPIRED, REQUEST_ALREADY_GRANTED, REQUEST_DENIED (by the owner, or refused), APPROVAL_ELSEWHERE, CERTIFICATE_INVALID, PRE_PUBLIC_KEY_INVALID, FRAGMENT_INVALID (the
 *   stored fragment is not the anchored one), FEATURE_MISSING, CAPSULE_INVALID, SERVICE_UNREACHABLE, CHAIN_REVERTED
 */
export async function approveRequest(owner: Owner, requestId: Hex32, options: ApproveOptions = {}): Promise<Approval> {
  await initCurve();
  const { chain, store, tangle } = owner;
  const watch = startStopwatch<keyof Approval["timings"]>();

  const { recordId, requester: requesterId } = await pendingGrant(owner, requestId);
  // Any two digests will do to ask for the decision: nothing is stored by a call.
  const foreseen = await ask(chain, () => chain.grants.authorize.staticCall(requestId, requestId, requestId));
  if (decisionOf(foreseen) !== "Granted") {
    const { decision, transactionHash } = await authorize(owner, requestId, ZERO_32, ZERO_32);
    watch.lap("authorize");
    return { decision, transactionHash, timings: watch.timings };
  }

  const requester = await fetchRequester(chain, store, requesterId);
  const { privateKey, m, secrets, fragments } = await openOwnRecord(owner, recordId);
  watch.lap("open");

  const chosen = chooseFeatures(secrets.heads, fragments, options.features);
  const sealingKey = fromHex32(await ask(chain, () => chain.relayers.sealingKey()));
  await using progress = await owner.fragmentStore.approval(
    requestId,
    bindingOf(requester, sealingKey, options.features),
  );
  // Asked before anything is published: what was sealed on another device cannot be sealed here.
  if (!(await progress.has("sealed-rekey"))) await expectUnsealed(owner, { recordId, requestId });
  const message = await progress.once("message", () => encryptTo(requester, secrets.heads, chosen));
  watch.lap("bfv");

  const id = fromHex32(requestId);
  const sideKey = deriveKey(m, "tangle/side-key", id);
  m.fill(0);
  const author = owner.channelAuthorOf(recordId);
  const published = await publishMessage({
    client: tangle,
    boxStore: store,
    author,
    access: { mode: "restricted", sideKeys: [sideKey] },
    channelId: id,
    payload: message,
    journal: progress.journal,
  }).finally(() => {
    author.secretKey.fill(0);
    sideKey.fill(0);
  });
  const headBlockId = hex32(published.headBlockId);
  watch.lap("tangle");

  const sealed = await progress.once("sealed-rekey", () =>
    makeSealedRekey(owner, { recordId, requestId, privateKey, requester, sealingKey }),
  );
  privateKey.fill(0);
  const { digest } = await store.put(sealed);
  const sealedRekey = toHex32(digest);
  watch.lap("rekey");

  const { decision, transactionHash } = await authorize(owner, requestId, sealedRekey, headBlockId);
  watch.lap("authorize");
  await owner.fragmentStore.endApproval(requestId);
  return {
    decision,
    transactionHash,
    sent: {
      sealedRekey,
      headBlockId,
      chunks: published.chunkBlockIds.length,
      sizes: { sealedRekey: sealed.length, message: message.length },
    },
    timings: watch.timings,
  };
}

/** The request, if it waits for this owner and lives. */
async function pendingGrant(owner: Owner, requestId: Hex32): Promise<{ recordId: Hex32; requester: Hex32 }> {
  const { chain } = owner;
  const grant = await ask(chain, () => chain.grants.grant(requestId));
  const state = requestStateOf(grant.state);
  if (state === "None") {
    throw new MedexError(
      "REQUEST_UNKNOWN",
      `request ${requestId} has not arrived on chain ${chain.deployment.chainId}; check the id, or wait for a relayer`,
    );
  }
  if (state !== "Pending") {
    await owner.fragmentStore.endApproval(requestId);
    throw decided(requestId, state);
  }
  if ((await chainTime(chain, 0)) >= grant.expiry) {
    throw new MedexError(
      "REQUEST_EXPIRED",
      `request ${requestId} expired at ${grant.expiry}; the doctor must ask again`,
    );
  }
  return { recordId: hex32(grant.recordId), requester: hex32(grant.requester) };
}

/** What became of a request that is not pending any more. */
function decided(requestId: Hex32, state: RequestState): MedexError {
  if (state === "Authorized" || state === "Granted") {
    const next =
      state === "Granted"
        ? "nothing more can be done; medex record revoke ends further access to the record"
        : "a relayer re-encrypts it; nothing more is needed";
    return new MedexError("REQUEST_ALREADY_GRANTED", `request ${requestId} was approved before: ${next}`);
  }
  if (state === "Expired") {
    return new MedexError("REQUEST_EXPIRED", `request ${requestId} expired undecided; the doctor must ask again`);
  }
  return new MedexError(
    "REQUEST_DENIED",
    `request ${requestId} is ${state.toLowerCase()} already; the doctor may ask again`,
  );
}

/** Opens the owner's own record: the capsule from IPFS, the private fragment from its store, each checked against the chain. */
async function openOwnRecord(owner: Owner, recordId: Hex32) {
  const { chain, store, fragmentStore, firewall } = owner;
  const scope = owner.scopeOf(recordId);
  const record = await findRecord(chain, recordId);
  const privateKey = await owner.requestKey(scope);
  checkOwnerKey(privateKey, scope, firewall.publicKey);
  const subject = { recordId: fromHex32(recordId), owner: scope };
  const { payload, m } = openCapsuleAsOwner(
    await store.get(fromHex32(record.capsule), { maxBytes: CONTENT_LIMITS.capsule }),
    subject,
    privateKey,
  );
  const secrets = parseRecordSecrets(payload);
  const eprf = await fragmentStore.get(recordId);
  if (!equalBytes(sha256(eprf), fromHex32(record.privateFragment))) {
    throw new MedexError(
      "FRAGMENT_INVALID",
      `the stored private fragment of record ${recordId} is not the anchored one; restore it from a backup`,
    );
  }
  using decryptor = await openDecryptor(secrets.profile, secrets.secretKey);
  return { privateKey, m, secrets, fragments: decryptPieces(decryptor, eprf, secrets.heads.length) };
}

/** The features that go out, by the number of their piece. */
function chooseFeatures(
  heads: readonly Head[],
  fragments: ReadonlyMap<number, Fragment>,
  names: ReadonlySet<string> | undefined,
): ReadonlyMap<number, Fragment> {
  if (names === undefined) return fragments;
  const found = new Set<string>();
  const chosen = new Map<number, Fragment>();
  for (const [piece, fragment] of fragments) {
    const indices = new Set<number>();
    for (const { index } of fragment.features) {
      const name = heads[piece]?.features[index]?.name;
      if (name === undefined || !names.has(name)) continue;
      found.add(name);
      indices.add(index);
    }
    if (indices.size > 0) chosen.set(piece, selectFeatures(fragment, indices));
  }
  for (const name of names) {
    if (!found.has(name)) {
      throw new MedexError("FEATURE_MISSING", `the record has no private feature named ${name}; choose among its own`);
    }
  }
  return chosen;
}

async function encryptTo(
  { bfv: { profile, publicKey } }: CertifiedRequester,
  heads: readonly Head[],
  chosen: ReadonlyMap<number, Fragment>,
): Promise<Uint8Array> {
  using encryptor = await openEncryptor(profile, publicKey);
  const pieces = [...chosen].map(([piece, fragment]): [number, Uint8Array] => {
    const head = heads[piece];
    if (head === undefined) throw new MedexError("FRAGMENT_INVALID", `piece ${piece} is not in this record`);
    return [piece, encryptor.encrypt(bfvFeatures(head, fragment), { numericSlots: false })];
  });
  return encodePrivateMessage({ profile, fragment: encodeFragmentPieces(pieces) });
}

async function authorize(
  owner: Owner,
  requestId: Hex32,
  sealedRekey: Hex32,
  privateFragment: Hex32,
): Promise<{ decision: Decision; transactionHash: string }> {
  const { chain } = owner;
  const receipt = await transact(chain, () => chain.grants.authorize(requestId, sealedRekey, privateFragment));
  const logged = receipt.logs
    .filter((log) => log.address === chain.deployment.ledger)
    .map((log) => chain.ledger.interface.parseLog(log))
    .find((log) => log?.name === "AccessLogged" && log.args.requestId === requestId);
  return { decision: decisionOf(logged?.args.entry.decision), transactionHash: receipt.hash };
}
