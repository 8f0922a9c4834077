import { readFile } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { applyEdit } from "../../chaos/edit.ts";
import { MUTATIONS, type Mutation } from "../../chaos/mutations.ts";
import { tryEach } from "../../chaos/try-each.ts";

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

  it("are all tried, though a run of one breaks off, and each is named that did not end as expected", async () => {
    const of = (name: string, foundBy: Mutation["foundBy"]): Mutation => ({ name, what: "", edits: [], foundBy });
    const mutations = [
      of("breaks off", { seed: 1 }),
      of("does not fit", { seed: 1 }),
      of("is found by the next seed", { seed: 1 }),
      of("is missed", { seed: 1 }),
      of("is a control, and breaks off", undefined),
      of("is a control", undefined),
    ];
    const said: string[] = [];
    const released: string[] = [];
    const broken = async () => {
      throw new Error("exit code 3");
    };
    const ending = (found: boolean) => async () => ({ found, summary: "lost 1" });
    const wrong = await tryEach(
      mutations,
      async ({ name }) => {
        if (name === "does not fit") throw new MedexError("INPUT_INVALID", "no such text");
        const runs = {
          "breaks off": [broken],
          "is found by the next seed": [broken, ending(true), broken],
          "is a control, and breaks off": [ending(false), broken],
        }[name] ?? [ending(false)];
        const looks = runs.map((run, index) => ({ by: `seed ${index}`, run }));
        return { looks, [Symbol.asyncDispose]: async () => void released.push(name) };
      },
      (line) => said.push(line),
    );
    expect(wrong).to.deep.equal(["breaks off", "does not fit", "is missed", "is a control, and breaks off"]);
    expect(said).to.deep.equal([
      "breaks off: seed 0 broke off: exit code 3",
      "does not fit: could not be tried: no such text",
      "is found by the next seed: seed 0 broke off: exit code 3",
      "is found by the next seed: found by seed 1 (lost 1)",
      "is missed: not found by seed 0 (lost 1)",
      "is a control, and breaks off: not found by seed 0 (lost 1)",
      "is a control, and breaks off: seed 1 broke off: exit code 3",
      "is a control: not found by seed 0 (lost 1)",
    ]);
    expect(released).to.have.lengthOf(mutations.length - 1);
  });
});
