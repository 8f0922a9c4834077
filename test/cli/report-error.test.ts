import { expect } from "chai";
import { makeError } from "ethers";
import { errorOutputSchema, reportError } from "../../cli/output/report-error.ts";

const SECRET = "hunter2";

/** What is printed on standard error for an error. */
function printed(error: unknown, json: boolean): { exitCode: number; text: string } {
  const lines: unknown[] = [];
  const { error: before } = console;
  console.error = (...args: unknown[]) => lines.push(...args);
  try {
    return { exitCode: reportError(error, json), text: lines.map(String).join("\n") };
  } finally {
    console.error = before;
  }
}

describe("a fault in medex", () => {
  const fault = makeError(`no answer from https://user:${SECRET}@node.example`, "SERVER_ERROR", {
    request: SECRET,
    info: { requestUrl: `https://user:${SECRET}@node.example`, value: SECRET },
  });

  it("is printed by its kind and its place, without what its message quotes", () => {
    const { exitCode, text } = printed(fault, false);
    expect(exitCode).to.equal(70);
    expect(text).to.match(/^medex: .*unexpected Error SERVER_ERROR at [\w.-]+:\d+; .*\n {4}at [\w.-]+:\d+\n/);
    expect(text)
      .to.match(/\n {4}at report-error\.test\.ts:\d+/)
      .and.not.include(SECRET);
  });

  it("is told to programs in one line of JSON, as little", () => {
    const { exitCode, text } = printed(fault, true);
    expect(exitCode).to.equal(70);
    const { error } = errorOutputSchema.parse(JSON.parse(text));
    expect(error).to.include({ code: "INTERNAL", retriable: false });
    expect(error.stack).to.match(/(^|\n)report-error\.test\.ts:\d+/);
    expect(text).to.not.include(SECRET).and.not.include("\n");
  });
});
