import { readFile } from "node:fs/promises";
import { initCurve } from "@medexchain/pre";
import { expect } from "chai";
import { preVectors, type VectorFile, type VectorFileName } from "../../vectors/pre-vectors.ts";
import { NOBLE_ALGORITHMS, recompute } from "./support/noble-scheme.ts";

const FILES: readonly VectorFileName[] = [
  "pre-hash",
  "pre-keys",
  "pre-encryption",
  "pre-re-encryption",
  "pre-threshold",
  "pre-record-secret",
];

describe("pre: vectors", () => {
  let made: Record<VectorFileName, VectorFile>;
  const kept = new Map<VectorFileName, VectorFile>();

  before(async () => {
    await initCurve();
    made = await preVectors();
    for (const name of FILES) {
      kept.set(name, JSON.parse(await readFile(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")));
    }
  });

  for (const name of FILES) {
    it(`${name}.json is what the algorithms give from its draws`, () => {
      expect(made[name]).to.deep.equal(kept.get(name));
    });

    it(`${name}.json is what @noble gives, byte for byte`, () => {
      const { vectors } = kept.get(name)!;
      expect(vectors).to.not.have.length(0);
      for (const { algorithm, input, random, output } of vectors) {
        expect(recompute(algorithm, input, random)).to.deep.equal(output, algorithm);
      }
    });
  }

  it("cover every algorithm, twice", () => {
    const counts = new Map<string, number>();
    for (const { vectors } of kept.values()) {
      for (const { algorithm } of vectors) counts.set(algorithm, (counts.get(algorithm) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).to.deep.equal(NOBLE_ALGORITHMS.toSorted());
    expect([...counts.values()].every((count) => count >= 2)).to.equal(true);
  });
});
