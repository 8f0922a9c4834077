import { createRequire } from "node:module";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatIgnitionEthers from "@nomicfoundation/hardhat-ignition-ethers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig } from "hardhat/config";

/** How often the Solidity tests try each property. `npm run test:deep` asks for many more. */
const propertyRuns = Number(process.env.MEDEX_PROPERTY_RUNS ?? 128);

export default defineConfig({
  plugins: [
    hardhatEthers,
    hardhatEthersChaiMatchers,
    hardhatIgnitionEthers,
    hardhatMocha,
    hardhatNetworkHelpers,
    hardhatTypechain,
  ],
  paths: { ignition: "deploy", tests: { mocha: "test/contracts" } },
  typechain: { outDir: "contracts/generated/types" },
  solidity: {
    version: "0.8.30",
    path: createRequire(import.meta.url).resolve("solc/soljson.js"),
    // Its artifact is not used, but TypeChain leaves out of its paths whatever all artifacts' paths begin with.
    npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 200 },
      // Beside what Hardhat asks for: proofs of state name slots.
      outputSelection: { "*": { "*": ["storageLayout"] } },
    },
  },
  test: {
    solidity: { fuzz: { runs: propertyRuns }, invariant: { runs: propertyRuns, depth: 30, failOnRevert: true } },
  },
  networks: {
    // Any chain by its URL, which whoever connects overrides.
    remote: { type: "http", url: "http://127.0.0.1:8545" },
    // One second may hold many blocks, so that a burst of transactions does not push the chain's clock ahead of real time.
    chainA: { type: "edr-simulated", chainId: 31337, allowBlocksWithSameTimestamp: true },
    chainB: { type: "edr-simulated", chainId: 31338, allowBlocksWithSameTimestamp: true },
    // Prague has the precompiles for BLS12-381 (EIP-2537), and Cancun does not.
    prague: { type: "edr-simulated", chainId: 31339, hardfork: "prague", allowBlocksWithSameTimestamp: true },
    cancun: { type: "edr-simulated", chainId: 31340, hardfork: "cancun", allowBlocksWithSameTimestamp: true },
  },
});
