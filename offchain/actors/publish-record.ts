import { DEFAULT_PROFILE, type ProfileName } from "@medexchain/bfv";
import type { Hex32 } from "@medexchain/chain";
import { nextTurn } from "@medexchain/core";
import { initCurve } from "@medexchain/pre";
import {
  inspectFormat,
  type NumericColumns,
  type RecordFormat,
  type SplitDocument,
  splitRecord,
} from "@medexchain/sfe";
import { randomBytes } from "@noble/hashes/utils.js";
import { requireFetchable, requirePublishableLength, requireReadable } from "./fragment-pieces.ts";
import type { Owner } from "./owner.ts";
import { encryptPieces, publishPieces } from "./publish-pieces.ts";
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
  /** Of the numbers' slots; by default what computes one product where numbers were asked for, and else the smallest, which adds. */
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
  const profile = input.profile ?? (input.numericColumns === undefined ? "compact" : DEFAULT_PROFILE);
  const watch = startStopwatch<keyof PublishedRecord["timings"]>();

  const format = input.format ?? inspectFormat(input.document, input.name).format;
  requirePublishableLength(input.document.length, format);
  await requireSound(input, format);
  watch.lap("bfv");
  const salt = randomBytes(32);
  const { maxAccessCount } = input;
  const published = await publishPieces(
    owner,
    { salt, profile, maxAccessCount, watch },
    (to) => encryptPieces(piecesOf(input, format, isOnePiece(format)), to, input.onPiece), // one of several was searched already
  );
  const { pieces, features, digests, sizes, recordId, transactionHash } = published;
  return {
    recordId,
    format,
    pieces,
    features,
    ...digests,
    sizes: { document: input.document.length, ...sizes },
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
async function requireSound(input: RecordInput, format: RecordFormat): Promise<void> {
  if (isOnePiece(format)) return;
  let commitments = 0;
  for (const { publicFragment, privateFragment } of piecesOf(input, format, true)) {
    for (const fragment of [publicFragment, privateFragment]) requireReadable(fragment);
    commitments += privateFragment.features.length * COMMITMENT_LENGTH;
    await nextTurn(); // a long record must not keep the process from all else
  }
  requireFetchable(commitments); // the capsule has more than these, and is asked for again when it is made
}
