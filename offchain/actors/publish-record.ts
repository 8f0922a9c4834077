import { setImmediate } from "node:timers/promises";
import {
  DEFAULT_PROFILE,
  generateKeys,
  openEncryptor,
  openSymmetricEncryptor,
  type ProfileName,
} from "@medexchain/bfv";
import { ask, fromHex32, type Hex32, recordIdOf, toHex32, transact } from "@medexchain/chain";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { createCapsule, encapsulate, initCurve } from "@medexchain/pre";
import {
  type Head,
  inspectFormat,
  type NumericColumns,
  openPolicy,
  type RecordFormat,
  readRecord,
  splitPiece,
} from "@medexchain/sfe";
import { channelRootOf } from "@medexchain/tangle";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { bfvFeatures } from "./bfv-features.ts";
import {
  encodeFragmentPieces,
  requireFetchable,
  requirePublishableLength,
  requireReadable,
} from "./fragment-pieces.ts";
import type { Owner } from "./owner.ts";
import { encodeRecordSecrets } from "./record-secrets.ts";
import { startStopwatch } from "./stopwatch.ts";

export interface RecordInput {
  /** A file of FHIR (JSON or NDJSON), a table, or any other kind; 16 MiB at most. */
  readonly document: Uint8Array;
  /** By its content and name, see `inspectFormat`, unless given. */
  readonly format?: RecordFormat;
  /** The file's name: what it promises is held against the content. It is not stored. */
  readonly name?: string;
  /** Private features: names of ready policies, or selectors (FHIRPath, column names, byte ranges), see `selectPrivate`. */
  readonly privateSelectors: readonly string[];
  /** Names of public features or elements that may show a private value, knowingly, see `openPolicy`. */
  readonly allowPublic?: readonly string[];
  /** Numbers to compute on, with their units: columns of a table by name, FHIR's by FHIRPath. */
  readonly numericColumns?: NumericColumns;
  /** How often one requester may be granted access. */
  readonly maxAccessCount: number;
  readonly profile?: ProfileName;
  /** Told how many pieces are encrypted, after each. */
  readonly onPiece?: (done: number) => void;
}

export interface PublishedRecord {
  readonly recordId: Hex32;
  readonly format: RecordFormat;
  /** A long record is cut; a column of CSV counts once for each piece. */
  readonly pieces: number;
  readonly features: { readonly public: number; readonly private: number };
  /** Digests as anchored. */
  readonly capsule: Hex32;
  readonly publicFragment: Hex32;
  readonly privateFragment: Hex32;
  /** Bytes. */
  readonly sizes: {
    readonly document: number;
    readonly capsule: number;
    readonly publicFragment: number;
    readonly privateFragment: number;
  };
  /** Milliseconds. */
  readonly timings: Readonly<Partial<Record<"bfv" | "capsule" | "store" | "anchor", number>>>;
  readonly transactionHash: string;
}

/**
 * Publishes a record (Algorithm 1 of the SFE paper, then Enc and CRF-Enc of MedExChain): splits it by policy, encrypts both
 * fragments, puts the public one and the capsule on IPFS and the private one into the owner's fragment store, and anchors all three on the owner's
 * chain. Until it is anchored nobody can ask for it; if anchoring fails that store is left as it was.
 *
 * @throws RECORD_FORMAT, POLICY_INVALID, POLICY_SELECTS_NOTHING, PRIVATE_VALUE_PUBLIC, FEATURE_OUT_OF_RANGE, FEATURE_MISSING (a
 *   number that was asked for and is not there), INPUT_INVALID (above 16 MiB, or it could not be granted later), before anything is stored; SERVICE_UNREACHABLE, CHAIN_REVERTED
 */
