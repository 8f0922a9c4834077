import { expect } from "chai";
import { stepsOf } from "../docs/support/steps.ts";
import { followPage } from "./support/own-story.ts";

/** The sections that lead to the record; the last one looks back. */
const LAST = "The record";
const MOST = 12;

/** The page is what is tested: its commands are run as they stand there. */
describe("a first record between two hospitals", function () {
  this.timeout(300_000);
  const { sections } = followPage("getting-started/first-record.md");

  it(`takes at most ${MOST} commands`, () => {
    const to = sections.findIndex(({ heading }) => heading === LAST);
    expect(to).to.be.greaterThan(0);
    const scripts = sections.slice(0, to + 1).flatMap((section) => stepsOf(section).map(({ script }) => script));
    const commands = scripts.join("\n").match(/\bmedex [a-z]+ [a-z]+/g) ?? [];
    expect(commands.length, commands.join("; ")).to.be.within(8, MOST);
  });
});
