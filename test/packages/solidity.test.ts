import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { solidityProject } from "./support/installed.ts";
import { succeeds } from "./support/outside.ts";

const CONFIG = `import { createRequire } from "node:module";
import { defineConfig } from "hardhat/config";

export default defineConfig({
  solidity: {
    version: "0.8.30",
    path: createRequire(import.meta.url).resolve("solc/soljson.js"), // of npm: nothing is downloaded
    npmFilesToBuild: ["@medexchain/contracts/AccessLedger.sol"],
    settings: { evmVersion: "cancun" },
  },
});
`;
/** Reads a ledger by its interface, and builds on a contract and its types. */
const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessLedger} from "@medexchain/contracts/AccessLedger.sol";
import {IAccessLedger} from "@medexchain/contracts/interfaces/IAccessLedger.sol";
import {IPredecessor} from "@medexchain/contracts/interfaces/IPredecessor.sol";
import {HospitalId, MemberId} from "@medexchain/contracts/types/Ids.sol";

contract LedgerReader {
    function countOf(IAccessLedger ledger, HospitalId hospital, MemberId member) external view returns (uint32) {
        return ledger.accessCountOf(hospital, member);
    }
}

contract OwnLedger is AccessLedger(IPredecessor(address(0))) {}
`;

describe("@medexchain/contracts, installed in a Hardhat project", () => {
  it("compiles with a Solidity file that imports its interfaces, its types and a contract", async () => {
    const project = await solidityProject();
    writeFileSync(join(project, "hardhat.config.ts"), CONFIG);
    mkdirSync(join(project, "contracts"));
    writeFileSync(join(project, "contracts/LedgerReader.sol"), SOURCE);
    await succeeds(project, ["npx", "--no-install", "hardhat", "build"]);
    const artifact = (path: string) => JSON.parse(readFileSync(join(project, "artifacts", path), "utf8"));
    expect(artifact("contracts/LedgerReader.sol/LedgerReader.json").bytecode).to.match(/^0x60/);
    expect(artifact("contracts/LedgerReader.sol/OwnLedger.json").abi).to.deep.include.members(
      artifact("@medexchain/contracts/AccessLedger.sol/AccessLedger.json").abi.filter(
        ({ type }: { type: string }) => type === "event",
      ),
    );
  });
});
