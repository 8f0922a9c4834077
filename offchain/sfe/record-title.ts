import { z } from "zod";
import type { RecordFormat } from "./ehr-document.ts";

/** Longer documents are not gone through for their title, in bytes: it would cost more than it is worth. */
const MAX_BYTES = 2 * 1024 * 1024;

const titled = z.looseObject({ resourceType: z.string(), title: z.string().optional().catch(undefined) });
const bundle = z.looseObject({
  resourceType: z.literal("Bundle"),
  entry: z.array(z.looseObject({ resource: titled.optional().catch(undefined) })),
});

/** The title that a FHIR record gives itself: a resource's, or that of a Bundle's Composition. It may be anything. */
export function titleOf(document: Uint8Array, format: RecordFormat): string | undefined {
  if (format !== "fhir-r4+json" || document.length > MAX_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(document));
  } catch {
    return undefined; // whoever reads the record says what is wrong with it
  }
  const found = bundle.safeParse(value);
  const resource = found.success
    ? found.data.entry.find(({ resource }) => resource?.resourceType === "Composition")?.resource
    : titled.safeParse(value).data;
  const title = resource?.title?.trim();
  return title === "" ? undefined : title;
}
