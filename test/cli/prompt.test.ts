import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { askHidden, askNewPassphrase } from "../../cli/prompt/prompt.ts";

/** A terminal: it echoes what is typed, as the system's does, for as long as nobody puts it into raw mode. */
class FakeTerminal {
  readonly output = new PassThrough();
  readonly isRaw: boolean[] = [];
  readonly input: PassThrough & { isTTY: true; setRawMode: (raw: boolean) => void };
  #shown = "";

  constructor() {
    this.output.setEncoding("utf8").on("data", (text: string) => {
      this.#shown += text;
    });
    this.input = Object.assign(new PassThrough(), {
      isTTY: true as const,
      setRawMode: (raw: boolean) => void this.isRaw.push(raw),
    });
  }

  /** Types a key after another, as a person does. */
  async type(text: string): Promise<void> {
    for (const key of text) {
      if (!this.isRaw.at(-1)) this.output.write(key);
      this.input.write(key);
      await setImmediate();
    }
  }

  async shown(): Promise<string> {
    await setImmediate();
    return this.#shown;
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "it was answered",
    (error: unknown) => (MedexError.is(error) ? error.code : String(error)),
  );

describe("asking for a passphrase", () => {
  let terminal: FakeTerminal;
  beforeEach(() => {
    terminal = new FakeTerminal();
  });

  it("shows the question, and nothing of what is typed", async () => {
    const answer = askHidden("Passphrase for the vault alice: ", terminal);
    await terminal.type("four unlikelx\x7fy words\r");
    expect(await answer).to.equal("four unlikely words");
    expect(await terminal.shown()).to.equal("Passphrase for the vault alice: \n");
  });

  it("turns the terminal's echo off before the first key, and on again at the end", async () => {
    const answer = askHidden("? ", terminal);
    expect(terminal.isRaw).to.deep.equal([true]);
    await terminal.type("word\r");
    await answer;
    expect(terminal.isRaw.at(-1)).to.equal(false);
    await terminal.type("x");
    expect(await terminal.shown()).to.equal("? \nx");
  });

  it("gives up on Ctrl-C and on a closed input, with the echo on again", async () => {
    const interrupted = codeOf(askHidden("? ", terminal));
    await terminal.type("secret\x03");
    expect(await interrupted).to.equal("INPUT_INVALID");
    expect(terminal.isRaw.at(-1)).to.equal(false);
    expect(await terminal.shown()).to.equal("? \n");

    const closed = new FakeTerminal();
    const answer = codeOf(askHidden("? ", closed));
    closed.input.end();
    expect(await answer).to.equal("INPUT_INVALID");
  });

  it("asks twice for a new one, and refuses two that differ", async () => {
    const same = askNewPassphrase("the new vault alice", terminal);
    await terminal.type("four unlikely words\r");
    await terminal.type("four unlikely words\r");
    expect(await same).to.equal("four unlikely words");
    const differ = codeOf(askNewPassphrase("the new vault alice", terminal));
    await terminal.type("four unlikely words\r");
    await terminal.type("five unlikely words\r");
    expect(await differ).to.equal("INPUT_INVALID");
    expect(await terminal.shown()).to.not.include("unlikely");
  });
});
