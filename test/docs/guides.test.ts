import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { anchorOf, readPage } from "./support/markdown.ts";
import { missingLine, type Step, stepsOf } from "./support/steps.ts";
import { Terminal } from "./support/terminal.ts";

const GUIDE = `# A guide

## Do it

\`\`\`sh run as=alice fails=3
exit 3
\`\`\`

\`\`\`output
one … three
\`\`\`

\`\`\`sh
not run
\`\`\`
`;

describe("what runs the guides", () => {
  let folder: string;
  let terminal: Terminal;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-terminal-"));
  });
  beforeEach(() => {
    terminal = new Terminal({ cwd: folder, env: process.env });
  });
  afterEach(() => terminal.close());
  after(() => rmSync(folder, { recursive: true }));

  const step = (script: string, output: string[] = [], exit = 0): Step => ({
    person: "alice",
    script,
    exit,
    output,
    line: 1,
  });
  const failure = (running: Promise<void>): Promise<string> =>
    running.then(
      () => "it went well",
      (error: Error) => error.message,
    );

  it("finds blocks with their marks and their output", () => {
    const section = readPage(GUIDE).sections.find(({ anchor }) => anchor === "do-it");
    expect(section && stepsOf(section)).to.deep.equal([
      { person: "alice", script: "exit 3", exit: 3, output: ["one … three"], line: 5 },
    ]);
    expect(() => readPage("```sh\n")).to.throw("not closed");
    expect(() => stepsOf({ heading: "", anchor: "", blocks: [{ info: "sh run", text: "", line: 7 }] })).to.throw("as=");
    expect(anchorOf("Algorithm₁: what's `counted`, when")).to.equal("algorithm-whats-counted-when");
  });

  it("wants stated lines whole and in order, with anything for an ellipsis", () => {
    expect(missingLine(["a … c", "d"], "x\na  b c\n\nd\n")).to.equal(undefined);
    expect(missingLine(["d", "a … c"], "a b c\nd\n")).to.equal("a … c");
    expect(missingLine(["a"], "ab")).to.equal("a");
    expect(missingLine(["(a.b)"], "(axb)")).to.equal("(a.b)");
  });

  it("keeps a person's variables from block to block, and records what was run", async () => {
    await terminal.run(step("export WHO=alice"));
    await terminal.run(step('printf "%s\\n" "$WHO" >&2', ["alice"]));
    expect(terminal.commands).to.include("printf '%s\\n' alice");
  });

  it("fails when a command fails, even one amid others", async () => {
    expect(await failure(terminal.run(step("false\necho went on")))).to.include("it failed");
  });

  it("fails when a command in a pipe fails, or a variable is not set", async () => {
    expect(await failure(terminal.run(step("false | cat")))).to.include("it failed");
    const other = new Terminal({ cwd: folder, env: process.env });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    expect(await failure(other.run(step("echo ${UNSET_HERE}")))).to.include("it failed");
    await other.close();
  });

  it("fails when the stated output is not printed", async () => {
    expect(await failure(terminal.run(step("echo two", ["one"])))).to.include("did not print");
  });

  it("fails when what must fail does not, or ends with another code", async () => {
    expect(await failure(terminal.run(step("true", [], 1)))).to.include("did not fail as stated");
    const other = new Terminal({ cwd: folder, env: process.env });
    expect(await failure(other.run(step("exit 2", [], 1)))).to.include("did not fail as stated");
    await other.close();
  });

  it("goes on after what must fail, and ends what stays", async () => {
    await terminal.run(step("exit 3", [], 3));
    await terminal.run({ ...step("echo up; sleep 1000", ["up"]), exit: undefined });
    expect(await failure(terminal.run(step("true")))).to.include("runs in this terminal already");
  });
});
