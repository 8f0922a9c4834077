import { expect } from "chai";
import { audit, codesOf, type History, makeHistory, sourceOf } from "./support/history.ts";

describe("audit of a real history", () => {
  let history: History;
  before(async () => {
    history = await makeHistory();
  });
  after(() => history[Symbol.asyncDispose]());

  it("finds nothing in an honest one", async () => {
    const { devnet, cast } = history;
    const { findings, passed, chains } = await audit([sourceOf("a", devnet.chainA), sourceOf("b", devnet.chainB)], {
      storage: { store: cast.store, tangle: cast.tangle },
    });
    expect(
      codesOf(findings),
      JSON.stringify(findings, (_k, v) => (typeof v === "bigint" ? `${v}` : v), 1),
    ).to.deep.equal([]);
    expect(passed).to.equal(true);
    expect(chains.map(({ entries, requests }) => [entries, requests])).to.deep.equal([
      [3n, 0n],
      [0n, 3n],
    ]);
  });
});
