/**
 * Calls with many structs, as the ABI specification encodes them (v0.8.30, "Formal Specification of the Encoding"). ethers copies each
 * value once for every level that it is nested in, and reads hexadecimal digit by digit: a batch took longer to encode than to sign.
 */
import type { Interface, ParamType } from "ethers";

/** Hexadecimal without a prefix: whole words. */
type Encoder = (value: unknown) => string;
interface Coder {
  /** Characters in the head, where the size is known from the type alone; undefined for what goes to the tail, with an offset in the head. */
  readonly size: number | undefined;
  readonly encode: Encoder;
}

const WORD = 64;

const prepared = new WeakMap<Interface, Map<string, Encoder>>();

/**
 * Encodes a call.
 *
 * @param args in the form that ethers takes, but structs as objects and integers as numbers or bigints
 * @returns call data, hexadecimal
 * @throws TypeError for a value that is not of its type, and for a type that is none of those that calls of many structs consist of
 */
export function encodeCall(abi: Interface, method: string, args: readonly unknown[]): string {
  const known = prepared.get(abi) ?? new Map<string, Encoder>();
  prepared.set(abi, known);
  const encode = known.get(method) ?? callEncoder(abi, method);
  known.set(method, encode);
  return encode(args);
}

function callEncoder(abi: Interface, method: string): Encoder {
  const found = abi.getFunction(method);
  if (!found) throw new TypeError(`no contract has ${method}`);
  const { encode } = together(found.inputs.map(coderOf), (args) => args as unknown[]); // the arguments of `encodeCall`
  return (args) => found.selector + encode(args);
}

function coderOf(type: ParamType): Coder {
  const { arrayChildren, components, name } = type;
  if (type.isArray() && arrayChildren && type.arrayLength === -1) {
    const item = coderOf(arrayChildren);
    const encode: Encoder = (value) => {
      const items = value as unknown[]; // ABI types and those of the callers are made from the same contract
      return (
        word(items.length) +
        sequence(
          items.map(() => item),
          items,
        )
      );
    };
    return { size: undefined, encode };
  }
  if (type.isTuple() && components) {
    const names = components.map((component) => component.name);
    return together(components.map(coderOf), (value) =>
      names.map((field) => (value as Record<string, unknown>)[field]),
    ); // as above
  }
  if (type.type === "bytes") return { size: undefined, encode: (value) => bytes(digits(value, name)) };
  if (type.type === "bytes32") return { size: WORD, encode: (value) => sized(digits(value, name), WORD, name) };
  if (type.type === "address")
    return { size: WORD, encode: (value) => sized(digits(value, name), 40, name).padStart(WORD, "0") };
  const bits = Number(/^uint(\d+)$/.exec(type.type)?.[1]);
  if (Number.isNaN(bits)) throw new TypeError(`${name}: ${type.type} is not encoded here`);
  return { size: WORD, encode: (value) => unsigned(value, bits, name) };
}

/** The values of several coders one after another; all in the head where each of them is. */
function together(coders: readonly Coder[], valuesOf: (value: unknown) => readonly unknown[]): Coder {
  const size = coders.reduce<number | undefined>(
    (sum, each) => (sum !== undefined && each.size !== undefined ? sum + each.size : undefined),
    0,
  );
  return { size, encode: (value) => sequence(coders, valuesOf(value)) };
}

function sequence(coders: readonly Coder[], values: readonly unknown[]): string {
  let offset = coders.reduce((sum, { size }) => sum + (size ?? WORD), 0);
  let head = "";
  let tail = "";
  for (const [index, { size, encode }] of coders.entries()) {
    const encoded = encode(values[index]);
    if (size !== undefined) head += encoded;
    else {
      head += word(offset / 2);
      tail += encoded;
      offset += encoded.length;
    }
  }
  return head + tail;
}

const word = (value: number | bigint): string => value.toString(16).padStart(WORD, "0");

const bytes = (hex: string): string => word(hex.length / 2) + hex.padEnd(Math.ceil(hex.length / WORD) * WORD, "0");

function digits(value: unknown, name: string): string {
  if (typeof value === "string" && value.length % 2 === 0 && /^0x[0-9a-f]*$/i.test(value))
    return value.slice(2).toLowerCase();
  throw new TypeError(`${name} is not hexadecimal`);
}

function sized(hex: string, length: number, name: string): string {
  if (hex.length !== length) throw new TypeError(`${name} has ${hex.length / 2} bytes, not ${length / 2}`);
  return hex;
}

function unsigned(value: unknown, bits: number, name: string): string {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) throw new TypeError(`${name} must be a whole number`);
  const number = BigInt(value as bigint | number); // one of the two, as tested above
  if (number < 0n || number >> BigInt(bits) !== 0n) throw new TypeError(`${name} does not fit uint${bits}`);
  return word(number);
}
