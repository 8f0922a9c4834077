/** The text of a FHIRPath selector: its syntax tree, with the piece of text that each argument is. */

import { MedexError } from "@medexchain/core";
import fhirpath from "fhirpath";
import { z } from "zod";

/** What the engine's parser makes of an expression; only what is read here. */
export interface SyntaxNode {
  readonly type: string;
  readonly text?: string | undefined;
  /** Of a variable in backticks or quotes. */
  readonly delimitedText?: string | undefined;
  /** Where the node's own token begins; lines from 1, columns from 1. */
  readonly start?: { readonly line: number; readonly column: number } | undefined;
  readonly length?: number | undefined;
  readonly children: readonly SyntaxNode[];
}

const syntaxNode: z.ZodType<SyntaxNode> = z.object({
  type: z.string(),
  text: z.string().optional(),
  delimitedText: z.string().optional(),
  start: z.object({ line: z.int(), column: z.int() }).optional(),
  length: z.int().optional(),
  get children() {
    return z.array(syntaxNode).default([]);
  },
});

/** A part of a selector's text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Functions and variables that do I/O, or print what they see. */
const REFUSED = new Set(["resolve", "memberOf", "weight", "ordinal", "trace", "terminologies", "factory"]);

/** Variables that FHIR defines and a selector may use; the texts are FHIR's. */
export const CONSTANTS: Readonly<Record<string, string>> = {
  sct: "http://snomed.info/sct",
  loinc: "http://loinc.org",
  ucum: "http://unitsofmeasure.org",
};
/** Variables that stand for the record; in NDJSON for the line's resource. */
export const RECORD_VARIABLES = new Set(["resource", "rootResource", "context"]);

export function invalid(selector: string, why: string, cause?: unknown): MedexError {
  return new MedexError("POLICY_INVALID", `selector ${JSON.stringify(selector)}: ${why}`, { cause });
}

/** A name as written, without its delimiters. */
export function plainName(text: string | undefined): string {
  const name = text ?? "";
  return /^([`'"]).*\1$/s.test(name) ? name.slice(1, -1).replaceAll(/\\(.)/g, "$1") : name;
}

/** The name of the function or variable that a node calls. */
export function invokedName(node: SyntaxNode): string {
  return plainName(node.delimitedText ?? node.children[0]?.children[0]?.text ?? node.text);
}

function checkNames(selector: string, node: SyntaxNode): void {
  // Elements are judged one by one, each without its place among the others.
  if (node.type === "IndexInvocation" || node.type === "TotalInvocation") {
    throw invalid(
      selector,
      `${node.type === "IndexInvocation" ? "$index" : "$total"} is not available in a policy; write a position, as in name[0]`,
    );
  }
  if (node.type === "FunctionInvocation" || node.type === "ExternalConstantTerm") {
    const name = invokedName(node);
    if (REFUSED.has(name)) throw invalid(selector, `${name} is not available in a policy`);
    const isVariable = node.type === "ExternalConstantTerm";
    if (isVariable && !Object.hasOwn(CONSTANTS, name) && !RECORD_VARIABLES.has(name)) {
      const known = [...RECORD_VARIABLES, ...Object.keys(CONSTANTS)].map((variable) => `%${variable}`).join(", ");
      throw invalid(selector, `there is no variable %${name}; use one of ${known}`);
    }
  }
  for (const child of node.children) checkNames(selector, child);
}

/**
 * Parses a selector.
 * @throws POLICY_INVALID not FHIRPath, or it names a function or variable that is not available
 */
export function parseSelector(selector: string): SyntaxNode {
  let tree: SyntaxNode;
  try {
    tree = syntaxNode.parse(fhirpath.parse(selector));
  } catch (cause) {
    throw invalid(selector, "not a FHIRPath expression", cause);
  }
  checkNames(selector, tree);
  return tree;
}

/** Where a node's own token is in the text. */
export function tokenSpan(selector: string, { start, length = 0 }: SyntaxNode): Span {
  if (start === undefined) throw invalid(selector, "it is too complex; split it into several selectors");
  let from = start.column - 1;
  for (let line = 1, at = 0; line < start.line; line++) {
    const end = selector.indexOf("\n", at);
    from += end + 1 - at;
    at = end + 1;
  }
  return { from, to: from + length };
}

/** The end of a quoted text that begins at `at`, or `at` where none does. */
function skipQuoted(selector: string, at: number): number {
  const quote = selector[at];
  if (quote !== "'" && quote !== '"' && quote !== "`") return at;
  let i = at + 1;
  while (i < selector.length && selector[i] !== quote) i += selector[i] === "\\" ? 2 : 1;
  return i + 1;
}

/** The arguments of a function call whose name ends at `at`. */
export function argumentSpans(selector: string, at: number): Span[] {
  let i = at;
  while (/\s/.test(selector[i] ?? "")) i++;
  if (selector[i] !== "(")
    throw invalid(selector, "comments and line breaks inside names are not supported; leave them out");
  const spans: Span[] = [];
  let from = ++i;
  for (let depth = 1; i < selector.length; ) {
    const next = skipQuoted(selector, i);
    if (next > i) {
      i = next;
      continue;
    }
    const c = selector[i];
    if (c === "/" && (selector[i + 1] === "/" || selector[i + 1] === "*")) {
      throw invalid(selector, "comments are not supported; leave them out");
    }
    if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") {
      if (--depth === 0) break;
    } else if (c === "," && depth === 1) {
      spans.push({ from, to: i });
      from = i + 1;
    }
    i++;
  }
  if (selector.slice(from, i).trim() !== "" || spans.length > 0) spans.push({ from, to: i });
  return spans;
}

/** A span without the white space, and then the one pair of parentheses, round it. */
export function insideParentheses(selector: string, { from, to }: Span): Span {
  const text = selector.slice(from, to);
  const start = from + text.length - text.trimStart().length;
  return { from: start + 1, to: start + text.trim().length - 1 };
}
