import type { Hex32 } from "@medexchain/chain";
import { Command, InvalidArgumentError } from "commander";
import { contextOf, parseCount, parseId } from "../context.ts";

const CHAIN = ["--chain <name>", "the chain with the registry of studies, if there are several"] as const;

/** ε on the command line: at most three decimal places, in thousandths here. */
function parseEpsilon(value: string): number {
  if (!/^\d{1,2}(\.\d{1,3})?$/.test(value))
    throw new InvalidArgumentError("must be a number with at most three decimal places.");
  return Math.round(Number(value) * 1000);
}

/** Of an option that takes several. */
const parseIds = (id: string, all: Hex32[] = []): Hex32[] => [...all, parseId(id)];

const study = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument("<study>", "its id", parseId)
    .option(...CHAIN);

/** `medex study`. */
export function studyCommand(): Command {
  return new Command("study")
    .description("Statistics over patients of several hospitals, whose values nobody sees.")
    .addCommand(
      new Command("propose")
        .description("Propose a study. For researchers; any vault will do.")
        .argument("<question>", "a JSON file: title, columns, statistic (docs/concepts/studies.md)")
        .requiredOption("--holder <hospital...>", "the hospitals that hold the key, all of which must agree")
        .option("--compute-node <address>", "the account that makes the sum (default: your own)")
        .option("--minimum <patients>", "release nothing of fewer", parseCount, 20)
        .option("--maximum <patients>", "take no more", parseCount, 1000)
        .requiredOption("--join-for <seconds>", "how long patients can join", parseCount)
        .requiredOption("--publish-for <seconds>", "how long they can then publish what they committed to", parseCount)
        .requiredOption(
          "--epsilon <number>",
          "what everyone who takes part pays of the year's privacy budget",
          parseEpsilon,
        )
        .option(...CHAIN)
        .action(async (question: string, options, command: Command) =>
          (await import("./propose.ts")).propose(contextOf(command), question, options),
        ),
    )
    .addCommand(
      new Command("list")
        .description("List studies that a hospital has approved.")
        .option("--proposals", "also those that none has approved; anyone can make them")
        .option(...CHAIN)
        .action(async (options, command: Command) => (await import("./show.ts")).list(contextOf(command), options)),
    )
    .addCommand(
      study(
        "show",
        "Show a study, and what it found; the result is computed again from what the hospitals published.",
      ).action(async (studyId, options, command: Command) =>
        (await import("./show.ts")).show(contextOf(command), studyId, options),
      ),
    )
    .addCommand(
      new Command("verify")
        .description("Replay all studies from the chain's events, and compute again what was released. For auditors.")
        .option(...CHAIN)
        .action(async (options, command: Command) => (await import("./verify.ts")).verify(contextOf(command), options)),
    )
    .addCommand(
      study(
        "approve",
        "Approve a study, and commit to your share of its key; once all have, publish the share. For hospitals.",
      ).action(async (studyId, options, command: Command) =>
        (await import("./hospital.ts")).approve(contextOf(command), studyId, options),
      ),
    )
    .addCommand(
      new Command("limit")
        .description("Set how much of a year each of the hospital's patients may give to studies. For hospitals.")
        .argument("<studies>", "how many", parseCount)
        .argument("<epsilon>", "how much of ε in all", parseEpsilon)
        .option(...CHAIN)
        .action(async (studies: number, epsilonMilli: number, options, command: Command) =>
          (await import("./hospital.ts")).limit(contextOf(command), studies, epsilonMilli, options),
        ),
    )
    .addCommand(
      study("join", "See what a study asks, and take part. For patients.")
        .option("--values <file>", "a JSON file with your value of each column, in its unit")
        .option("--fhir <file>", "a FHIR file (R4, JSON or NDJSON) to read the values from")
        .option("--record <record...>", "read the values from these of your records (default: from all)")
        .option("--yes", "take part without being asked; needed where nobody is at a terminal")
        .action(async (studyId, options, command: Command) =>
          (await import("./patient.ts")).join(contextOf(command), studyId, options),
        ),
    )
    .addCommand(
      study("publish", "Publish what you committed to, once joining has ended. For patients.").action(
        async (studyId, options, command: Command) =>
          (await import("./patient.ts")).publish(contextOf(command), studyId, options),
      ),
    )
    .addCommand(
      study("withdraw", "Leave a study, until the first hospital has decrypted its part. For patients.").action(
        async (studyId, options, command: Command) =>
          (await import("./patient.ts")).withdraw(contextOf(command), studyId, options),
      ),
    )
    .addCommand(
      study("compute", "Make the sum, from the study's end on. For its compute node.")
        .option("--leave-out <patient...>", "member ids of patients whose masks a hospital cannot take off", parseIds)
        .action(async (studyId, options, command: Command) =>
          (await import("./compute.ts")).compute(contextOf(command), studyId, options),
        ),
    )
    .addCommand(
      study(
        "release",
        "For hospitals: verify the sum, and decrypt your part. For the compute node: put the parts together.",
      )
        .option("--may-lack <patient...>", "member ids of patients whose inputs may be missing from the sum", parseIds)
        .option(
          "--check",
          "for hospitals: verify alone, and decrypt nothing, as long as the sum can still be made again",
        )
        .action(async (studyId, options, command: Command) =>
          (await import("./compute.ts")).release(contextOf(command), studyId, options),
        ),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ medex study propose weight.json --holder "Hospital A" "Hospital B" --join-for 604800 --publish-for 86400 --epsilon 0.5
  $ medex study approve 0x…                          (each hospital, twice: to commit, and to share)
  $ medex study join 0x…                             (a patient; then publish, once joining has ended)
  $ medex study compute 0x…                          (the compute node)
  $ medex study release 0x… --check                  (each hospital, before the first decrypts)
  $ medex study release 0x…                          (each hospital, and then the compute node)`,
    );
}
