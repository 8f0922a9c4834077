import type { Mutation } from "./mutations.ts";

/** One way of looking for a mutation: the run of a seed, or a test file. */
export interface Look {
  /** For the report: "seed 3". */
  readonly by: string;
  /** Whether it was found, and what was said; throws where the run does not come to an end. */
  readonly run: () => Promise<{ readonly found: boolean; readonly summary: string }>;
}

/**
 * Tries mutations one after the other, each by its looks until one finds it. What breaks off is reported, and the rest is tried all the same.
 *
 * @param looksAt breaks the project as told, and says how to look for it
 * @returns names of those that did not end as expected
 */
export async function tryEach(
  mutations: readonly Mutation[],
  looksAt: (mutation: Mutation) => Promise<{ readonly looks: readonly Look[] } & AsyncDisposable>,
  print: (line: string) => void,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const mutation of mutations) {
    const { name, foundBy } = mutation;
    let asExpected = false;
    try {
      await using mutant = await looksAt(mutation);
      const found = await findWith(name, mutant.looks, print);
      asExpected = found !== undefined && found === (foundBy !== undefined);
    } catch (error) {
      print(`${name}: could not be tried: ${textOf(error)}`);
    }
    if (!asExpected) wrong.push(name);
  }
  return wrong;
}

/** Whether a look finds it; undefined where none does, and one at least broke off. */
async function findWith(
  name: string,
  looks: readonly Look[],
  print: (line: string) => void,
): Promise<boolean | undefined> {
  let complete = true;
  for (const { by, run } of looks) {
    try {
      const { found, summary } = await run();
      print(`${name}: ${found ? "found" : "not found"} by ${by} (${summary})`);
      if (found) return true;
    } catch (error) {
      complete = false;
      print(`${name}: ${by} broke off: ${textOf(error)}`);
    }
  }
  return complete ? false : undefined;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
