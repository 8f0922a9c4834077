import { expect } from "chai";
import { followPage } from "./support/own-story.ts";

/** The page is what is tested: its commands are run as they stand there. */
describe("a study of two hospitals", function () {
  this.timeout(300_000);
  const { printed } = followPage("getting-started/study.md");

  it("printed no patient's value, who were not at a terminal to be asked", () => {
    expect(printed()).to.include("joined");
    // Alice's and Bert's heart rate, and Cora's.
    expect(printed()).to.not.match(/heart-rate: \d/);
    expect(printed()).to.not.match(/\n {4}at /); // nor a stack
  });
});
