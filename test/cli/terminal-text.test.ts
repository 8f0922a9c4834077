import { expect } from "chai";
import { requireTerminalText } from "../../cli/access/terminal-text.ts";
import { failsWith } from "../offchain/fhir/support.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a record on a terminal", () => {
  it("is written as it is where it is text, in any language", () => {
    for (const text of ["", '{"a":\t"ä ß 心"}\r\n', "à\u00a0é 😀"]) requireTerminalText(bytesOf(text));
  });

  it("is not written where a terminal would act on it", async () => {
    for (const text of ["\x1b]0;owned\x07", "a\x9b31mb", "a\bb", "\x7f", "\0"]) {
      const { message } = await failsWith("INPUT_INVALID", () => requireTerminalText(bytesOf(text)));
      expect(message).to.include("--output").and.not.include("owned");
    }
  });
});