export async function publishRecord(owner: Owner, input: RecordInput): Promise<PublishedRecord> {
  requirePublishableLength(input.document.length, input.format);
  await initCurve();
  const { chain, store, fragmentStore, firewall } = owner;
  const profile = input.profile ?? DEFAULT_PROFILE;
  const watch = startStopwatch<keyof PublishedRecord["timings"]>();

  const { publicKey, secretKey } = await generateKeys(profile);
  const { format, heads, features, epuf, eprf } = await encryptRecord(input, profile, publicKey, secretKey);
  watch.lap("bfv");

  const saltBytes = randomBytes(32);
  const salt = toHex32(saltBytes);
  const recordId = recordIdOf(owner.memberId, salt);
  const id = fromHex32(recordId);
  const scope = owner.scopeOf(recordId);
  const author = owner.channelAuthorOf(recordId);
  const payload = encodeRecordSecrets({ profile, secretKey, channelRoot: channelRootOf(author), heads });
  author.secretKey.fill(0);
  secretKey.fill(0);
  const { m, sent } = encapsulate(scope, firewall.publicKey);
  const ciphertext = await firewall.reRandomise(id, scope, sent, saltBytes);
  const capsule = createCapsule({
    recordId: id,
    owner: scope,
    m,
    sent,
    ciphertext,
    hospitalKey: firewall.publicKey,
    payload,
  });
  m.fill(0);
  payload.fill(0);
  requireFetchable({ capsule: capsule.length, publicFragment: epuf.length, privateFragment: eprf.length });
  watch.lap("capsule");

  const [storedCapsule, storedPublic] = await Promise.all([
    store.put(capsule, { maxBytes: CONTENT_LIMITS.capsule }),
    store.put(epuf, { maxBytes: CONTENT_LIMITS.fragment }),
  ]);
  await fragmentStore.put(recordId, eprf);
  watch.lap("store");

  const digests = {
    capsule: toHex32(storedCapsule.digest),
    publicFragment: toHex32(storedPublic.digest),
    privateFragment: toHex32(sha256(eprf)),
  };
  const anchor = { owner: owner.memberId, salt, ...digests, maxAccessCount: input.maxAccessCount };
  let transactionHash: string;
  try {
    ({ hash: transactionHash } = await transact(chain, () => chain.records.anchor(anchor)));
  } catch (error) {
    // A lost reply is no refusal: the fragment goes only when the chain says that there is no such record.
    const { status } = await ask(chain, () => chain.records.record(recordId));
    if (status === 0n) await fragmentStore.remove(recordId);
    throw error;
  }
  watch.lap("anchor");

  return {
    recordId,
    format,
    pieces: heads.length,
    features,
    ...digests,
    sizes: {
      document: input.document.length,
      capsule: capsule.length,
      publicFragment: epuf.length,
      privateFragment: eprf.length,
    },
    timings: watch.timings,
    transactionHash,
  };
}

interface EncryptedRecord {
  readonly format: RecordFormat;
  readonly heads: readonly Head[];
  readonly features: { readonly public: number; readonly private: number };
  readonly epuf: Uint8Array;
  readonly eprf: Uint8Array;
}

/** Splits and encrypts a record piece by piece, so that no more than one piece is held in the clear besides the input. */
async function encryptRecord(
  input: RecordInput,
  profile: ProfileName,
  publicKey: Uint8Array,
  secretKey: Uint8Array,
): Promise<EncryptedRecord> {
  const { document, name, privateSelectors, allowPublic = [], numericColumns, onPiece } = input;
  const format = input.format ?? inspectFormat(document, name).format;
  using publicEncryptor = await openEncryptor(profile, publicKey);
  using secretEncryptor = await openSymmetricEncryptor(profile, secretKey);
  const policy = openPolicy(format, privateSelectors, { allowPublic });
  const heads: Head[] = [];
  const epuf: [number, Uint8Array][] = [];
  const eprf: [number, Uint8Array][] = [];
  const features = { public: 0, private: 0 };
  for (const piece of readRecord(document, { format, ...(numericColumns && { numericColumns }) })) {
    const { head, publicFragment, privateFragment } = splitPiece(piece, policy.select(piece));
    for (const fragment of [publicFragment, privateFragment]) requireReadable(profile, fragment);
    const number = heads.push(head) - 1;
    features.public += publicFragment.features.length;
    features.private += privateFragment.features.length;
    if (publicFragment.features.length > 0) {
      epuf.push([number, secretEncryptor.encrypt(bfvFeatures(head, publicFragment))]);
    }
    if (privateFragment.features.length > 0) {
      eprf.push([number, publicEncryptor.encrypt(bfvFeatures(head, privateFragment))]);
    }
    onPiece?.(heads.length);
    await setImmediate(); // a long record must not keep the process from all else
  }
  policy.finish();
  return { format, heads, features, epuf: encodeFragmentPieces(epuf), eprf: encodeFragmentPieces(eprf) };
}
