/**
 * JSON with source positions. RFC 8259, strictly: UTF-8 without a byte order mark, no comments, no trailing commas, and no
 * duplicate member names (the RFC leaves their meaning open, and two readers could see two records).
 */

import { MedexError } from "@medexchain/core";
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

export type JsonNode = Node;

/** Far above FHIR's own nesting, and low enough that no recursive walk exhausts the stack. */
const MAX_DEPTH = 200;

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

function checkDuplicateNames(source: string, node: JsonNode): void {
  const names = new Set<unknown>();
  for (const child of node.children ?? []) {
    if (node.type === "object") {
      const key = child.children?.[0];
      if (key === undefined) continue;
      if (names.has(key.value)) throw formatErrorAt(source, key.offset, "a member name is given twice");
      names.add(key.value);
    }
    checkDuplicateNames(source, child);
  }
}

/**
 * Parses JSON text into a tree whose nodes know their source spans (UTF-16 units).
 * @throws RECORD_FORMAT with line and column
 */
export function parseJsonSource(source: string): JsonNode {
  checkDepth(source);
  const errors: ParseError[] = [];
  const root = parseTree(source, errors, {
    disallowComments: true,
    allowTrailingComma: false,
    allowEmptyContent: false,
  });
  const first = errors[0];
  if (first !== undefined) throw formatErrorAt(source, first.offset, `not JSON: ${printParseErrorCode(first.error)}`);
  if (root === undefined) throw formatErrorAt(source, 0, "not JSON");
  try {
    // A second, strict parser must agree, so that no leniency of the first one enters the system.
    JSON.parse(source);
  } catch {
    throw formatErrorAt(source, 0, "not JSON by RFC 8259, in the value that starts");
  }
  checkDuplicateNames(source, root);
  return root;
}

/** The value node of an object's member, if it has one by that name. */
export function member(object: JsonNode, name: string): JsonNode | undefined {
  if (object.type !== "object") return undefined;
  return object.children?.find((property) => property.children?.[0]?.value === name)?.children?.[1];
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
