import { buildModule } from "@nomicfoundation/ignition-core";
import { id, ZeroAddress } from "ethers";
import { ACCOUNT_ROLES, RESTRICTED, ROLES } from "./roles.ts";

/**
 * The suite on one chain: a SuiteManager and the ten contracts, each restricted call bound to its role (`roles.ts`).
 * The deployer holds every role that accounts hold, to open lanes and admit relayers with, until `HandOver.ts` and `Renounce.ts`.
 * With the parameter `predecessor`, the `AccessGrants` of an earlier suite, the new one goes on from that: once it is sealed and its last
 * request has ended.
 */
export default buildModule("MedExChain", (m) => {
  const deployer = m.getAccount(0);

  const manager = m.contract("SuiteManager", [deployer]);
  const hospitals = m.contract("HospitalRegistry", [manager, m.getParameter("predecessor", ZeroAddress)]);
  const records = m.contract("RecordRegistry", [hospitals]);
  const relayers = m.contract("RelayerSet", [manager]);
  const mailbox = m.contract("Mailbox", [manager]);
  const grants = m.contract("AccessGrants", [manager, hospitals, records, relayers, mailbox]);
  // AccessGrants creates its ledger, which nobody else can ever write.
  const ledger = m.contractAt("AccessLedger", m.staticCall(grants, "LEDGER"));
  const requests = m.contract("AccessRequests", [manager, hospitals, relayers, mailbox]);
  const checkpoints = m.contract("LedgerCheckpoints", [manager, relayers, mailbox]);
  const equivocations = m.contract("Equivocations", [relayers, grants, requests, checkpoints]);
  const consents = m.contract("StandingConsents", [grants]);
  const sides = { ledger, grants, requests, checkpoints };
  const suite = { manager, hospitals, records, relayers, mailbox, ...sides, equivocations, consents };

  for (const { contract, role, functions } of RESTRICTED) {
    const selectors = functions.map((signature) => id(signature).slice(0, 10));
    m.call(manager, "setTargetFunctionRole", [suite[contract], selectors, ROLES[role]], {
      id: `bind_${contract}_${role}`,
    });
  }
  m.call(manager, "grantRole", [ROLES.equivocations, equivocations, 0], { id: "grant_equivocations" });
  m.call(manager, "grantRole", [ROLES.policy, consents, 0], { id: "grant_consents" });
  for (const role of ACCOUNT_ROLES) {
    // The constructor made the deployer administrator.
    if (role !== "administrator") m.call(manager, "grantRole", [ROLES[role], deployer, 0], { id: `grant_${role}` });
  }

  return suite;
});
