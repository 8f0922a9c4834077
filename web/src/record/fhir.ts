/** What of FHIR R4 resources is shown. Records come from others: whatever is not as it should be is left out, and stays in the text. */

export interface Observation {
  readonly when: string;
  readonly what: string;
  readonly text: string;
  readonly value?: number;
  readonly unit?: string;
  /** Of the range of reference. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface Facts {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const objects = (value: unknown): readonly Json[] => list(value).filter(isObject);
const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** The resources of a document: one, a Bundle's, or a line's each. */
export function resourcesOf(document: string): readonly Json[] {
  try {
    return contained(JSON.parse(document));
  } catch {
    return document.split("\n").flatMap((line) => {
      try {
        return contained(JSON.parse(line));
      } catch {
        return [];
      }
    });
  }
}

function contained(value: unknown): readonly Json[] {
  if (!isObject(value)) return [];
  if (value.resourceType !== "Bundle") return [value];
  return objects(value.entry).flatMap(({ resource }) => (isObject(resource) ? [resource] : []));
}

/** A CodeableConcept's words: its text, or the display or code of its first coding. */
function conceptOf(value: unknown): string {
  if (!isObject(value)) return "";
  const [coding] = objects(value.coding);
  return text(value.text) || text(coding?.display) || text(coding?.code);
}

const quantityOf = (value: Json): string => `${text(value.value)} ${text(value.unit) || text(value.code)}`.trim();

export function observationsOf(resources: readonly object[]): Observation[] {
  return resources.filter(isObject).flatMap((resource) => {
    if (resource.resourceType !== "Observation") return [];
    const when = text(resource.effectiveDateTime) || text(resource.issued);
    const components = objects(resource.component);
    const measured = components.length > 0 ? components : [resource];
    return measured.map((each): Observation => {
      const what = conceptOf(each.code);
      const quantity = isObject(each.valueQuantity) ? each.valueQuantity : undefined;
      if (quantity === undefined) {
        return { when, what, text: conceptOf(each.valueCodeableConcept) || text(each.valueString) };
      }
      const [range] = objects(each.referenceRange);
      const value = number(quantity.value);
      return {
        when,
        what,
        text: quantityOf(quantity),
        unit: text(quantity.unit) || text(quantity.code),
        ...(value !== undefined && { value }),
        low: isObject(range?.low) ? number(range.low.value) : undefined,
        high: isObject(range?.high) ? number(range.high.value) : undefined,
      };
    });
  });
}

const nameOf = (value: unknown): string =>
  objects(value)
    .slice(0, 1)
    .map(({ text: whole, given, family }) => text(whole) || [...list(given).map(text), text(family)].join(" "))
    .join("");

/** What is said of a patient, a condition, a medication or a document; undefined for other resources. */
export function factsOf(resource: object): Facts | undefined {
  if (!isObject(resource)) return undefined;
  const known = (facts: readonly (readonly [string, string])[]) => facts.filter(([, value]) => value !== "");
  switch (resource.resourceType) {
    case "Patient":
      return {
        title: `Patient ${nameOf(resource.name)}`,
        facts: known([
          ["birthDate", text(resource.birthDate)],
          ["gender", text(resource.gender)],
          [
            "identifier",
            objects(resource.identifier)
              .map(({ value }) => text(value))
              .join(", "),
          ],
        ]),
      };
    case "Condition":
      return {
        title: `Condition ${conceptOf(resource.code)}`,
        facts: known([
          ["onset", text(resource.onsetDateTime)],
          ["clinicalStatus", conceptOf(resource.clinicalStatus)],
        ]),
      };
    case "MedicationRequest":
    case "MedicationStatement":
      return {
        title: `Medication ${conceptOf(resource.medicationCodeableConcept)}`,
        facts: known([
          ["status", text(resource.status)],
          [
            "dosage",
            objects(resource.dosageInstruction)
              .concat(objects(resource.dosage))
              .map((each) => text(each.text))
              .join("; "),
          ],
        ]),
      };
    case "DocumentReference":
      return {
        title: `Document ${conceptOf(resource.type)}`,
        facts: known([
          ["date", text(resource.date)],
          ["description", text(resource.description)],
        ]),
      };
    default:
      return undefined;
  }
}
