/**
 * Which features are private. A policy is a list of FHIRPath selectors; an element that a selector yields is private with
 * everything in it. What no selector names is public.
 *
 * A policy is data from outside. FHIRPath can reach the network (`resolve`, `memberOf`, terminology services) and print
 * (`trace`); none of it is available here. Regular expressions (`matches`) are: a policy's author can make its own
 * evaluation slow.
 */

import fhirpath, { type ResourceNode } from "fhirpath";
import { z } from "zod";
import { MedexError } from "../errors.ts";
import { assemble } from "./assemble.ts";
import type { EhrDocument, FeaturePath } from "./ehr-document.ts";
import { FHIR_R4 } from "./fhir-model.ts";

/** Functions and variables that do I/O, or print what they see. */
const REFUSED = new Set(["resolve", "memberOf", "weight", "ordinal", "trace", "terminologies"]);

const policyFile = z.strictObject({ private: z.array(z.string().min(1)).min(1) });

/** A policy file: `{ "private": [selector, …] }`. */
export type Policy = z.infer<typeof policyFile>;

/**
 * Reads a policy file (JSON).
 * @throws POLICY_INVALID
 */
export function parsePolicy(json: string): Policy {
  try {
    return policyFile.parse(JSON.parse(json));
  } catch (cause) {
    throw new MedexError("POLICY_INVALID", 'not a policy: write {"private": [FHIRPath, …]}', { cause });
  }
}

const astNode = z.object({
  type: z.string().optional(),
  text: z.string().optional(),
  /** Of a variable in backticks or quotes. */
  delimitedText: z.string().optional(),
});

function refusedName(ast: unknown): string | undefined {
  if (typeof ast !== "object" || ast === null) return undefined;
  const { type, text, delimitedText } = astNode.parse(ast);
  const name = (delimitedText ?? text ?? "").replaceAll(/[`']/g, "");
  if ((type === "FunctionInvocation" || type === "ExternalConstantTerm") && REFUSED.has(name)) return name;
  const children = "children" in ast && Array.isArray(ast.children) ? ast.children : [];
  for (const child of children) {
    const found = refusedName(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function invalid(selector: string, why: string, cause?: unknown): MedexError {
  return new MedexError("POLICY_INVALID", `selector ${JSON.stringify(selector)}: ${why}`, { cause });
}

function evaluate(record: unknown, selector: string): unknown[] {
  let ast: unknown;
  try {
    ast = fhirpath.parse(selector);
  } catch (cause) {
    throw invalid(selector, "not a FHIRPath expression", cause);
  }
  const refused = refusedName(ast);
  if (refused !== undefined) throw invalid(selector, `${refused} is not available in a policy`);
  try {
    return fhirpath.evaluate(record, selector, {}, FHIR_R4, {
      async: false,
      resolveInternalTypes: false,
      preciseMath: true,
      traceFn: () => {},
    });
  } catch {
    // The engine's message may quote the record, so it is not kept even as a cause.
    throw invalid(selector, "it cannot be evaluated on this record; check function names and argument types");
  }
}

function isResourceNode(value: unknown): value is ResourceNode {
  return typeof value === "object" && value !== null && "parentResNode" in value && "fhirNodeDataType" in value;
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The JSON member that an engine node stands for: `value` may be `valueQuantity` in the source. */
function memberName(parent: unknown, node: ResourceNode): string | undefined {
  if (typeof parent !== "object" || parent === null || typeof node.propName !== "string") return undefined;
  const names = [node.propName, `${node.propName}${capitalise(node.fhirNodeDataType ?? "")}`];
  return names.find((name) => Object.hasOwn(parent, name) || Object.hasOwn(parent, `_${name}`));
}

/** Where the node is in the record; undefined if it is not of the record (a computed or constructed value). */
function pathOf(record: unknown, node: unknown): FeaturePath | undefined {
  if (!isResourceNode(node)) return undefined;
  const { parentResNode } = node;
  if (parentResNode === null) return node.data === record ? [] : undefined;
  const parentPath = pathOf(record, parentResNode);
  const name = memberName(parentResNode.data, node);
  if (parentPath === undefined || name === undefined) return undefined;
  return [...parentPath, name, ...(typeof node.index === "number" ? [node.index] : [])];
}

function pathKey(path: FeaturePath): string {
  return JSON.stringify(path);
}

/** FHIR JSON keeps a primitive's id and extensions beside it, under its name with `_` before: they belong to it. */
function siblingPath(path: FeaturePath): FeaturePath {
  const last = path.findLastIndex((step) => typeof step === "string");
  return path.map((step, i) => (i === last ? `_${step}` : step));
}

/**
 * Applies a policy to a document.
 *
 * @param selectors FHIRPath expressions, evaluated with the FHIR R4 model on the whole record, e.g.
 *   `Bundle.entry.resource.ofType(Observation).where(code.coding.code = '8310-5').value`
 * @returns indices of the private features
 * @throws POLICY_INVALID names the selector: not FHIRPath, not evaluable, I/O, or it yields something that is not an element
 *   of the record
 * @throws POLICY_SELECTS_NOTHING names the selector that selects no feature; also if there is no selector
 */
export function selectPrivate(document: EhrDocument, selectors: readonly string[]): Set<number> {
  if (selectors.length === 0) {
    throw new MedexError("POLICY_SELECTS_NOTHING", "the policy has no selector: name at least one private element");
  }
  // The engine gets its own copy: it annotates what it evaluates.
  const record: unknown = JSON.parse(new TextDecoder().decode(assemble(document.head, [document])));
  const selected = new Set<number>();
  for (const selector of selectors) {
    const paths = evaluate(record, selector).flatMap((node) => {
      const path = pathOf(record, node);
      if (path === undefined) throw invalid(selector, "it computes a value; it must name elements of the record");
      return [path, siblingPath(path)];
    });
    const chosen = new Set(paths.map(pathKey));
    const isWithinChosen = (path: FeaturePath): boolean =>
      chosen.has(pathKey([])) || path.some((_, i) => chosen.has(pathKey(path.slice(0, i + 1))));
    const indices = document.features.filter(({ path }) => isWithinChosen(path)).map(({ index }) => index);
    if (indices.length === 0) {
      throw new MedexError(
        "POLICY_SELECTS_NOTHING",
        `selector ${JSON.stringify(selector)} selects nothing in this record: correct it or leave it out`,
      );
    }
    for (const index of indices) selected.add(index);
  }
  return selected;
}
