/** `npm run sizes`: prints the size of each contract's code, and fails when one is near the limit of EIP-170 or EIP-3860. */

import { ABIS } from "@medexchain/chain";
import { artifacts } from "hardhat";

/** Bytes of deployed and of creation code that a chain takes. */
const LIMITS = { deployed: 24_576, creation: 49_152 };
/** What must be left, for what is yet to come. */
const ROOM = 0.2;
const CONTRACTS = [
  "HospitalRegistry",
  "RecordRegistry",
  "RelayerSet",
  "AccessLedger",
  "AccessGrants",
  "AccessRequests",
  "Equivocations",
  "LedgerCheckpoints",
  "Mailbox",
  "QbftClient",
  "StandingConsents",
  "StudyRegistry",
] as const;
// The light client and the registry of studies have no place in a deployment.
if (CONTRACTS.length !== Object.keys(ABIS).length + 2) throw new Error("a contract of the suite is not measured here");

const bytesIn = (hex: string): number => (hex.length - 2) / 2;
let isTooLarge = false;
for (const name of CONTRACTS) {
  const { deployedBytecode, bytecode } = await artifacts.readArtifact(name);
  const deployed = bytesIn(deployedBytecode);
  const creation = bytesIn(bytecode);
  const share = Math.max(deployed / LIMITS.deployed, creation / LIMITS.creation);
  isTooLarge ||= share > 1 - ROOM;
  process.stdout.write(
    `${name.padEnd(18)} ${String(deployed).padStart(6)} of ${LIMITS.deployed} bytes, creation ${String(creation).padStart(6)} of ${LIMITS.creation}, ${((1 - share) * 100).toFixed(0)} % free\n`,
  );
}
if (isTooLarge) process.stderr.write(`sizes: a contract has less than ${ROOM * 100} % of its limit free\n`);
process.exit(isTooLarge ? 1 : 0);
