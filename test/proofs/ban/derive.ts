/** Everything that follows from a protocol's messages and assumptions, and how. */
import { type IdealProtocol, knownAtFirst } from "./protocol.ts";
import type { RuleName, RuleSet } from "./rules.ts";
import { type Statement, write } from "./statement.ts";

/** How a statement came to be known: by name at first, or from others by a rule. */
export type Origin = { readonly given: string } | { readonly rule: RuleName; readonly from: readonly string[] };

/** What is known, by how it is written. */
export type Knowledge = ReadonlyMap<string, { readonly statement: Statement; readonly origin: Origin }>;

/** Applies the rules until nothing new follows. It ends, since what follows is made of parts of what was there and a bounded number of beliefs. */
export function deriveAll(protocol: IdealProtocol, rules: RuleSet): Knowledge {
  const known = new Map<string, { statement: Statement; origin: Origin }>();
  for (const [given, statement] of Object.entries(knownAtFirst(protocol))) {
    known.set(write(statement), { statement, origin: { given } });
  }
  for (let tried = 0; tried < known.size; ) {
    const statements = [...known.values()].map(({ statement }) => statement);
    const premisesNow = [...premisesOf(statements, tried)];
    tried = statements.length;
    for (const premises of premisesNow) {
      for (const [name, { rule, premises: count }] of Object.entries(rules) as [
        RuleName,
        NonNullable<RuleSet[RuleName]>,
      ][]) {
        if (count !== premises.length) continue;
        for (const statement of rule(premises)) {
          const written = write(statement);
          if (!known.has(written)) known.set(written, { statement, origin: { rule: name, from: premises.map(write) } });
        }
      }
    }
  }
  return known;
}

/** Each statement, and each pair in order, of which one at least is not among the first `tried`. */
function* premisesOf(statements: readonly Statement[], tried: number): Generator<readonly Statement[]> {
  for (const [i, one] of statements.entries()) {
    if (i >= tried) yield [one];
    for (const other of i >= tried ? statements : statements.slice(tried)) yield [one, other];
  }
}

/** The steps to a statement, each after those that it rests on; undefined where it does not follow. */
export function stepsTo(goal: Statement, known: Knowledge): string[] | undefined {
  if (!known.has(write(goal))) return undefined;
  const numbers = new Map<string, number>();
  const lines: string[] = [];
  const visit = (written: string): number => {
    const before = numbers.get(written);
    if (before !== undefined) return before;
    const found = known.get(written);
    if (found === undefined) throw new Error(`${written} was used and is not known`);
    const { origin } = found;
    const from = "given" in origin ? [] : origin.from.map(visit);
    const number = lines.length + 1;
    numbers.set(written, number);
    lines.push(`${number}. ${written}   [${"given" in origin ? origin.given : `${origin.rule}: ${from.join(", ")}`}]`);
    return number;
  };
  visit(write(goal));
  return lines;
}

/** The names that a statement rests on, in the derivation that was found. */
export function restsOn(goal: Statement, known: Knowledge): Set<string> {
  const found = known.get(write(goal));
  if (found === undefined) return new Set();
  const { origin } = found;
  if ("given" in origin) return new Set([origin.given]);
  return new Set(origin.from.flatMap((written) => [...restsOn(known.get(written)?.statement ?? goal, known)]));
}
