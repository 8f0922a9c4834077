/**
 * Numbers that someone without the key may compute on: a ciphertext file's numeric slots, and a description of them.
 *
 * A ciphertext does not say what it holds, and adding two that differ in unit, scale, order or key gives garbage that looks
 * like a result. So computations take a description with each file, compare descriptions, and track ranges and noise
 * before they touch a ciphertext. The description is public to the computing party: names, units, scales, and the range that
 * a column is known to lie in (a property of the measure, such as 0 to 300 mmHg, never taken from the values). That is more
 * than a stored record tells anyone, so it is not part of a ciphertext file: the owner makes it for one computation, and gives
 * it to whom it wants to compute. It names its file by SHA-256; nothing is loaded whose digest differs.
 */

import { decode, encode } from "@ipld/dag-cbor";
import { MedexError, sha256 } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { type CiphertextFile, decodeCiphertextFile, encodeCiphertextFile, type SlotFile } from "./ciphertext-file.ts";
import { type BfvContext, bfvContext } from "./context.ts";
import { openDecryptor, openSlotDecryptor } from "./decrypt.ts";
import { openPublicSlots } from "./encrypt.ts";
import { fromFixedPoint, numberLines, toFixedPoint } from "./fixed-point.ts";
import { KEY_ID_LENGTH, keyIdOf, publicKeyId } from "./keys.ts";
import { freshBudget } from "./noise.ts";
import { PROFILE_NAMES, type ProfileName } from "./profiles.ts";

/** What is publicly known of a column before anyone has seen its values. */
export interface ColumnSchema {
  readonly name: string;
  /** UCUM; `1` for a number without unit. */
  readonly unit: string;
  /** Decimal digits: `36.50` at scale 2 is the integer 3650. */
  readonly scale: number;
  /** The range of its integers (at the scale), both ends included. */
  readonly min: number;
  readonly max: number;
}

/** A column in a ciphertext file. */
export interface NumericColumn extends ColumnSchema {
  /** Its first slot, and how many it has: one for each row. */
  readonly slot: number;
  readonly count: number;
  /** The value is the sum of all its slots, modulo `t`; single slots are random. `min` and `max` are the sum's. */
  readonly shared?: true;
}

export interface NumericDescription {
  readonly profile: ProfileName;
  /** Of the key pair that the file is encrypted under: 32 bytes, see `publicKeyId`. */
  readonly keyId: Uint8Array;
  readonly columns: readonly NumericColumn[];
  /** Bits of noise budget that the file has at least, by prediction. */
  readonly noiseBudget: number;
  /** SHA-256 of the file. */
  readonly digest: Uint8Array;
}

/** A ciphertext file with its description. */
export interface NumericTable {
  readonly description: NumericDescription;
  readonly file: Uint8Array;
}

/** The most slots that a table may have. */
const MAX_SLOTS = 1 << 20;
const NAMES_SHOWN = 64;

const bytes32 = z.instanceof(Uint8Array).refine((bytes) => bytes.length === KEY_ID_LENGTH);
const column = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(NAMES_SHOWN * 16),
    unit: z.string().min(1).max(NAMES_SHOWN),
    scale: z.int().min(0).max(36),
    min: z.int(),
    max: z.int(),
    slot: z.int().nonnegative(),
    count: z.int().positive().max(MAX_SLOTS),
    shared: z.literal(true).exactOptional(),
  })
  .refine(({ min, max }) => min <= max)
  .refine(({ slot, count }) => slot + count <= MAX_SLOTS);
const descriptionFile = z.strictObject({
  version: z.literal(1),
  profile: z.enum(PROFILE_NAMES),
  keyId: bytes32,
  columns: z.array(column).min(1),
  noiseBudget: z.number(),
  digest: bytes32,
});

/** A description as DAG-CBOR, to give away. */
export function encodeDescription(description: NumericDescription): Uint8Array {
  return encode({ version: 1, ...description });
}

/**
 * Reads a description from anyone.
 * @throws BFV_BYTES_INVALID not a description
 */
export function decodeDescription(bytes: Uint8Array): NumericDescription {
  try {
    const { version: _, ...description } = descriptionFile.parse(decode(bytes));
    return description;
  } catch (cause) {
    throw new MedexError("BFV_BYTES_INVALID", "not a description of a numeric table: ask its sender again", { cause });
  }
}

