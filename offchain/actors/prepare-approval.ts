import { openEncryptor } from "@medexchain/bfv";
import {
  type Authorization,
  ask,
  chainTime,
  type Decision,
  type DeliveryPlace,
  findDelivered,
  fromHex32,
  type Hex32,
  hex32,
  type RequestState,
  requestStateOf,
  ZERO_32,
} from "@medexchain/chain";
import { createSha256, MedexError, nextTurn } from "@medexchain/core";
import { deriveKey, initCurve, parseCapsule } from "@medexchain/pre";
import type { Fragment, Head } from "@medexchain/sfe";
import { publishMessage } from "@medexchain/tangle";
import { equalBytes } from "@noble/curves/utils.js";
import { approvalCall, type ConsentUse } from "./approval-call.ts";
import { bfvFeatures } from "./bfv-features.ts";
import { createFragmentWriter, type DecryptedPiece, decryptParts, readFragment } from "./fragment-parts.ts";
import { openOwnCapsule } from "./own-capsule.ts";
import { openOwnFragment } from "./own-fragment.ts";
import type { Owner } from "./owner.ts";
import { messageOutput } from "./private-message.ts";
import type { Progress } from "./progress.ts";
import { type Heads, headsOf, type RecordSecrets } from "./record-secrets.ts";
import { relayersOfNow } from "./relayer-group.ts";
import { fetchRequestKey } from "./request-key.ts";
import { type CertifiedRequester, fetchRequester } from "./requester.ts";
import { bindingOf, expectSealable, publishSealedRekey, requireSealable } from "./sealed-rekey.ts";
import type { Stopwatch } from "./stopwatch.ts";

export interface ApproveOptions {
  /** Names of the private features to send; all of them unless given. A column of CSV goes whole. */
  readonly features?: ReadonlySet<string>;
  /** By which consent it is approved; by the owner's own word unless given. */
  readonly consent?: ConsentUse;
  /** Told how far it has come, in steps that take time. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What an approval sent, before the chain is told. */
export interface SentApproval {
  readonly sealedRekey: Hex32;
  readonly headBlockId: Hex32;
  readonly chunks: number;
  /** Indices of relayers who have no part in it, as nothing could be sealed to them. */
  readonly leftOutRelayers: readonly number[];
  /** Bytes. */
  readonly sizes: { readonly sealedRekey: number; readonly message: number };
}

/** What is left to do: to give the chain this, or to sign it. */
export interface PreparedApproval {
  readonly authorization: Authorization;
  /** What Algorithm₁ would decide now. */
  readonly foreseen: Decision;
  /** What went out; absent where Algorithm₁ would refuse, as then nothing did. */
  readonly sent?: SentApproval;
}

/** The steps whose times are told. */
export type ApprovalStep = "open" | "bfv" | "tangle" | "rekey" | "authorize";

/**
 * Does all of an approval but telling the chain: re-encrypts the private features under the doctor's BFV key and sends them on a restricted
 * channel, and has the firewall check the re-encryption key and deal it to the relayers. What it encrypted, published and sealed is kept
 * beside the fragments, so that one that broke off goes on where it was.
 *
 * @param watch told of each step
 * @throws as `approveRequest`
 */
export async function prepareApproval(
  owner: Owner,
  requestId: Hex32,
  options: ApproveOptions,
  watch: Stopwatch<ApprovalStep>,
): Promise<PreparedApproval> {
  await initCurve();
  const { chain, store, tangle } = owner;

  const { recordId, requester: requesterId, place } = await pendingGrant(owner, requestId);
  const relayers = await relayersOfNow(chain);
  const { epoch } = relayers;
  // Any two digests will do to ask for the decision: nothing is stored by a call.
  const call = await approvalCall(chain, requestId, options.consent);
  const foreseen = await call.foresee({ sealedRekey: requestId, privateFragment: requestId, epoch });
  if (foreseen !== "Granted") {
    return { foreseen, authorization: { requestId, sealedRekey: ZERO_32, privateFragment: ZERO_32, epoch } };
  }

  const requester = await requesterOf(owner, requestId, requesterId, place);
  const { privateKey, m, secrets, ciphertext } = await openOwnRecord(owner, recordId);
  const heads = headsOf(secrets);
  if (options.features !== undefined) requireNames(heads, options.features);
  watch.lap("open");

  await using progress = await owner.fragmentStore.approval(requestId, bindingOf(requester, options.features));
  // Asked before anything is published: what was sealed on another device cannot be sealed here.
  await expectSealable(owner, progress, { recordId, requestId, relayers });
  await using message = await progress.file("message", (write) =>
    encryptTo({ owner, recordId, secrets, heads, requester }, options, {
      write: (bytes) => watch.time("tangle", () => write(bytes)),
      decrypted: (parts) => watch.each("open", parts),
    }),
  );
  watch.lap("bfv");

  const id = fromHex32(requestId);
  const sideKey = deriveKey(m, "tangle/side-key", id);
  m.fill(0);
  const author = owner.channelAuthorOf(recordId);
  const { length: total } = message;
  const published = await publishMessage({
    client: tangle,
    boxStore: store,
    author,
    access: { mode: "restricted", sideKeys: [sideKey] },
    channelId: id,
    payload: message,
    journal: progress.journal,
    onStored: (done) => options.onProgress?.({ step: "storing", unit: "bytes", done, total }),
  }).finally(() => {
    author.secretKey.fill(0);
    sideKey.fill(0);
  });
  const headBlockId = hex32(published.headBlockId);
  watch.lap("tangle");

  const input = { recordId, requestId, relayers, privateKey, requester, ciphertext };
  const { sealedRekey, length, leftOut } = await publishSealedRekey(owner, progress, input);
  privateKey.fill(0);
  watch.lap("rekey");

  return {
    foreseen,
    authorization: { requestId, sealedRekey, privateFragment: headBlockId, epoch },
    sent: {
      sealedRekey,
      headBlockId,
      chunks: published.chunkBlockIds.length,
      leftOutRelayers: leftOut,
      sizes: { sealedRekey: length, message: total },
    },
  };
}

/** The request, if it waits for this owner and lives. */
async function pendingGrant(
  owner: Owner,
  requestId: Hex32,
): Promise<{ recordId: Hex32; requester: Hex32; place: DeliveryPlace }> {
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
    // While it is authorised, what is kept may be of its resealing.
    if (state !== "Authorized") await owner.fragmentStore.endApproval(requestId);
    throw decided(requestId, state);
  }
  if ((await chainTime(chain, 0)) >= grant.expiry) {
    throw new MedexError(
      "REQUEST_EXPIRED",
      `request ${requestId} expired at ${grant.expiry}; the doctor must ask again`,
    );
  }
  const { sourceChainId, deliveredAt } = grant;
  return {
    recordId: hex32(grant.recordId),
    requester: hex32(grant.requester),
    place: { sourceChainId, deliveredAt },
  };
}

