import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { packageRoot } from "@medexchain/devnet/package-root";
import { Command } from "commander";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { WrongUse } from "../output/wrong-use.ts";

const example = (file: string): string => join(packageRoot(), "examples", file);

interface DemoOptions {
  file?: string;
  private?: string[];
  proven?: boolean;
  study?: boolean;
}

/** `medex demo`: one record from Hospital A to a doctor at Hospital B, on a development network of its own. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("Take one FHIR record from Hospital A to a doctor at Hospital B, and show each step.")
    .option("--file <path>", "the FHIR R4 JSON file to share (default: the example record)")
    .option("--private <selector...>", "FHIRPath of the private features; required with --file")
    .option("--proven", "have validators seal the chains' blocks, and each chain check the other by their seals")
    .option("--study", "show a study of two hospitals' patients instead, whose values nobody sees")
    .addHelpText(
      "after",
      `
Examples:
  $ npm run demo
  $ npm run demo -- --proven
  $ npm run demo -- --study
  $ npm run demo -- --file patient.json --private Patient.name Patient.birthDate
  $ npm run demo -- --file bundle.json --private "Bundle.entry.resource.ofType(Observation).value"`,
    )
    .action(async (options: DemoOptions) => {
      if (options.study === true) return study(options);
      const input = await readInput(options);
      // Loaded when needed: --help and wrong options answer at once.
      const { parseFhir, selectPrivate } = await import("@medexchain/sfe");
      // Bad input is reported before anything is started.
      const document = parseFhir(input.document);
      selectPrivate(document, input.privateSelectors);
      const signal = abortOnSignal({ withParent: true });
      const [{ createPrinter }, { runStory }] = await Promise.all([import("./printer.ts"), import("./story.ts")]);
      await runStory({ ...input, proven: options.proven ?? false }, createPrinter(), signal);
      process.exitCode = exitCodeOf(signal);
    });
}

async function study({ file, private: selectors, proven }: DemoOptions): Promise<void> {
  if (file !== undefined || selectors !== undefined || proven === true) {
    throw new WrongUse("--study has patients of its own: leave the other options out");
  }
  const signal = abortOnSignal({ withParent: true });
  const [{ createPrinter }, { runStudyStory }] = await Promise.all([
    import("./printer.ts"),
    import("./study-story.ts"),
  ]);
  await runStudyStory(createPrinter(), signal);
  process.exitCode = exitCodeOf(signal);
}

async function readInput({ file, private: selectors }: DemoOptions) {
  if (file === undefined) {
    const { parsePolicy } = await import("@medexchain/sfe");
    const policy = parsePolicy(await readFile(example("policy.json"), "utf8"));
    return {
      document: new Uint8Array(await readFile(example("patient-record.json"))),
      privateSelectors: selectors ?? policy.private,
    };
  }
  if (selectors === undefined) {
    throw new WrongUse(
      "nothing is marked as private: give --private with at least one FHIRPath, e.g. --private Patient.name",
      "POLICY_INVALID",
    );
  }
  try {
    return { document: new Uint8Array(await readFile(file)), privateSelectors: selectors };
  } catch (cause) {
    throw new MedexError("INPUT_INVALID", `cannot read ${file}; check the path and its permissions`, { cause });
  }
}
