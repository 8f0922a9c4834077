/** Prints the derivations: the paper's with its faults, and each goal's of the protocol as it is built. Ends with 1 where one does not hold. */
import { faultsOf } from "./check-derivation.ts";
import { deriveAll, stepsTo } from "./derive.ts";
import { OURS } from "./ours.ts";
import { PAPER_BY_RECEIVER, PAPER_BY_SENDER, paperDerivation } from "./paper.ts";
import type { IdealProtocol } from "./protocol.ts";
import { BAN_RULES, PAPER_RULES, type RuleSet } from "./rules.ts";

const RUNS: readonly (readonly [protocol: IdealProtocol, rules: RuleSet, named: string, goalsHold: boolean])[] = [
  [PAPER_BY_SENDER, PAPER_RULES, "with encryption taken for its sender's word", false],
  [PAPER_BY_RECEIVER, PAPER_RULES, "with encryption taken for its sender's word", true],
  [PAPER_BY_RECEIVER, BAN_RULES, "by BAN's rules", false],
  [OURS, BAN_RULES, "by BAN's rules", true],
];

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

say("The paper's derivation, as it is written:");
for (const fault of faultsOf(paperDerivation(), PAPER_BY_RECEIVER, PAPER_RULES)) say(`  ${fault}`);
for (const [protocol, rules, named, goalsHold] of RUNS) {
  say(`\n${protocol.name}, ${named}`);
  const known = deriveAll(protocol, rules);
  for (const [name, goal] of Object.entries(protocol.goals)) {
    const steps = stepsTo(goal, known);
    say(`  ${name}: ${steps === undefined ? "does not follow" : "follows"}`);
    for (const step of steps ?? []) say(`    ${step}`);
    if ((steps !== undefined) === goalsHold) continue;
    process.stderr.write(`${protocol.name}: ${name} was expected ${goalsHold ? "to follow" : "not to"}\n`);
    process.exitCode = 1;
  }
}
