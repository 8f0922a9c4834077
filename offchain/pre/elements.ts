/**
 * The wire form of scalars and group elements: what every algorithm of this folder takes and returns.
 *
 * | type        | bytes | encoding                                                                       |
 * | ----------- | ----- | ------------------------------------------------------------------------------ |
 * | ScalarBytes | 32    | big-endian, 0 < k < r                                                          |
 * | G1Bytes     | 48    | ZCash compressed                                                               |
 * | G2Bytes     | 96    | ZCash compressed                                                               |
 * | GtBytes     | 576   | twelve 48-byte big-endian coefficients, lowest first at each level of the tower |
 *
 * GT is mcl's form: Fp12 = (c0, c1) over Fp6 = (c0, c1, c2) over Fp2 = (c0, c1). Other libraries agree on the tower and
 * differ in order only: @noble/curves, for one, writes each pair of Fp2 with c1 first.
 *
 * The types are branded so that a G1 point cannot stand where a scalar is expected. A brand is a promise of the type, not of
 * the value: it is gone once bytes have crossed a wire, so each algorithm decodes, and thereby checks, what it is given.
 */

import { MedexError } from "@medexchain/core";
import type { Fr, G1, G2, GT } from "mcl-wasm";
import { deserialise, isInGt, serialiseG1, serialiseG2 } from "./curve.ts";

declare const element: unique symbol;

/** A scalar of the field of order r, not zero. */
export type ScalarBytes = Uint8Array & { readonly [element]: "Fr" };
/** A point of G1, not the identity. */
export type G1Bytes = Uint8Array & { readonly [element]: "G1" };
/** A point of G2, not the identity. */
export type G2Bytes = Uint8Array & { readonly [element]: "G2" };
/** An element of GT, not the identity. */
export type GtBytes = Uint8Array & { readonly [element]: "GT" };

export const SCALAR_LENGTH = 32;
export const G1_LENGTH = 48;
export const G2_LENGTH = 96;
export const GT_LENGTH = 576;

/**
 * Checks that bytes are a canonical, non-zero scalar.
 *
 * @param bytes 32 bytes
 * @param field the name of the value, for the error message
 * @returns the same bytes, branded
 * @throws PRE_ELEMENT_INVALID
 */
export function checkScalar(bytes: Uint8Array, field: string): ScalarBytes {
  readScalar(bytes, field).clear();
  return bytes as ScalarBytes; // checked on the line above
}

/**
 * Checks that bytes are a point of the order-r subgroup of G1 other than the identity.
 *
 * @param bytes 48 bytes, ZCash compressed
 * @param field the name of the value, for the error message
 * @returns the same bytes, branded
 * @throws PRE_ELEMENT_INVALID
 */
export function checkG1(bytes: Uint8Array, field: string): G1Bytes {
  readG1(bytes, field);
  return bytes as G1Bytes; // checked on the line above
}

/**
 * Checks that bytes are a point of the order-r subgroup of G2 other than the identity.
 *
 * @param bytes 96 bytes, ZCash compressed
 * @param field the name of the value, for the error message
 * @returns the same bytes, branded
 * @throws PRE_ELEMENT_INVALID
 */
export function checkG2(bytes: Uint8Array, field: string): G2Bytes {
  readG2(bytes, field);
  return bytes as G2Bytes; // checked on the line above
}

/**
 * Checks that bytes are an element of GT, the order-r subgroup of Fp12*, other than the identity.
 *
 * @param bytes 576 bytes
 * @param field the name of the value, for the error message
 * @returns the same bytes, branded
 * @throws PRE_ELEMENT_INVALID
 */
export function checkGt(bytes: Uint8Array, field: string): GtBytes {
  readGt(bytes, field);
  return bytes as GtBytes; // checked on the line above
}

/** Decodes and checks a scalar; the caller clears it. */
export function readScalar(bytes: Uint8Array, field: string): Fr {
  expectLength(bytes, SCALAR_LENGTH, field, "scalar");
  const scalar = deserialise("Fr", bytes);
  if (scalar === undefined) throw invalid(field, "is not a canonical scalar below the group order");
  if (scalar.isZero()) throw invalid(field, "is zero");
  return scalar;
}

/** Decodes a point of G1 and checks encoding, curve and subgroup; refuses the identity. */
export function readG1(bytes: Uint8Array, field: string): G1 {
  expectLength(bytes, G1_LENGTH, field, "compressed G1 point");
  const point = deserialise("G1", bytes);
  if (point === undefined) throw invalid(field, "is not a compressed point of the order-r subgroup of G1");
  if (point.isZero()) throw invalid(field, "is the identity of G1");
  return point;
}

/** Decodes a point of G2 and checks encoding, curve and subgroup; refuses the identity. */
export function readG2(bytes: Uint8Array, field: string): G2 {
  expectLength(bytes, G2_LENGTH, field, "compressed G2 point");
  const point = deserialise("G2", bytes);
  if (point === undefined) throw invalid(field, "is not a compressed point of the order-r subgroup of G2");
  if (point.isZero()) throw invalid(field, "is the identity of G2");
  return point;
}

/** Decodes an element of GT and checks encoding and order; refuses the identity. */
export function readGt(bytes: Uint8Array, field: string): GT {
  expectLength(bytes, GT_LENGTH, field, "GT element");
  const value = deserialise("GT", bytes);
  if (value === undefined) throw invalid(field, "is not a canonical element of Fp12");
  if (!isInGt(value)) throw invalid(field, "is not in GT, the order-r subgroup of Fp12");
  if (value.isOne()) throw invalid(field, "is the identity of GT");
  return value;
}

/** Encodes a scalar; refuses zero. */
export function writeScalar(scalar: Fr, field: string): ScalarBytes {
  if (scalar.isZero()) throw invalid(field, "is zero");
  return scalar.serialize() as ScalarBytes; // mcl writes the wire form of the table above
}

/** Encodes a point of G1; refuses the identity. */
export function writeG1(point: G1, field: string): G1Bytes {
  if (point.isZero()) throw invalid(field, "is the identity of G1");
  return serialiseG1(point) as G1Bytes; // that is the wire form of the table above
}

/** Encodes a point of G2; refuses the identity. */
export function writeG2(point: G2, field: string): G2Bytes {
  if (point.isZero()) throw invalid(field, "is the identity of G2");
  return serialiseG2(point) as G2Bytes; // that is the wire form of the table above
}

/** Encodes an element of GT; refuses the identity. */
export function writeGt(value: GT, field: string): GtBytes {
  if (value.isOne()) throw invalid(field, "is the identity of GT");
  return value.serialize() as GtBytes; // mcl writes the wire form of the table above
}

function expectLength(bytes: Uint8Array, length: number, field: string, what: string): void {
  if (!(bytes instanceof Uint8Array)) throw invalid(field, `must be a Uint8Array of ${length} bytes (${what})`);
  if (bytes.length !== length) throw invalid(field, `must be ${length} bytes (${what}), got ${bytes.length}`);
}

function invalid(field: string, problem: string): MedexError {
  return new MedexError("PRE_ELEMENT_INVALID", `${field} ${problem}; discard it and ask its sender again`);
}
