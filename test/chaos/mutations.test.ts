import { readFile } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { applyEdit } from "../../chaos/edit.ts";
import { MUTATIONS } from "../../chaos/mutations.ts";

describe("the relayers that are broken on purpose", () => {
  for (const { name, edits } of MUTATIONS) {
    it(`${name} still fits the relayer`, async () => {
      const texts = new Map<string, string>();
      for (const edit of edits) {
        const { file } = edit;
        const text = texts.get(file) ?? (await readFile(new URL(`../../${file}`, import.meta.url), "utf8"));
        const edited = applyEdit(text, edit);
        expect(edited).not.to.equal(text);
        texts.set(file, edited);
      }
    });
  }

  it("an edit that fits nowhere, or twice, is refused", () => {
    for (const text of ["nothing", "a b a"]) {
      expect(() => applyEdit(text, { file: "f", from: "a", to: "b" })).to.throw(MedexError);
    }
  });
});
