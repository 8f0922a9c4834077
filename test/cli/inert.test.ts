import { styleText } from "node:util";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { createOutput } from "../../cli/output/output.ts";
import { reportError } from "../../cli/output/report-error.ts";

const HOSTILE = "\x1b]0;owned\x07 \x9b31m \x1b[2J \x07[31m \u202e \r\b";
const ACTED_ON = /[^\P{Cc}\n]|\p{Bidi_Control}/u;

/** What a call writes to standard output and standard error. */
function written(call: () => void): string {
  const before = [process.stdout.write, process.stderr.write] as const;
  const { error } = console;
  let text = "";
  const take = (part: unknown) => {
    text += `${part}\n`;
    return true;
  };
  process.stdout.write = take;
  process.stderr.write = take;
  console.error = take;
  try {
    call();
  } finally {
    [process.stdout.write, process.stderr.write] = before;
    console.error = error;
  }
  return text;
}

describe("what others wrote, on a terminal", () => {
  const output = createOutput(false);
  const ways: Record<string, () => unknown> = {
    "a line": () => output.line(HOSTILE),
    "a fact": () => output.fact("name", HOSTILE),
    "a table": () => output.table([["NAME"], [HOSTILE]]),
    "a note": () => output.note(HOSTILE),
    "an error": () => reportError(new MedexError("INPUT_INVALID", `no feature ${HOSTILE}\nmedex: all is well`)),
  };
  for (const [way, call] of Object.entries(ways)) {
    it(`is shown by its code points in ${way}`, () => {
      const text = written(call);
      expect(text).not.to.match(ACTED_ON);
      expect(text).to.include("\\u{1b}]0;owned\\u{7}");
    });
  }

  it("adds no line to an error", () => {
    expect(written(ways["an error"] ?? (() => undefined)).trimEnd()).not.to.include("\n");
  });

  it("leaves the command's own colours", () => {
    const text = ["bold", "dim", "red", "green", "yellow"].map((style) =>
      styleText(style as "bold", "x", { validateStream: false }),
    );
    expect(written(() => output.line(text.join("\n")))).to.include(text.join("\n"));
  });
});
