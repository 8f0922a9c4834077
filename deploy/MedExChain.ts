import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { ContractFuture } from "@nomicfoundation/ignition-core";
import { id } from "ethers";

/** Ids of the roles in a chain's AccessManager. Zero, the manager's ADMIN_ROLE, is the administrator's. */
const ROLES = { registrar: 1n, relayerManager: 2n, laneManager: 3n, ledgerWriter: 4n } as const;

const selectors = (...signatures: string[]): string[] => signatures.map((signature) => id(signature).slice(0, 10));
const SET_PEER = selectors("setPeer(uint64,address)");

/**
 * The suite on one chain: an AccessManager and the six contracts, each restricted call bound to a role. The administrator
 * holds every role but that of the ledger's writer, which is AccessGrants alone.
 */
export default buildModule("MedExChain", (m) => {
  const administrator = m.getParameter("administrator", m.getAccount(0));

  const manager = m.contract("AccessManager", [administrator]);
  const hospitals = m.contract("HospitalRegistry", [manager]);
  const records = m.contract("RecordRegistry", [hospitals]);
  const relayers = m.contract("RelayerSet", [manager]);
  const ledger = m.contract("AccessLedger", [manager]);
  const grants = m.contract("AccessGrants", [manager, hospitals, records, ledger, relayers]);
  const requests = m.contract("AccessRequests", [manager, hospitals, relayers]);

  const bind = (name: string, target: ContractFuture<string>, functions: string[], role: bigint) =>
    m.call(manager, "setTargetFunctionRole", [target, functions, role], { id: `bind_${name}` });
  bind(
    "hospitals",
    hospitals,
    selectors(
      "registerHospital(bytes32,uint64,address,bytes32)",
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
  bind("hospitals_lanes", hospitals, SET_PEER, ROLES.laneManager);
  bind("grants_lanes", grants, SET_PEER, ROLES.laneManager);
  bind("requests_lanes", requests, SET_PEER, ROLES.laneManager);
  bind(
    "ledger",
    ledger,
    selectors("recordAccess((bytes32,bytes32,bytes32,bytes32,uint32,uint32,uint8))"),
    ROLES.ledgerWriter,
  );

  const grant = (role: keyof typeof ROLES, account: typeof administrator | ContractFuture<string>) =>
    m.call(manager, "grantRole", [ROLES[role], account, 0], { id: `grant_${role}` });
  grant("registrar", administrator);
  grant("relayerManager", administrator);
  grant("laneManager", administrator);
  grant("ledgerWriter", grants);

  return { manager, hospitals, records, relayers, ledger, grants, requests };
});
