import type { GrantedIndex } from "./granted-index.ts";
import type { JsonObject, Resource } from "./resource.ts";
import { parametersOf } from "./search.ts";

const KINDS = { _id: "token", patient: "reference", code: "token", date: "date" } as const;

/** What the façade can do (R4, 2.21), with the types that were granted. */
export function capabilityStatement(index: GrantedIndex, url: string, version: string, date: Date): Resource {
  return {
    resourceType: "CapabilityStatement",
    status: "active",
    date: date.toISOString(),
    kind: "instance",
    software: { name: "MedExChain", version },
    implementation: { description: "What one doctor was granted, read only", url },
    fhirVersion: "4.0.1",
    format: ["application/fhir+json"],
    rest: [
      {
        mode: "server",
        security: { description: "A bearer token, in the file that medex fhir serve names" },
        resource: [...index.types.keys()].sort().map(
          (type): JsonObject => ({
            type,
            interaction: [{ code: "read" }, { code: "search-type" }],
            searchParam: parametersOf(type).map((name) => ({ name, type: KINDS[name] })),
            ...(type === "Patient" && {
              operation: [
                { name: "everything", definition: "http://hl7.org/fhir/OperationDefinition/Patient-everything" },
              ],
            }),
          }),
        ),
      },
    ],
  };
}
