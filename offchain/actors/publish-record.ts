import { setImmediate } from "node:timers/promises";
import {
  DEFAULT_PROFILE,
  derivePublicKey,
  openEncryptor,
  openSymmetricEncryptor,
  type ProfileName,
  SECRET_KEY_LENGTH,
} from "@medexchain/bfv";
import { ask, fromHex32, type Hex32, recordIdOf, toHex32, transact } from "@medexchain/chain";
import { createSha256, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { createCapsule, encapsulate, initCurve } from "@medexchain/pre";
import {
  encodeHead,
  inspectFormat,
  type NumericColumns,
  type RecordFormat,
  requireHeadLengths,
  type SplitDocument,
  splitRecord,
} from "@medexchain/sfe";
import { channelRootOf } from "@medexchain/tangle";
import { randomBytes } from "@noble/hashes/utils.js";
import { bfvFeatures } from "./bfv-features.ts";
import { createFragmentWriter, ipfsOutput, type PartOutput, sequenceOutput } from "./fragment-parts.ts";
import { requireFetchable, requirePublishableLength, requireReadable } from "./fragment-pieces.ts";
import type { Owner } from "./owner.ts";
import { encodeRecordSecrets } from "./record-secrets.ts";
import { startStopwatch } from "./stopwatch.ts";

export interface RecordInput {
  /** A file of FHIR (JSON or NDJSON), a table, or any other kind; as long as `MAX_LENGTHS` says. */
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
 * A record of several pieces is gone through twice: all that could be wrong with it is found before anything leaves the device.
 *
 * @throws RECORD_FORMAT, POLICY_INVALID, POLICY_SELECTS_NOTHING, PRIVATE_VALUE_PUBLIC, FEATURE_OUT_OF_RANGE, FEATURE_MISSING (a
 *   number that was asked for and is not there), INPUT_INVALID (too long), before anything is stored; INPUT_INVALID (it could not be
 *   granted later), before anything is anchored; SERVICE_UNREACHABLE, CHAIN_REVERTED
 */
export async function publishRecord(owner: Owner, input: RecordInput): Promise<PublishedRecord> {
  requirePublishableLength(input.document.length, input.format);
  await initCurve();
  const { chain, store, fragmentStore, firewall } = owner;
  const profile = input.profile ?? DEFAULT_PROFILE;
  const watch = startStopwatch<keyof PublishedRecord["timings"]>();

  const format = input.format ?? inspectFormat(input.document, input.name).format;
  requirePublishableLength(input.document.length, format);
  await requireSound(input, format, profile);
  const saltBytes = randomBytes(32);
  const salt = toHex32(saltBytes);
  const recordId = recordIdOf(owner.memberId, salt);
  const id = fromHex32(recordId);
  const scope = owner.scopeOf(recordId);
  // The firewall is asked before anything is stored: where it refuses, nothing is left behind.
  watch.lap("bfv");
  using secrets = new DisposableStack();
  const { m, sent } = encapsulate(scope, firewall.publicKey);
  secrets.defer(() => m.fill(0));
  const ciphertext = await firewall.reRandomise(id, scope, sent, saltBytes);
  watch.lap("capsule");
  const secretKey = randomBytes(SECRET_KEY_LENGTH);
  const fragmentKey = owner.fragmentKeyOf(recordId);
  secrets.defer(() => [secretKey, fragmentKey].forEach((key) => void key.fill(0)));
  const publicKey = await derivePublicKey(profile, fragmentKey);

  const publicPart = ipfsOutput(store);
  await using privateFile = await fragmentStore.begin(recordId);
  const hash = createSha256();
  let privateLength = 0;
  const privatePart = sequenceOutput((bytes) =>
    watch.time("store", async () => {
      hash.update(bytes);
      privateLength += bytes.length;
      await privateFile.write(bytes);
    }),
  );
  const { heads, features } = await encryptRecord(input, format, {
    profile,
    publicKey,
    secretKey,
    publicPart: timedOutput(publicPart.output, (call) => watch.time("store", call)),
    privatePart,
  });
  const storedPublic = publicPart.stored();
  watch.lap("bfv");

  const author = owner.channelAuthorOf(recordId);
  const payload = encodeRecordSecrets({ profile, secretKey, channelRoot: channelRootOf(author), heads });
  author.secretKey.fill(0);
  secrets.defer(() => payload.fill(0));
  const capsule = createCapsule({
    recordId: id,
    owner: scope,
    m,
    sent,
    ciphertext,
    hospitalKey: firewall.publicKey,
    payload,
  });
  requireFetchable(capsule.length);
  watch.lap("capsule");

  const storedCapsule = await store.put(capsule, { maxBytes: CONTENT_LIMITS.capsule });
  await privateFile.commit();
  watch.lap("store");

  const digests = {
    capsule: toHex32(storedCapsule.digest),
    publicFragment: toHex32(storedPublic.digest),
    privateFragment: toHex32(hash.digest()),
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
      publicFragment: storedPublic.length,
      privateFragment: privateLength,
    },
    timings: watch.timings,
    transactionHash,
  };
}

const isOnePiece = (format: RecordFormat): boolean => format === "fhir-r4+json";

/** Of a private feature's commitment, in bytes, which nothing compresses. */
const COMMITMENT_LENGTH = 32;

/** What the record's pieces become, in the clear. */
function piecesOf(
  input: RecordInput,
  format: RecordFormat,
  lastLook: boolean,
): Generator<SplitDocument, void, undefined> {
  const { document, privateSelectors: selectors, allowPublic = [], numericColumns: numeric } = input;
  return splitRecord(document, { format, selectors, allowPublic, lastLook, ...(numeric && { numeric }) });
}

/**
 * Goes through a record of several pieces, so that nothing of it is stored if anything is wrong with it. One of one piece is looked
 * at as it is encrypted, since the whole of it is split before.
 *
 * @throws as `splitRecord`; INPUT_INVALID a piece could not be decrypted
 */
async function requireSound(input: RecordInput, format: RecordFormat, profile: ProfileName): Promise<void> {
  if (isOnePiece(format)) return;
  let commitments = 0;
  for (const { publicFragment, privateFragment } of piecesOf(input, format, true)) {
    for (const fragment of [publicFragment, privateFragment]) requireReadable(profile, fragment);
    commitments += privateFragment.features.length * COMMITMENT_LENGTH;
    await setImmediate(); // a long record must not keep the process from all else
  }
  requireFetchable(commitments); // the capsule has more than these, and is asked for again when it is made
}

interface Encryption {
  readonly profile: ProfileName;
  /** Of the private fragment. */
  readonly publicKey: Uint8Array;
  /** `PR_k`, of the public fragment. */
  readonly secretKey: Uint8Array;
  readonly publicPart: PartOutput;
  readonly privatePart: PartOutput;
}

interface EncryptedRecord {
  /** Of each piece, encoded. */
  readonly heads: readonly Uint8Array[];
  readonly features: { readonly public: number; readonly private: number };
}

/** Splits and encrypts a record piece by piece, and hands both fragments on as they are made: no more than one piece is in the clear besides the input. */
async function encryptRecord(input: RecordInput, format: RecordFormat, to: Encryption): Promise<EncryptedRecord> {
  const { profile, publicKey, secretKey } = to;
  using publicEncryptor = await openEncryptor(profile, publicKey);
  using secretEncryptor = await openSymmetricEncryptor(profile, secretKey);
  const sides = {
    public: { encryptor: secretEncryptor, writer: createFragmentWriter(to.publicPart) },
    private: { encryptor: publicEncryptor, writer: createFragmentWriter(to.privatePart) },
  };
  const heads: Uint8Array[] = [];
  const features = { public: 0, private: 0 };
  const pieces = piecesOf(input, format, isOnePiece(format)); // one of several was searched already
  for (let next = pieces.next(); !next.done; ) {
    const { head, publicFragment, privateFragment } = next.value;
    // The last piece is followed by the last look: of a record of one piece nothing has been handed on before.
    next = pieces.next();
    const number = heads.push(encodeHead(head)) - 1;
    for (const [side, fragment] of [
      ["public", publicFragment],
      ["private", privateFragment],
    ] as const) {
      requireReadable(profile, fragment);
      const { encryptor, writer } = sides[side];
      features[side] += fragment.features.length;
      if (fragment.features.length > 0) await writer.add(number, encryptor.encrypt(bfvFeatures(head, fragment)));
    }
    input.onPiece?.(heads.length);
    await setImmediate(); // a long record must not keep the process from all else
  }
  requireHeads(heads);
  await sides.public.writer.end();
  await sides.private.writer.end();
  return { heads, features };
}

/** That readers take the heads. */
function requireHeads(heads: readonly Uint8Array[]): void {
  try {
    requireHeadLengths(heads);
  } catch (cause) {
    throw new MedexError(
      "INPUT_INVALID",
      "the record's structure is longer than its readers take: publish it in parts",
      {
        cause,
      },
    );
  }
}

/** An output whose time is taken. */
function timedOutput(output: PartOutput, time: <T>(call: () => Promise<T>) => Promise<T>): PartOutput {
  return {
    whole: (part) => time(() => output.whole(part)),
    part: (part) => time(() => output.part(part)),
    end: () => time(() => output.end()),
  };
}
