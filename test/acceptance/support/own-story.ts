/** A page of the guides that is a story of its own: its commands are run as they stand there, from its first section to its last. */
import type { Section } from "../../docs/support/markdown.ts";
import { stepsOf } from "../../docs/support/steps.ts";
import { pageOf } from "../../docs/support/story.ts";
import { type GuideFolder, openGuideFolder } from "./guide-folder.ts";

/** Pages below docs/ that are told by themselves, and not in the order of docs/README.md. */
export const OWN_STORIES = ["getting-started/first-record.md", "getting-started/study.md"] as const;

export interface OwnStory {
  readonly sections: readonly Section[];
  /** Everything that was printed so far. */
  printed(): string;
}

/** Adds a test for each section that has commands to the suite that is being described. */
export function followPage(page: (typeof OWN_STORIES)[number]): OwnStory {
  const sections = pageOf(page).sections.filter((section) => stepsOf(section).length > 0);
  let folder: GuideFolder;
  before(() => {
    folder = openGuideFolder();
  });
  after(() => folder[Symbol.asyncDispose]());
  for (const section of sections) {
    it(section.heading, async () => {
      for (const step of stepsOf(section)) await folder.follow(page, step);
    });
  }
  return { sections, printed: () => [...folder.terminals.values()].map(({ output }) => output).join("") };
}
