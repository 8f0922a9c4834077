import { Command } from "commander";
import { contextOf, parseId, parsePort } from "../context.ts";

/** `medex fhir`. */
export function fhirCommand(): Command {
  return new Command("fhir").description("Serve what a doctor was granted as FHIR.").addCommand(
    new Command("serve")
      .description("Serve granted records on this machine, read only, to a viewer or an EHR that speaks FHIR R4.")
      .option("--port <port>", "the port on 127.0.0.1; 0 lets the system choose", parsePort, 8092)
      .option("--request <id...>", "only the records of these requests (default: all that were granted)", collectIds)
      .addHelpText(
        "after",
        `
Callers send the token of the file that is named, as Authorization: Bearer. The records are in memory only, and are those
of the start: what is granted later, or revoked, is seen by the next one. A record that is not FHIR is left out.`,
      )
      .action(async (options, command: Command) => (await import("./serve.ts")).serve(contextOf(command), options)),
  );
}

const collectIds = (value: string, before: readonly `0x${string}`[] | undefined): readonly `0x${string}`[] => [
  ...(before ?? []),
  parseId(value),
];
