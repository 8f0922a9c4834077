import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "chai";
import { Interface } from "ethers";
import { RESTRICTED } from "../../deploy/roles.ts";
import { CONTRACTS, type ContractName } from "../../deploy/verify.ts";

const SOURCES = new URL("../../contracts/", import.meta.url);
const require = createRequire(import.meta.url);

interface Source {
  bases: string[];
  restricted: string[];
}

/** Names of the restricted functions and of the bases of each contract, by its source. */
function sources(): Map<string, Source> {
  const found = new Map<string, Source>();
  for (const file of readdirSync(SOURCES).filter((name) => name.endsWith(".sol") && !name.endsWith(".t.sol"))) {
    const text = readFileSync(new URL(file, SOURCES), "utf8").replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
    const declaration = /contract (\w+)(?: is ([^{]+))?\{/.exec(text)!;
    const functions = text.matchAll(/function (\w+)\(([^)]*)\)([^;{]*)[;{]/g);
    found.set(declaration[1]!, {
      bases: (declaration[2] ?? "").split(",").map((base) => base.trim()),
      restricted: [...functions].flatMap(([, name, , modifiers]) =>
        /\b(restricted|onlyAuthorized)\b/.test(modifiers!) ? [name!] : [],
      ),
    });
  }
  return found;
}

describe("the table of roles", () => {
  const all = sources();
  const restrictedIn = (contract: string): string[] => {
    const source = all.get(contract);
    return source === undefined ? [] : [...source.restricted, ...source.bases.flatMap(restrictedIn)];
  };

  for (const [name, contract] of Object.entries(CONTRACTS) as [ContractName, string][]) {
    it(`binds every restricted function of ${contract}, and no other`, () => {
      const signatures = RESTRICTED.filter((each) => each.contract === name).flatMap(({ functions }) => [...functions]);
      const { abi } = require(`../../artifacts/contracts/${contract}.sol/${contract}.json`);
      const bound = signatures.map((signature) => new Interface(abi).getFunction(signature)?.name);
      expect(bound.toSorted()).to.deep.equal(restrictedIn(contract).toSorted());
    });
  }

  it("finds the restricted functions that there are", () => {
    expect(restrictedIn("HospitalRegistry").length).to.be.greaterThan(3);
  });
});