/** Slots that the columns take up. */
export function slotsOf(columns: readonly NumericColumn[]): number {
  return Math.max(...columns.map(({ slot, count }) => slot + count));
}

/** Makes a table of ciphertexts that were just computed. */
export function tableOf(
  description: Omit<NumericDescription, "digest">,
  form: SlotFile["form"],
  numeric: Uint8Array[],
): NumericTable {
  const file = encodeCiphertextFile({ version: 1, profile: description.profile, form, bytes: [], numeric });
  return { description: { ...description, digest: sha256(file) }, file };
}

/**
 * Reads a table's ciphertexts, once the digest matched. The ciphertexts in it are checked when they are loaded.
 * @throws BFV_BYTES_INVALID another digest, or fewer ciphertexts than the columns need
 */
export function readTable(bfv: BfvContext, { description, file }: NumericTable): CiphertextFile {
  if (!equalBytes(sha256(file), description.digest)) {
    throw new MedexError("BFV_BYTES_INVALID", "a numeric file does not match its description: fetch it again");
  }
  const decoded = decodeCiphertextFile(description.profile, file);
  if (decoded.numeric.length !== Math.ceil(slotsOf(description.columns) / bfv.degree)) {
    throw new MedexError("BFV_BYTES_INVALID", "a numeric file and its description differ in size: ask its sender");
  }
  return decoded;
}

function requireSchema({ name, unit, scale, min, max }: ColumnSchema): void {
  const isValid =
    name.length > 0 && unit.length > 0 && Number.isInteger(scale) && scale >= 0 && scale <= 18 && min <= max;
  if (isValid && Number.isSafeInteger(min) && Number.isSafeInteger(max)) return;
  throw new MedexError("INPUT_INVALID", `column ${name}: give it a name, a unit, a scale of 0 to 18, and min <= max`);
}

function outOfRange(name: string): MedexError {
  return new MedexError(
    "FEATURE_OUT_OF_RANGE",
    `${name}: a value is not a number, or not in the column's range at its scale; correct the value or the schema`,
  );
}

/** A column to encrypt: the decimal texts of its rows. */
export interface PlainColumn extends ColumnSchema {
  readonly values: readonly string[];
}

/**
 * Encrypts numbers under the public key of whoever shall read the result, for others to compute on.
 *
 * @throws FEATURE_OUT_OF_RANGE names the column: a value that is no number, has more digits than the scale, or is out of range
 * @throws INPUT_INVALID no column, two of one name, an invalid schema, no value, or more than 2^20 of them
 * @throws BFV_BYTES_INVALID not a public key of this profile
 */
export async function encryptTable(
  profile: ProfileName,
  publicKey: Uint8Array,
  columns: readonly PlainColumn[],
): Promise<NumericTable> {
  const bfv = await bfvContext(profile);
  const limit = (bfv.plainModulus - 1n) / 2n;
  const integers: bigint[] = [];
  const placed = columns.map(({ values, ...schema }): NumericColumn => {
    requireSchema(schema);
    const slot = integers.length;
    for (const text of values) {
      const integer = toFixedPoint(text, schema.scale)?.integer;
      const isInside = integer !== undefined && integer >= BigInt(schema.min) && integer <= BigInt(schema.max);
      if (!isInside || integer > limit || integer < -limit) throw outOfRange(schema.name);
      integers.push(integer);
    }
    return { ...schema, slot, count: values.length };
  });
  if (placed.length === 0 || placed.some(({ count }) => count === 0) || integers.length > MAX_SLOTS) {
    throw new MedexError("INPUT_INVALID", `a numeric table has 1 to ${MAX_SLOTS} values, and some in each column`);
  }
  if (new Set(placed.map(({ name }) => name)).size !== placed.length) {
    throw new MedexError("INPUT_INVALID", "two columns of a numeric table have one name: rename one");
  }
  const keyId = publicKeyId(profile, publicKey);
  using slots = openPublicSlots(bfv, profile, publicKey);
  const numeric = Array.from({ length: Math.ceil(integers.length / bfv.degree) }, (_, part) => {
    const values = new BigInt64Array(bfv.degree);
    values.set(integers.slice(part * bfv.degree, (part + 1) * bfv.degree));
    const packed = slots.encryptSlots(values);
    values.fill(0n);
    return packed;
  });
  return tableOf({ profile, keyId, columns: placed, noiseBudget: freshBudget(bfv) }, "full", numeric);
}

