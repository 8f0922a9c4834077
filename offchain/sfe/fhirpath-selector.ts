/**
 * FHIRPath selectors on one resource. A selector is data from outside: FHIRPath can reach the network (`resolve`, `memberOf`,
 * terminology services) and print (`trace`), and none of it is available here. Regular expressions (`matches`) are: a policy's
 * author can make its own evaluation slow.
 */

import { MedexError } from "@medexchain/core";
import fhirpath, { type ResourceNode } from "fhirpath";
import { z } from "zod";
import type { FeaturePath } from "./ehr-document.ts";
import { FHIR_R4 } from "./fhir-model.ts";

/** Functions and variables that do I/O, or print what they see. */
const REFUSED = new Set(["resolve", "memberOf", "weight", "ordinal", "trace", "terminologies"]);

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

export function invalid(selector: string, why: string, cause?: unknown): MedexError {
  return new MedexError("POLICY_INVALID", `selector ${JSON.stringify(selector)}: ${why}`, { cause });
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

/** Paths of the elements that a selector names in a resource. */
export type ElementSelector = (resource: unknown) => FeaturePath[];

/**
 * Compiles a FHIRPath expression.
 * @returns a function of a resource; it throws POLICY_INVALID where the expression cannot be evaluated, or yields something
 *   that is not an element of the resource
 * @throws POLICY_INVALID not FHIRPath, or I/O
 */
export function compileFhirPath(selector: string): ElementSelector {
  let ast: unknown;
  try {
    ast = fhirpath.parse(selector);
  } catch (cause) {
    throw invalid(selector, "not a FHIRPath expression", cause);
  }
  const refused = refusedName(ast);
  if (refused !== undefined) throw invalid(selector, `${refused} is not available in a policy`);
  const evaluate = fhirpath.compile(selector, FHIR_R4, {
    async: false,
    resolveInternalTypes: false,
    preciseMath: true,
    traceFn: () => {},
  });
  return (resource) => {
    let nodes: unknown[];
    try {
      nodes = evaluate(resource, {});
    } catch {
      // The engine's message may quote the record, so it is not kept even as a cause.
      throw invalid(selector, "it cannot be evaluated on this record; check function names and argument types");
    }
    return nodes.map((node) => {
      const path = pathOf(resource, node);
      if (path === undefined) throw invalid(selector, "it computes a value; it must name elements of the record");
      return path;
    });
  };
}
