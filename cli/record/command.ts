import { Command, InvalidArgumentError } from "commander";
import { contextOf, parseCount, parseReferenceTo, REFERENCE } from "../context.ts";
import { addSourceOptions } from "../fhir/read-server.ts";
import { parseWatch, WATCH_DESCRIPTION, WATCH_OPTION, type WatchOptions } from "../output/watch.ts";
import { addSelectionOptions } from "./selection.ts";

const FILE =
  "the record: FHIR in JSON or NDJSON, a table (CSV), or any other file; at most 64 MiB, one JSON document at most 16 MiB";

/** `medex record`. */
export function recordCommand(): Command {
  return new Command("record")
    .description("Preview, publish, list, name, limit, rekey and revoke a patient's records.")
    .addCommand(previewCommand())
    .addCommand(publishCommand())
    .addCommand(
      new Command("list")
        .description("List the patient's records.")
        .option(WATCH_OPTION, WATCH_DESCRIPTION, parseWatch)
        .action(async (options: WatchOptions, command: Command) =>
          (await import("./records.ts")).list(contextOf(command), options),
        ),
    )
    .addCommand(
      new Command("show")
        .description("Show what the chain has of a record. Needs no vault, unless the record is given by its name.")
        .argument("<record>", REFERENCE, parseReferenceTo("record"))
        .action(async (record: string, _options, command: Command) =>
          (await import("./records.ts")).show(contextOf(command), record),
        ),
    )
    .addCommand(
      new Command("name")
        .description("Give a record a name. Names are kept in your home folder, encrypted; nobody else sees them.")
        .argument("<record>", REFERENCE, parseReferenceTo("record"))
        .argument("<name>", "what you call it")
        .action(async (record: string, name: string, _options, command: Command) =>
          (await import("./names.ts")).nameRecord(contextOf(command), record, name),
        ),
    )
    .addCommand(
      new Command("revoke")
        .description("Revoke a record: no access is granted any more. This cannot be undone.")
        .argument("<record>", REFERENCE, parseReferenceTo("record"))
        .action(async (record: string, _options, command: Command) =>
          (await import("./records.ts")).revoke(contextOf(command), record),
        ),
    )
    .addCommand(
      new Command("rekey")
        .description("Give a record new keys: a new version of it is published, and the earlier one revoked.")
        .argument("<record>", REFERENCE, parseReferenceTo("record"))
        .addHelpText(
          "after",
          `
Do this when keys may be known to someone who should not have them. Copies of the earlier version stay readable to
whom it was granted. How often a doctor was granted the earlier one does not count for the new one.`,
        )
        .action(async (record: string, _options, command: Command) =>
          (await import("./records.ts")).rekey(contextOf(command), record),
        ),
    )
    .addCommand(
      new Command("limit")
        .description("Set how many accesses to a record one requester can be granted.")
        .argument("<record>", REFERENCE, parseReferenceTo("record"))
        .argument("<count>", "the record's limit", parseCount)
        .action(async (record: string, count: number, _options, command: Command) =>
          (await import("./records.ts")).limit(contextOf(command), record, count),
        ),
    );
}

function previewCommand(): Command {
  const command = new Command("preview")
    .description("Show what of a record would be public and what private. Needs no vault and no network.")
    .argument("<file>", FILE);
  return addSelectionOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  $ medex record preview patient.json --policy identifiers
  $ medex record preview patient.json --policy research --private Patient.gender
  $ medex record preview visits.csv --private name --numeric chol=mg/dL --json`,
    )
    .action(async (file: string, options, command: Command) =>
      (await import("./preview.ts")).preview(contextOf(command), file, options),
    );
}

function publishCommand(): Command {
  const command = new Command("publish")
    .description("Encrypt a record, store it, and anchor it on the hospital's chain.")
    .argument("[file]", FILE);
  return addSourceOptions(addSelectionOptions(command))
    .option("--limit <count>", "how many accesses one requester can be granted", parseCount, 1)
    .option(
      "--profile <name>",
      "BFV parameters of numbers: compact, standard (the default with --numeric) or compute",
      parseProfile,
    )
    .option("--name <name>", "what you call the record (default: its title, or the file's name); nobody else sees it")
    .option("--yes", "go on without asking; at a terminal you are asked, once you have seen what would be public")
    .addHelpText(
      "after",
      `
Examples:
  $ medex record publish patient.json --policy identifiers --limit 3
  $ medex record publish patient.json --policy policy.json --yes
  $ medex record publish patient.json --private Patient.name Patient.birthDate --allow-public Patient.text
  $ medex record publish visits.csv --private name chol --numeric chol=mg/dL
  $ medex record publish bundle.json --policy identifiers --numeric "Bundle.entry.resource.ofType(Observation).value.value=mg/dL"
  $ medex record publish image.png --format binary --private 0-
  $ medex record publish scan.dcm --policy dicom
  $ medex record publish --from http://127.0.0.1:8080/fhir --patient 4711 --policy identifiers
  $ medex record publish --from https://ehr.example.org/fhir --patient 4711 --policy research --client-id medex --client-key-file client.jwk`,
    )
    .action(async (file: string | undefined, options, command: Command) =>
      (await import("./publish.ts")).publish(contextOf(command), file, options),
    );
}

function parseProfile(value: string): "compact" | "standard" | "compute" {
  if (value === "compact" || value === "standard" || value === "compute") return value;
  throw new InvalidArgumentError("must be compact, standard or compute.");
}
