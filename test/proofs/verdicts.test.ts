import { expect } from "chai";
import { modelOf, queriesOf, resultsOf } from "./proverif/proverif.ts";
import { SCENARIOS } from "./proverif/scenarios.ts";
import { verdictsOf } from "./scyther/scyther.ts";
import { verdictOf } from "./spin/spin.ts";

describe("what the provers print", () => {
  it("is read from Spin: an error by its text, none by the size of what was searched, and nothing from half a search", () => {
    const size = "     396 states, stored\n     892 transitions (= stored+matched)\n";
    const found = `pan:1: assertion violated (granted<=1) (at depth 42)\nWarning: Search not completed\nerrors: 1\n${size}`;
    expect(verdictOf(found)).to.deep.equal({ error: "assertion violated (granted<=1)", states: 396, transitions: 892 });
    expect(verdictOf(`errors: 0\n${size}`)).to.deep.equal({ states: 396, transitions: 892 });
    expect(() => verdictOf(`error: max search depth too small\nerrors: 0\n${size}`)).to.throw("not complete");
    expect(() => verdictOf("Segmentation fault")).to.throw("something else");
  });

  it("is read from Scyther: coloured, by role and claim", () => {
    const output = [
      "claim\tpaper,DU\tSecret_DU1\tT1\t\u001b[32mOk\u001b[0m\t[no attack within bounds]",
      "claim\tpaper,DU\tAlive_DU2\t-\t\u001b[31mFail\u001b[0m\t[at least 4 attacks]",
      "claim\tours,DU\tNiagree_DU4\t-\tOk\t[does not occur]",
      "claim\tours,R\tAlive_R2\t-\tOk\t[proof of correctness]",
    ].join("\n");
    expect(verdictsOf(output)).to.deep.equal({
      "DU Secret T1": "holds within bounds",
      "DU Alive": "fails",
      "DU Niagree": "does not occur",
      "R Alive": "holds",
    });
    expect(() => verdictsOf("error: syntax")).to.throw("no claims");
  });

  it("is read from ProVerif: each result, without the weaker one in brackets", () => {
    const output = [
      "RESULT not attacker(M1[]) is true.",
      "RESULT inj-event(opened(n)) ==> inj-event(approved(n)) is false.",
      "RESULT (even event(opened(n)) ==> event(approved(n)) is false.)",
      "RESULT not attacker(M2[]) cannot be proved.",
    ].join("\n");
    expect(resultsOf(output)).to.deep.equal([true, false, undefined]);
  });

  it("answers as many queries as a scenario expects, of a model that has what the scenario changes", async () => {
    for (const scenario of SCENARIOS) {
      const model = await modelOf(scenario);
      // One that asks several things has a semicolon after each but the last, and after its variables.
      const queries = [...model.matchAll(/^query\b[^.]*\./gm)]
        .map(([query]) => query.replace(/^query [^;]*: bitstring;/, ""))
        .reduce((sum, query) => sum + query.split(";").length, 0);
      expect([queries, scenario.holds.length], scenario.name).to.deep.equal(Array(2).fill(queriesOf(scenario).length));
    }
  });
});
