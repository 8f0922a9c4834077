/** Bulk Data Access (HL7, 2.0.0): `Patient/$export` of one patient, kicked off, waited for, fetched as NDJSON, and removed from the server. */
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { type FhirAnswer, type FhirServer, parseAnswer } from "./fhir-server.ts";
import type { FetchedRecord } from "./read-pages.ts";
import { ID, isResource, parseJson, relativeUrl } from "./resource.ts";

const NDJSON = "application/fhir+ndjson";
/** Between two looks where the server asks for none, and the most that it may ask for, in milliseconds. */
const POLL_MS = 1_000;
const MAX_POLL_MS = 60_000;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const manifestSchema = z.looseObject({
  output: z.array(z.looseObject({ type: z.string(), url: z.string() })),
  error: z.array(z.looseObject({ url: z.string() })).default([]),
});

export interface ExportQuery {
  readonly patient: string;
  /** Types of resources; all unless given. */
  readonly types?: readonly string[] | undefined;
  readonly onProgress?: ((resources: number) => void) | undefined;
}

/**
 * Fetches a patient's resources by a bulk export, as NDJSON.
 *
 * @throws INPUT_INVALID the id is none; SERVICE_PROTOCOL when the export is too large, late, incomplete, of another server, or has another patient;
 * all that a call throws
 */
export async function exportPatient(server: FhirServer, query: ExportQuery): Promise<FetchedRecord> {
  const { patient, types, onProgress } = query;
  const { url, limits } = server;
  const wrong = (what: string) => new MedexError("SERVICE_PROTOCOL", `${url} ${what}`);
  if (!ID.test(patient)) throw new MedexError("INPUT_INVALID", `${JSON.stringify(patient)} is no id of FHIR; check it`);
  const parameter = [
    { name: "patient", valueReference: { reference: `Patient/${patient}` } },
    { name: "_outputFormat", valueString: NDJSON },
    ...(types === undefined ? [] : [{ name: "_type", valueString: types.join(",") }]),
  ];
  const started = await server.call("Patient/$export", {
    method: "POST",
    headers: { prefer: "respond-async", "content-type": "application/fhir+json" },
    body: JSON.stringify({ resourceType: "Parameters", parameter }),
  });
  const status = started.headers.get("content-location");
  if (started.status !== 202 || status === null) throw wrong("began no export; it may know none of one patient");
  const deadline = performance.now() + limits.totalMs;
  try {
    const manifest = parseManifest(url, await waitFor(server, status, deadline));
    if (manifest.error.length > 0) throw wrong("could not export all resources");
    if (manifest.output.length > limits.files) throw wrong(`exports more than ${limits.files} files`);
    const lines: string[] = [];
    let bytes = 0;
    for (const { url: file, type } of manifest.output) {
      if (performance.now() > deadline) throw wrong(`took more than ${limits.totalMs / 1000} s for the export`);
      const { text } = await server.call(file, { headers: { accept: NDJSON } });
      bytes += new TextEncoder().encode(text).length + 1;
      if (bytes > limits.recordBytes) throw wrong(`exports more than the ${limits.recordBytes} bytes of a record`);
      for (const line of checkedLines(url, text, type)) {
        if (lines.length === limits.resources) throw wrong(`exports more than ${limits.resources} resources`);
        lines.push(line);
      }
      onProgress?.(lines.length);
    }
    requireOnly(url, patient, lines);
    return { document: new TextEncoder().encode(`${lines.join("\n")}\n`), resources: lines.length };
  } finally {
    // What was exported lies on the server until it is told; when that fails, its own time ends it.
    await server.call(status, { method: "DELETE" }).catch(() => undefined);
  }
}

async function waitFor(server: FhirServer, status: string, deadline: number): Promise<FhirAnswer> {
  for (;;) {
    const answer = await server.call(status, { headers: { accept: "application/json" } });
    if (answer.status === 200) return answer;
    if (answer.status !== 202) {
      throw new MedexError("SERVICE_PROTOCOL", `${server.url} says nothing of its export (status ${answer.status})`);
    }
    const asked = Number(answer.headers.get("retry-after")) * 1_000;
    await sleep(Math.min(asked > 0 ? asked : POLL_MS, MAX_POLL_MS));
    if (performance.now() > deadline) {
      throw new MedexError("SERVICE_UNREACHABLE", `${server.url} has not ended its export in time; try again later`);
    }
  }
}

function parseManifest(url: string, { text }: FhirAnswer): z.infer<typeof manifestSchema> {
  const parsed = manifestSchema.safeParse(parseAnswer(url, text));
  if (parsed.success) return parsed.data;
  throw new MedexError("SERVICE_PROTOCOL", `${url} answered with something that is no manifest of an export`, {
    cause: parsed.error,
  });
}

/** The lines of a file, each a resource of its type. */
function checkedLines(url: string, text: string, type: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  for (const line of lines) {
    const resource = parseJson(line, `a line that ${url} exports`);
    if (!isResource(resource) || resource.resourceType !== type || relativeUrl(resource) === undefined) {
      throw new MedexError("SERVICE_PROTOCOL", `${url} exports a line that is no ${type} with an id`);
    }
  }
  return lines;
}

/** That the patient is there, and no other. */
function requireOnly(url: string, patient: string, lines: readonly string[]): void {
  const patients = lines
    .map((line) => parseJson(line, "a line"))
    .filter((resource) => isResource(resource) && resource.resourceType === "Patient")
    .map((resource) => (isResource(resource) ? resource.id : undefined));
  if (patients.length === 1 && patients[0] === patient) return;
  throw new MedexError(
    "SERVICE_PROTOCOL",
    patients.length === 0
      ? `${url} exports no Patient/${patient}`
      : `${url} exports other patients beside Patient/${patient}: it takes no heed of the parameter, and cannot export one`,
  );
}
