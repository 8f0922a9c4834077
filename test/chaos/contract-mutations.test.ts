import { access, readFile } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { choose } from "../../chaos/contracts/main.ts";
import { MUTATIONS } from "../../chaos/contracts/mutations.ts";
import { applyEdit } from "../../chaos/edit.ts";

const inProject = (file: string): URL => new URL(`../../${file}`, import.meta.url);

describe("the contracts that are broken on purpose", () => {
  for (const mutation of MUTATIONS) {
    it(`${mutation.name} still fits its contract, and names tests that are there`, async () => {
      const text = await readFile(inProject(mutation.file), "utf8");
      expect(applyEdit(text, mutation)).not.to.equal(text);
      expect(mutation.killedBy).not.to.have.length(0);
      for (const file of mutation.killedBy) await access(inProject(file));
    });
  }

  it("are at least forty, each under a name of its own", () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size)
      .to.equal(MUTATIONS.length)
      .and.to.be.at.least(40);
  });

  it("are tried all, or those that are named, or those from one on", () => {
    const names = MUTATIONS.map(({ name }) => name);
    const [first = "", second = "", third = ""] = names.slice(-3);
    const chosen = (choice: Parameters<typeof choose>[0]): string[] => choose(choice).map(({ name }) => name);
    expect(chosen({})).to.deep.equal(names);
    expect(chosen({ from: second })).to.deep.equal([second, third]);
    expect(chosen({ only: [third, first] })).to.deep.equal([first, third]);
    expect(chosen({ only: [third, first], from: second })).to.deep.equal([third]);
    for (const choice of [{ only: [first, "none"] }, { from: "none" }])
      expect(() => choose(choice)).to.throw(MedexError, "there is no mutation none");
  });
});
