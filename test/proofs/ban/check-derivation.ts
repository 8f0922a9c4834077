/** Checks a derivation that somebody wrote, step by step. */
import { type IdealProtocol, knownAtFirst } from "./protocol.ts";
import type { RuleName, RuleSet } from "./rules.ts";
import { type Statement, write } from "./statement.ts";

/** One step of a written derivation. */
export interface Step {
  readonly concludes: Statement;
  /** Premises: names of messages, assumptions, or earlier steps by their number from 1. */
  readonly from: readonly (string | number)[];
  readonly rule: RuleName;
}

/** What is wrong, a line for each step that does not follow. A step that fails is believed further on, so that each is judged by itself. */
export function faultsOf(steps: readonly Step[], protocol: IdealProtocol, rules: RuleSet): string[] {
  const given = knownAtFirst(protocol);
  const faults: string[] = [];
  for (const [index, { concludes, from, rule }] of steps.entries()) {
    const number = index + 1;
    const premises = from.map((each) =>
      typeof each === "string" ? given[each] : each < number ? steps[each - 1]?.concludes : undefined,
    );
    const missing = from.filter((_, i) => premises[i] === undefined);
    const known = premises.filter((premise) => premise !== undefined);
    if (missing.length > 0) {
      faults.push(`step ${number} uses ${missing.join(", ")}, which is not given`);
      continue;
    }
    const apply = rules[rule];
    if (apply === undefined) {
      faults.push(`step ${number} uses "${rule}", which is no rule`);
      continue;
    }
    if (apply.rule(known).some((statement) => write(statement) === write(concludes))) continue;
    const instead = Object.keys(given).filter((name) =>
      canStandIn(name, { concludes, from, rule }, steps, given, rules),
    );
    const hint = instead.length > 0 ? `; it does from ${instead.join(" or ")}` : "";
    faults.push(`step ${number}: ${write(concludes)} does not follow from ${from.join(", ")} by ${rule}${hint}`);
  }
  return faults;
}

/** Whether the step would follow with one of its named premises replaced. */
function canStandIn(
  name: string,
  { concludes, from, rule }: Step,
  steps: readonly Step[],
  given: Readonly<Record<string, Statement>>,
  rules: RuleSet,
): boolean {
  return from.some((replaced, position) => {
    if (typeof replaced !== "string") return false;
    const premises = from
      .map((each, i) => (i === position ? name : each))
      .map((each) => (typeof each === "string" ? given[each] : steps[each - 1]?.concludes))
      .filter((premise) => premise !== undefined);
    return rules[rule]?.rule(premises).some((statement) => write(statement) === write(concludes)) ?? false;
  });
}