/** The doctor, with the BFV key that this request names. */
async function requesterOf(
  { chain, store }: Owner,
  requestId: Hex32,
  requesterId: Hex32,
  place: DeliveryPlace,
): Promise<CertifiedRequester> {
  const requester = await fetchRequester(chain, store, requesterId);
  requireSealable(requester, requesterId, "deny the request");
  const request = await findDelivered(chain, requestId, place);
  return { ...requester, bfv: await fetchRequestKey(store, request) };
}

/** What became of a request that is not pending any more. */
function decided(requestId: Hex32, state: RequestState): MedexError {
  if (state === "Authorized" || state === "Granted") {
    const next =
      state === "Granted"
        ? "nothing more can be done; medex record revoke ends further access to the record"
        : "relayers re-encrypt it; until then medex access withdraw takes the approval back, and if relayers were removed since, medex access reseal seals it to those of now";
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
export async function openOwnRecord(owner: Owner, recordId: Hex32) {
  const { record, privateKey, m, secrets, capsule } = await openOwnCapsule(owner, recordId);
  const hash = createSha256();
  for await (const bytes of owner.fragmentStore.read(recordId)) hash.update(bytes);
  if (!equalBytes(hash.digest(), fromHex32(record.privateFragment))) {
    throw new MedexError(
      "FRAGMENT_INVALID",
      `the stored private fragment of record ${recordId} is not the anchored one; restore it from a backup`,
    );
  }
  return { privateKey, m, secrets, ciphertext: parseCapsule(capsule) };
}

/** That each name is one of a private feature. */
function requireNames(heads: Heads, names: ReadonlySet<string>): void {
  const missing = new Set(names);
  for (const { features } of heads) {
    for (const { name, commitment } of features) if (commitment !== undefined) missing.delete(name);
    if (missing.size === 0) return;
  }
  const [name] = missing;
  throw new MedexError("FEATURE_MISSING", `the record has no private feature named ${name}; choose among its own`);
}

/** Those features of a piece that go out. */
function chooseFeatures(head: Head, fragment: Fragment, names: ReadonlySet<string> | undefined): Fragment {
  if (names === undefined) return fragment;
  const isChosen = (index: number): boolean => names.has(head.features[index]?.name ?? "");
  return { features: fragment.features.filter(({ index }) => isChosen(index)) };
}

interface ToEncrypt {
  readonly owner: Owner;
  readonly recordId: Hex32;
  readonly secrets: RecordSecrets;
  readonly heads: Heads;
  readonly requester: CertifiedRequester;
}

/** The owner's private fragment under the doctor's key, piece by piece. */
async function encryptTo(
  { owner, recordId, secrets, heads, requester }: ToEncrypt,
  { features: names, onProgress }: ApproveOptions,
  to: {
    readonly write: (bytes: Uint8Array) => Promise<void>;
    readonly decrypted: (pieces: AsyncIterable<DecryptedPiece>) => AsyncIterable<DecryptedPiece>;
  },
): Promise<void> {
  const { profile, publicKey } = requester.bfv;
  const key = owner.fragmentKeyOf(recordId);
  using decryptor = await openOwnFragment(secrets.profile, key, secrets.secretKey).finally(() => key.fill(0));
  using encryptor = await openEncryptor(profile, publicKey);
  const writer = createFragmentWriter(messageOutput(profile, to.write));
  const stored = readFragment(owner.fragmentStore.read(recordId));
  for await (const [piece, fragment] of to.decrypted(decryptParts(decryptor, stored, heads.count))) {
    const head = heads.at(piece);
    const chosen = chooseFeatures(head, fragment, names);
    if (chosen.features.length > 0) {
      await writer.add(piece, encryptor.encrypt(bfvFeatures(head, chosen), { numericSlots: false }));
    }
    onProgress?.({ step: "encrypting", unit: "pieces", done: piece + 1, total: heads.count });
    await nextTurn(); // a long record must not keep the process from all else
  }
  await writer.end();
}
