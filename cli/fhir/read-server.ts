import type { FetchedRecord } from "@medexchain/fhir";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { addServerOptions, connectServer, type ServerOptions } from "./server-options.ts";

/** The options of a record that comes from a FHIR server. */
export interface SourceOptions extends ServerOptions {
  readonly from?: string;
  readonly patient?: string;
  readonly search?: readonly string[];
  readonly export?: boolean;
  readonly exportType?: readonly string[];
}

export function addSourceOptions(command: Command): Command {
  command
    .option("--from <url>", "in place of a file: the base of a FHIR server (R4), https but on this machine")
    .option("--patient <id>", "the patient's logical id there: everything that the server has of them")
    .option("--search <query...>", "only what these searches find, such as Observation?patient=4711, and the patient")
    .option("--export", "by a bulk export of this patient, as NDJSON: for more than 16 MiB")
    .option("--export-type <type...>", "only these types of resources");
  return addServerOptions(command);
}

/** Reads a record from the server that the options name, and what to call it. */
export async function readFromServer(
  { output }: Context,
  url: string,
  options: SourceOptions,
): Promise<FetchedRecord & { readonly name: string }> {
  const { patient, search: searches, exportType: types } = options;
  if (patient === undefined) throw new WrongUse("--from needs --patient: the patient's logical id on that server");
  if (options.export !== true && types !== undefined) throw new WrongUse("--export-type needs --export");
  if (options.export === true && searches !== undefined) throw new WrongUse("--search and --export exclude each other");
  const server = await connectServer(url, options);
  const { exportPatient, readPatient } = await import("@medexchain/fhir");
  output.progress(`reading from ${server.url}`);
  const fetched =
    options.export === true
      ? await exportPatient(server, { patient, types })
      : await readPatient(server, { patient, searches });
  output.note(`${fetched.resources} resources of Patient/${patient} from ${server.url}`);
  return { ...fetched, name: `Patient-${patient}.${options.export === true ? "ndjson" : "json"}` };
}
