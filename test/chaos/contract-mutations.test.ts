import { access, readFile } from "node:fs/promises";
import { expect } from "chai";
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
});
