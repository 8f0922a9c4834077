/**
 * JSON with source positions. RFC 8259, strictly: UTF-8 without a byte order mark, no comments, no trailing commas, and no
 * duplicate member names (the RFC leaves their meaning open, and two readers could see two records).
 *
 * The tree is lean, a few dozen bytes a value: a record of 16 MiB has half a million of them. And of a Bundle's entries, or of whatever is in
 * an array right below the root, it has only where they are: each is read again when it is gone through.
 */

import { MedexError } from "@medexchain/core";
import { type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

export type JsonType = "object" | "array" | "string" | "number" | "boolean" | "null";

/** A value and its place in the source (UTF-16 units). */
export interface JsonNode {
  readonly type: JsonType;
  readonly offset: number;
  readonly length: number;
  /** Of an object: its member names, in source order. */
  readonly keys?: readonly string[];
  /** Of an object: its members' values. Of an array: its items. */
  readonly children?: readonly JsonNode[];
  /** Of an object or array that the tree leaves out: reads it. Ask for it once, and keep it no longer than needed. */
  readonly expand?: () => JsonNode;
}

/** Far above FHIR's own nesting, and low enough that no recursive walk exhausts the stack. */
const MAX_DEPTH = 200;
/** Objects with more members are rare, and not alike. */
const MAX_ROW = 64;

function lineAndColumn(source: string, offset: number): string {
  const before = source.slice(0, offset).split(/\r\n|\n|\r/);
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

/** An error in the record's text at a source offset (UTF-16 units); names the line and column, quotes nothing of the text. */
export function formatErrorAt(source: string, offset: number, what: string): MedexError {
  return new MedexError("RECORD_FORMAT", `${what} at ${lineAndColumn(source, offset)}: correct the record`);
}

function checkDepth(source: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) throw formatErrorAt(source, i, `JSON is nested deeper than ${MAX_DEPTH} levels`);
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
}

/** What a text that is not JSON has wrong, and where. */
function syntaxError(source: string): MedexError {
  const errors: ParseError[] = [];
  parseTree(source, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [first] = errors;
  return first === undefined
    ? formatErrorAt(source, 0, "not JSON by RFC 8259, in the value that starts")
    : formatErrorAt(source, first.offset, `not JSON: ${printParseErrorCode(first.error)}`);
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Thrown by the reader below, and turned into an error with a place by its caller. */
class NotJson extends Error {}

/** Depth of the arrays whose items the tree leaves out: those that are members of the root. */
const LEFT_OUT = 1;

/** An object or array whose place alone is kept. */
class LeftOut implements JsonNode {
  readonly type: JsonType;
  readonly offset: number;
  readonly length: number;
  readonly #read: (offset: number) => JsonNode;

  constructor(type: JsonType, offset: number, length: number, read: (offset: number) => JsonNode) {
    this.type = type;
    this.offset = offset;
    this.length = length;
    this.#read = read;
  }

  expand(): JsonNode {
    return this.#read(this.offset);
  }
}

/** Reads a tree, strictly; nothing but the tree is made. */
function createTreeReader(source: string) {
  let at = 0;
  // A record has few different member names, many times each.
  const names = new Map<string, string>();
  // And few different rows of member names.
  const rows = new Map<string, readonly string[]>();

  function shareRow(keys: readonly string[]): readonly string[] {
    const row = keys.join("\0");
    const known = rows.get(row);
    // A name may hold the separator itself.
    if (known?.length === keys.length && known.every((key, i) => key === keys[i])) return known;
    if (known === undefined && keys.length < MAX_ROW) rows.set(row, keys);
    return keys;
  }

  function skipSpace(): void {
    for (;;) {
      const c = source.charCodeAt(at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      at++;
    }
  }

  function expect(code: number): void {
    if (source.charCodeAt(at) !== code) throw new NotJson();
    at++;
  }

  function skipMatch(pattern: RegExp): void {
    pattern.lastIndex = at;
    if (!pattern.test(source)) throw new NotJson();
    at = pattern.lastIndex;
  }

  function skipString(): void {
    expect(0x22);
    for (;;) {
      const c = source.charCodeAt(at);
      if (c === 0x5c) skipMatch(ESCAPE);
      else if (c === 0x22) break;
      else if (c >= 0x20) at++;
      else throw new NotJson(); // a control character, or the end
    }
    at++;
  }

  function readName(): string {
    const start = at;
    skipString();
    const raw = source.slice(start, at);
    const known = names.get(raw);
    if (known !== undefined) return known;
    const name = String(JSON.parse(raw));
    names.set(raw, name);
    return name;
  }

  /** After an item: whether another follows. */
  function hasNext(end: number): boolean {
    skipSpace();
    const c = source.charCodeAt(at);
    if (c !== 0x2c && c !== end) throw new NotJson();
    at++;
    return c === 0x2c;
  }

  /** Whether nothing stands between the brackets. */
  function isEmpty(end: number): boolean {
    at++;
    skipSpace();
    if (source.charCodeAt(at) !== end) return false;
    at++;
    return true;
  }

  function readObject(offset: number, depth: number): JsonNode {
    const keys: string[] = [];
    const children: JsonNode[] = [];
    if (isEmpty(0x7d)) return { type: "object", offset, length: at - offset, keys, children };
    const seen = new Set<string>();
    do {
      skipSpace();
      const keyOffset = at;
      const name = readName();
      if (seen.has(name)) throw formatErrorAt(source, keyOffset, "a member name is given twice");
      seen.add(name);
      keys.push(name);
      skipSpace();
      expect(0x3a);
      children.push(read(depth + 1));
    } while (hasNext(0x7d));
    return { type: "object", offset, length: at - offset, keys: shareRow(keys), children };
  }

  function readArray(offset: number, depth: number): JsonNode {
    const children: JsonNode[] = [];
    if (isEmpty(0x5d)) return { type: "array", offset, length: at - offset, children };
    const take = depth === LEFT_OUT ? leaveOut : (node: JsonNode): JsonNode => node;
    do children.push(take(read(depth + 1)));
    while (hasNext(0x5d));
    return { type: "array", offset, length: at - offset, children };
  }

  function leaveOut({ type, offset, length, children }: JsonNode): JsonNode {
    return children === undefined ? { type, offset, length } : new LeftOut(type, offset, length, readAgain);
  }

  function readAgain(offset: number): JsonNode {
    at = offset;
    return read(LEFT_OUT + 1);
  }

  function readWord(offset: number, type: JsonType, word: string): JsonNode {
    if (!source.startsWith(word, offset)) throw new NotJson();
    at += word.length;
    return { type, offset, length: word.length };
  }

  /** @param depth of the value: 0 is the root's */
  function read(depth: number): JsonNode {
    skipSpace();
    const offset = at;
    switch (source.charCodeAt(at)) {
      case 0x7b:
        return readObject(offset, depth);
      case 0x5b:
        return readArray(offset, depth);
      case 0x22:
        skipString();
        return { type: "string", offset, length: at - offset };
      case 0x74:
        return readWord(offset, "boolean", "true");
      case 0x66:
        return readWord(offset, "boolean", "false");
      case 0x6e:
        return readWord(offset, "null", "null");
      default:
        skipMatch(NUMBER);
        return { type: "number", offset, length: at - offset };
    }
  }

  return function readAll(): JsonNode {
    const root = read(0);
    skipSpace();
    if (at !== source.length) throw new NotJson();
    return root;
  };
}

/**
 * Parses JSON text into a tree whose nodes know their source spans (UTF-16 units).
 * @throws RECORD_FORMAT with line and column
 */
export function parseJsonSource(source: string): JsonNode {
  checkDepth(source);
  try {
    return createTreeReader(source)();
  } catch (error) {
    throw error instanceof NotJson ? syntaxError(source) : error;
  }
}

/** The value node of an object's member, if it has one by that name. */
export function member({ keys, children }: JsonNode, name: string): JsonNode | undefined {
  const at = keys?.indexOf(name) ?? -1;
  return at < 0 ? undefined : children?.[at];
}

/** The text that a string node stands for; undefined for a node of another type. */
export function stringOf(source: string, node: JsonNode | undefined): string | undefined {
  if (node?.type !== "string") return undefined;
  return String(JSON.parse(source.slice(node.offset, node.offset + node.length)));
}

/** Whether the text is exactly one JSON scalar: no space around it, and no way to smuggle structure into a template. */
export function isJsonScalar(text: string): boolean {
  if (!text.isWellFormed() || !/^[^\s[{]/.test(text) || /\s$/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
