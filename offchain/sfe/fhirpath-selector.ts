/**
 * FHIRPath selectors on one resource, by place: a selector names elements of the record, and an element is private because of
 * where it is. FHIRPath's own set operators compare values, so that of two equal elements one would stay public. Here they
 * compare places, or are refused where that would select less than the text says. Whatever is not plainly a selection of
 * elements is refused.
 *
 * A selector is data from outside: FHIRPath can reach the network (`resolve`, `memberOf`, terminology services) and print
 * (`trace`), and none of it is available here. Regular expressions (`matches`) are: a policy's author can make its own
 * evaluation slow.
 */

import type { FeaturePath } from "./ehr-document.ts";
import {
  allChildren,
  allDescendants,
  type ElementNode,
  isJsonObject,
  namedChildren,
  pathKey,
  rootElement,
} from "./element-tree.ts";
import { type FhirRelease, isA } from "./fhir-model.ts";
import { releaseOf } from "./fhir-release.ts";
import { type ConditionContext, judge } from "./selector-condition.ts";
import {
  argumentSpans,
  invalid,
  invokedName,
  parseSelector,
  plainName,
  RECORD_VARIABLES,
  type Span,
  type SyntaxNode,
  tokenSpan,
} from "./selector-syntax.ts";

/** Functions that pick by position: after a set operator the position would depend on which of two equal elements is kept. */
const POSITIONAL = new Set(["first", "last", "tail", "skip", "take", "single"]);
const SET_FUNCTIONS = new Set(["union", "distinct", "repeat", "repeatAll", "exclude"]);

/** Paths of the elements that a selector names in a resource. */
export type ElementSelector = (resource: unknown) => FeaturePath[];

interface Scope {
  readonly selector: string;
  readonly release: FhirRelease;
  readonly root: ElementNode;
  /** `$this`: where names begin. */
  readonly focus: readonly ElementNode[];
}

function unique(elements: Iterable<ElementNode>): ElementNode[] {
  return [...new Map([...elements].map((element) => [pathKey(element.path), element])).values()];
}

/** Whether an expression's result depends on a set operator. */
function usesSets(node: SyntaxNode): boolean {
  if (node.type === "UnionExpression") return true;
  if (node.type === "FunctionInvocation" && SET_FUNCTIONS.has(invokedName(node))) return true;
  // A condition is a question of its own: its sets select nothing.
  return node.type !== "ParamList" && node.children.some(usesSets);
}

function isOfType(element: ElementNode, name: string): boolean {
  // What no release knows may be of any type: it stays selected.
  if (element.type === undefined) return true;
  const plain = name.replace(/^(FHIR|System)\./, "");
  return isA(element.type, plain) || element.type.toLowerCase() === plain.toLowerCase();
}

function memberOf(element: ElementNode, name: string, isStart: boolean): ElementNode[] {
  const isResource = isJsonObject(element.data) && typeof element.data.resourceType === "string";
  if (isResource && (element.type === name || (isStart && isA(element.type, name)))) return [element];
  return [...namedChildren(element, name)];
}

function literalNumber(scope: Scope, span: Span): number {
  const text = scope.selector.slice(span.from, span.to).trim();
  if (!/^\d{1,9}$/.test(text))
    throw invalid(scope.selector, `write a position as a number, not as ${JSON.stringify(text)}`);
  return Number(text);
}

function literalText(scope: Scope, span: Span): string {
  const text = scope.selector.slice(span.from, span.to).trim();
  if (!/^'(?:[^'\\]|\\.)*'$/.test(text))
    throw invalid(scope.selector, "write the URL of an extension in single quotes");
  return plainName(text);
}

/** The function's arguments, as syntax and as text. */
function parametersOf(selector: string, node: SyntaxNode): { tree: SyntaxNode; span: Span }[] {
  const spans = argumentSpans(selector, tokenSpan(selector, node).to);
  const trees = node.children[0]?.children[1]?.children ?? [];
  if (spans.length !== trees.length) throw invalid(selector, "it is too complex; split it into several selectors");
  return trees.map((tree, i) => ({ tree, span: spans[i] ?? { from: 0, to: 0 } }));
}

function repeat(scope: Scope, input: readonly ElementNode[], projection: SyntaxNode): ElementNode[] {
  const found = new Map<string, ElementNode>();
  for (let front = input; front.length > 0; ) {
    const next = front.flatMap((element) => select({ ...scope, focus: [element] }, projection, [element]));
    front = unique(next).filter(({ path }) => !found.has(pathKey(path)));
    for (const element of front) found.set(pathKey(element.path), element);
  }
  return [...found.values()];
}

