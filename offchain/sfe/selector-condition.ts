/**
 * Conditions of a selector: `where(condition)`. What may be asked of elements of any type (`exists`, `empty`, joined by `and`,
 * `or`, `not`) is answered here, by place; all else by the FHIRPath engine, for one element at a time.
 */

import fhirpath from "fhirpath";
import { type ElementNode, isJsonObject } from "./element-tree.ts";
import { choiceName, type FhirRelease, fhirModel } from "./fhir-model.ts";
import {
  argumentSpans,
  CONSTANTS,
  insideParentheses,
  invalid,
  invokedName,
  type Span,
  type SyntaxNode,
  tokenSpan,
} from "./selector-syntax.ts";

/** FHIRPath's logic has three values: undefined is neither true nor false. */
export type Verdict = boolean | undefined;

export interface ConditionContext {
  readonly selector: string;
  readonly release: FhirRelease;
  readonly record: unknown;
  /** Elements that an expression names, seen from an element; undefined if the expression computes a value. */
  readonly select: (node: SyntaxNode, span: Span, element: ElementNode) => ElementNode[] | undefined;
}

type Evaluate = (data: unknown, variables: Record<string, unknown>) => unknown[];

const compiled = new Map<string, Evaluate>();
const MAX_COMPILED = 500;

function evaluator(expression: string, base: string | undefined, release: FhirRelease): Evaluate {
  const key = `${release}\0${base ?? ""}\0${expression}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const options = { async: false as const, resolveInternalTypes: true, preciseMath: true, traceFn: () => {} };
  const made: Evaluate = fhirpath.compile(
    base === undefined ? expression : { base, expression },
    fhirModel(release),
    options,
  );
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(key, made);
  return made;
}

/** Asks the engine. A primitive is asked for in an object of its own, so that its id and extensions are seen. */
function ask({ selector, release, record }: ConditionContext, { from, to }: Span, element: ElementNode): Verdict {
  const expression = selector.slice(from, to);
  const variables = { ...CONSTANTS, resource: record, rootResource: record, context: record };
  let results: unknown[];
  try {
    if (isJsonObject(element.data)) {
      const base = typeof element.data.resourceType === "string" ? undefined : element.type;
      results = evaluator(expression, base, release)(element.data, variables);
    } else {
      const { parent, key = "" } = element;
      const name = (parent?.type !== undefined && choiceName(parent.type, key)) || key;
      const object = { [key]: element.data, [`_${key}`]: element.sibling };
      results = evaluator(`\`${name}\`.select(${expression})`, parent?.type, release)(object, variables);
    }
  } catch {
    // The engine's message may quote the record, so it is not kept even as a cause.
    throw invalid(selector, "it cannot be evaluated on this record; check function names and argument types");
  }
  const [result, ...others] = results;
  if (others.length > 0) throw invalid(selector, "a condition yields several values; it must be true or false");
  // An element that is there counts as true (FHIRPath, "Singleton Evaluation of Collections").
  return typeof result === "boolean" || result === undefined ? result : true;
}

function both(a: Verdict, b: Verdict): Verdict {
  if (a === false || b === false) return false;
  return a && b;
}

function either(a: Verdict, b: Verdict): Verdict {
  if (a === true || b === true) return true;
  return a === undefined || b === undefined ? undefined : false;
}

function judgeCall(context: ConditionContext, node: SyntaxNode, span: Span, element: ElementNode): Verdict {
  const [subject, call] = node.children;
  if (subject === undefined || call?.type !== "FunctionInvocation") return ask(context, span, element);
  const { selector } = context;
  const token = tokenSpan(selector, call);
  const parameters = argumentSpans(selector, token.to);
  const before = { from: span.from, to: selector.lastIndexOf(".", token.from) };
  const name = invokedName(call);
  if (name === "not" && parameters.length === 0) {
    const verdict = judge(context, subject, before, element);
    return verdict === undefined ? undefined : !verdict;
  }
  if ((name !== "exists" || parameters.length > 1) && (name !== "empty" || parameters.length > 0)) {
    return ask(context, span, element);
  }
  const found = context.select(subject, before, element);
  if (found === undefined) return ask(context, span, element);
  const [parameter] = parameters;
  const condition = call.children[0]?.children[1]?.children[0];
  const passing =
    parameter === undefined || condition === undefined
      ? found
      : found.filter((candidate) => judge(context, condition, parameter, candidate) === true);
  return name === "exists" ? passing.length > 0 : passing.length === 0;
}

/**
 * Judges an element.
 * @param node the condition's syntax tree, whose text is at `span`
 * @throws POLICY_INVALID the condition cannot be evaluated, or yields several values
 */
export function judge(context: ConditionContext, node: SyntaxNode, span: Span, element: ElementNode): Verdict {
  const [left, right] = node.children;
  switch (node.type) {
    case "EntireExpression":
    case "TermExpression":
      return left === undefined || node.children.length !== 1
        ? ask(context, span, element)
        : judge(context, left, span, element);
    case "ParenthesizedTerm":
      return left === undefined
        ? ask(context, span, element)
        : judge(context, left, insideParentheses(context.selector, span), element);
    case "AndExpression":
    case "OrExpression": {
      if (left === undefined || right === undefined || node.text === "xor") return ask(context, span, element);
      const { from, to } = tokenSpan(context.selector, node);
      const first = judge(context, left, { from: span.from, to: from }, element);
      const second = judge(context, right, { from: to, to: span.to }, element);
      return node.type === "AndExpression" ? both(first, second) : either(first, second);
    }
    case "InvocationExpression":
      return judgeCall(context, node, span, element);
    default:
      return ask(context, span, element);
  }
}