/**
 * Describes the numeric slots of a stored fragment, so that someone may compute on it. Needs the key, as only the owner
 * knows what is in it.
 *
 * @param schemas by feature index: all features with numeric slots
 * @throws FRAGMENT_INVALID, BFV_BYTES_INVALID as `decryptFragment`
 * @throws INPUT_INVALID a numeric feature without schema, or of another scale than it is stored with
 * @throws FEATURE_OUT_OF_RANGE names a column that is not within its range
 */
export async function describeTable(
  profile: ProfileName,
  secretKey: Uint8Array,
  file: Uint8Array,
  schemas: ReadonlyMap<number, ColumnSchema>,
): Promise<NumericTable> {
  const bfv = await bfvContext(profile);
  using decryptor = await openDecryptor(profile, secretKey);
  const columns = decryptor.decrypt(file).flatMap(({ index, value, numeric }): NumericColumn[] => {
    if (numeric === undefined) return [];
    const schema = schemas.get(index);
    if (schema === undefined || schema.scale !== numeric.scale) {
      throw new MedexError(
        "INPUT_INVALID",
        `feature ${index} is stored at scale ${numeric.scale}: describe it with that scale`,
      );
    }
    requireSchema(schema);
    for (const line of numberLines(String(value))) {
      const integer = toFixedPoint(line, schema.scale)?.integer;
      if (integer === undefined || integer < BigInt(schema.min) || integer > BigInt(schema.max)) {
        throw outOfRange(schema.name);
      }
    }
    return [{ ...schema, slot: numeric.slot, count: numeric.count }];
  });
  if (columns.length === 0) {
    throw new MedexError("INPUT_INVALID", "the fragment has no numeric slots: encrypt it with them");
  }
  const keyId = keyIdOf(profile, secretKey);
  return { description: { profile, keyId, columns, noiseBudget: freshBudget(bfv), digest: sha256(file) }, file };
}

/** A column that was decrypted. */
export interface DecryptedColumn extends ColumnSchema {
  /** Exact decimal texts, `scale` digits after the point; a shared column has one. */
  readonly values: readonly string[];
  /** The same as integers at the scale. */
  readonly integers: readonly bigint[];
}

/**
 * Decrypts a table: an input, or a computation's result.
 *
 * @throws BFV_MISMATCH the table is under another key
 * @throws BFV_BYTES_INVALID the file is not the described one
 * @throws FRAGMENT_INVALID no noise budget is left, or a value is out of the range that the description claims
 */
export async function decryptTable(secretKey: Uint8Array, table: NumericTable): Promise<DecryptedColumn[]> {
  const { profile, keyId, columns } = table.description;
  const bfv = await bfvContext(profile);
  if (!equalBytes(keyIdOf(profile, secretKey), keyId)) {
    throw new MedexError(
      "BFV_MISMATCH",
      "the numeric table is encrypted under another BFV key: use the key that it names",
    );
  }
  const { form, numeric } = readTable(bfv, table);
  using decryptor = openSlotDecryptor(bfv, profile, secretKey);
  const { dataLevel: level } = bfv;
  const parts = numeric.map((packed) =>
    decryptor.decryptSlots({ packed, level, isSeeded: form === "seeded", polynomials: form === "product" ? 3 : 2 }),
  );
  const t = bfv.plainModulus;
  return columns.map(({ slot, count, shared, ...schema }): DecryptedColumn => {
    let integers = Array.from({ length: count }, (_, i) => {
      const at = slot + i;
      return parts[Math.floor(at / bfv.degree)]?.[at % bfv.degree] ?? 0n;
    });
    if (shared) {
      const sum = (((integers.reduce((a, b) => a + b, 0n) % t) + t) % t) as bigint;
      integers = [sum > t / 2n ? sum - t : sum];
    }
    if (integers.some((integer) => integer < BigInt(schema.min) || integer > BigInt(schema.max))) {
      throw new MedexError(
        "FRAGMENT_INVALID",
        `${schema.name}: a result is out of the range that its description claims; do not use it`,
      );
    }
    return { ...schema, integers, values: integers.map((integer) => fromFixedPoint({ integer, scale: schema.scale })) };
  });
}