function call(scope: Scope, node: SyntaxNode, input: readonly ElementNode[]): ElementNode[] {
  const { selector } = scope;
  const name = invokedName(node);
  const parameters = parametersOf(selector, node);
  const [parameter] = parameters;
  const arity = (count: number): void => {
    if (parameters.length !== count) {
      throw invalid(selector, `${name} takes ${count === 0 ? "no argument" : `${count} argument`}`);
    }
  };
  const only = (): { tree: SyntaxNode; span: Span } => {
    arity(1);
    if (parameter === undefined) throw invalid(selector, `${name} takes 1 argument`);
    return parameter;
  };
  const others = (): ElementNode[] => select(scope, only().tree, scope.focus);
  switch (name) {
    case "where": {
      const { tree, span } = only();
      const context = conditionContext(scope);
      return input.filter((element) => judge(context, tree, span, element) === true);
    }
    case "select": {
      const { tree } = only();
      return input.flatMap((element) => select({ ...scope, focus: [element] }, tree, [element]));
    }
    case "ofType":
    case "as": {
      const { span } = only();
      const type = selector.slice(span.from, span.to).trim().replaceAll("`", "");
      return input.filter((element) => isOfType(element, type));
    }
    case "extension": {
      const url = literalText(scope, only().span);
      const extensions = input.flatMap((element) => [...namedChildren(element, "extension")]);
      return extensions.filter(({ data }) => isJsonObject(data) && data.url === url);
    }
    case "children":
      arity(0);
      return input.flatMap((element) => [...allChildren(element)]);
    case "descendants":
      arity(0);
      return input.flatMap((element) => [...allDescendants(element)]);
    case "first":
      arity(0);
      return input.slice(0, 1);
    case "last":
      arity(0);
      return input.slice(-1);
    case "tail":
      arity(0);
      return input.slice(1);
    case "single":
      arity(0);
      if (input.length > 1)
        throw invalid(selector, "single() was given several elements; leave it out to select them all");
      return [...input];
    case "skip":
      return input.slice(literalNumber(scope, only().span));
    case "take":
      return input.slice(0, literalNumber(scope, only().span));
    case "combine":
      return [...input, ...others()];
    case "union":
      return unique([...input, ...others()]);
    case "distinct":
      arity(0);
      return unique(input);
    case "exclude": {
      const excluded = new Set(others().map(({ path }) => pathKey(path)));
      return unique(input.filter(({ path }) => !excluded.has(pathKey(path))));
    }
    case "repeat":
    case "repeatAll":
      return repeat(scope, input, only().tree);
    case "intersect":
      throw invalid(selector, "intersect keeps one of several equal elements; write where(…) with a condition instead");
    default:
      throw invalid(selector, `${name} computes a value; a selector must name elements of the record`);
  }
}

/** Names the elements that an expression selects. `input` is what stands before the dot. */
function select(scope: Scope, node: SyntaxNode, input: readonly ElementNode[]): ElementNode[] {
  const { selector } = scope;
  const [left, right] = node.children;
  switch (node.type) {
    case "EntireExpression":
    case "TermExpression":
    case "InvocationTerm":
    case "ParenthesizedTerm":
      if (left === undefined || right !== undefined) break;
      return select(scope, left, input);
    case "InvocationExpression": {
      if (left === undefined || right === undefined) break;
      const isPositional = right.type === "FunctionInvocation" && POSITIONAL.has(invokedName(right));
      if (isPositional && usesSets(left)) throw positionAfterSet(selector);
      return select(scope, right, select(scope, left, input));
    }
    case "IndexerExpression": {
      if (left === undefined || right === undefined) break;
      if (usesSets(left)) throw positionAfterSet(selector);
      const literal = right.children[0]?.type === "LiteralTerm" ? right.children[0] : undefined;
      if (literal === undefined) throw invalid(selector, "write a position as a number, as in name[0]");
      const at = literalNumber(scope, tokenSpan(selector, literal));
      return select(scope, left, input).slice(at, at + 1);
    }
    case "UnionExpression":
      if (left === undefined || right === undefined) break;
      return unique([...select(scope, left, input), ...select(scope, right, input)]);
    case "TypeExpression": {
      const type = right?.text;
      if (left === undefined || type === undefined || node.text !== "as") break;
      return select(scope, left, input).filter((element) => isOfType(element, type.replaceAll("`", "")));
    }
    case "MemberInvocation": {
      const name = plainName(node.text);
      const isStart = input === scope.focus || input.every((element) => scope.focus.includes(element));
      return input.flatMap((element) => memberOf(element, name, isStart));
    }
    case "ThisInvocation":
      return [...scope.focus];
    case "ExternalConstantTerm":
      if (!RECORD_VARIABLES.has(invokedName(node))) break;
      return [scope.root];
    case "FunctionInvocation":
      return call(scope, node, input);
  }
  throw invalid(selector, "it computes a value; it must name elements of the record");
}

function positionAfterSet(selector: string): Error {
  return invalid(
    selector,
    "a position after |, union, distinct, repeat or exclude is ambiguous; write several selectors",
  );
}

/** Whether an expression names elements, and computes nothing: found out on nothing. */
function isSelection(scope: Scope, node: SyntaxNode): boolean {
  try {
    select({ ...scope, focus: [] }, node, []);
    return true;
  } catch {
    return false; // it is a value, which the FHIRPath engine computes
  }
}

function conditionContext(scope: Scope): ConditionContext {
  const { selector, release, root } = scope;
  return {
    selector,
    release,
    record: root.data,
    select: (node, _span, element) =>
      isSelection(scope, node) ? select({ ...scope, focus: [element] }, node, [element]) : undefined,
  };
}

/**
 * Compiles a FHIRPath expression.
 * @returns a function of a resource; it throws POLICY_INVALID where a condition cannot be evaluated
 * @throws POLICY_INVALID not FHIRPath, I/O, or not a selection of elements
 */
export function compileFhirPath(selector: string): ElementSelector {
  const tree = parseSelector(selector);
  // A mistake in the selector is told before any record is read.
  const nowhere = rootElement(null);
  select({ selector, release: "R4", root: nowhere, focus: [] }, tree, []);
  return (resource) => {
    const root = rootElement(resource);
    const scope: Scope = { selector, release: releaseOf(resource), root, focus: [root] };
    return unique(select(scope, tree, scope.focus)).map(({ path }) => path);
  };
}
