import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { ContractFuture } from "@nomicfoundation/ignition-core";
import { id } from "ethers";

/** Ids of the roles in a chain's AccessManager. Zero, the manager's ADMIN_ROLE, is the administrator's. */
export const ROLES = { registrar: 1n, relayerManager: 2n, laneManager: 3n, guardian: 4n } as const;

const selectors = (...signatures: string[]): string[] => signatures.map((signature) => id(signature).slice(0, 10));
const LANE_MANAGEMENT = selectors("setPeer(uint64,address)", "resumeLane(uint64)");
const LANE_PAUSE = selectors("pauseLane(uint64)");

/**
 * The suite on one chain: an AccessManager and the seven contracts, each restricted call bound to a role. The administrator
 * holds every role; the Handover module gives them to others.
 */
export default buildModule("MedExChain", (m) => {
  const administrator = m.getParameter("administrator", m.getAccount(0));

  const manager = m.contract("AccessManager", [administrator]);
  const hospitals = m.contract("HospitalRegistry", [manager]);
  const records = m.contract("RecordRegistry", [hospitals]);
  const relayers = m.contract("RelayerSet", [manager]);
  const grants = m.contract("AccessGrants", [manager, hospitals, records, relayers]);
  // AccessGrants creates its ledger, which nobody else can ever write.
  const ledger = m.contractAt("AccessLedger", m.staticCall(grants, "LEDGER"));
  const requests = m.contract("AccessRequests", [manager, hospitals, relayers]);
  const checkpoints = m.contract("LedgerCheckpoints", [manager, relayers]);

  const bind = (name: string, target: ContractFuture<string>, functions: string[], role: bigint) =>
    m.call(manager, "setTargetFunctionRole", [target, functions, role], { id: `bind_${name}` });
  bind(
    "hospitals",
    hospitals,
    selectors(
      "registerHospital(bytes32,uint64,address,bytes32,uint32)",
      "setMaxRequestsPerHour(bytes32,uint32)",
      "replaceOperator(bytes32,address)",
      "suspendHospital(bytes32)",
      "reinstateHospital(bytes32)",
    ),
    ROLES.registrar,
  );
  bind(
    "relayers",
    relayers,
    selectors("addRelayer(address)", "removeRelayer(address)", "setThreshold(uint256)", "rotateSealingKey(bytes32)"),
    ROLES.relayerManager,
  );
  for (const [name, contract] of Object.entries({ hospitals, grants, requests, checkpoints })) {
    bind(`${name}_lanes`, contract, LANE_MANAGEMENT, ROLES.laneManager);
    bind(`${name}_pause`, contract, LANE_PAUSE, ROLES.guardian);
  }

  for (const [role, id] of Object.entries(ROLES)) {
    m.call(manager, "grantRole", [id, administrator, 0], { id: `grant_${role}` });
  }

  return { manager, hospitals, records, relayers, ledger, grants, requests, checkpoints };
});
