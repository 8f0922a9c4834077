import accessGrants from "../../artifacts/contracts/AccessGrants.sol/AccessGrants.json" with { type: "json" };
import accessLedger from "../../artifacts/contracts/AccessLedger.sol/AccessLedger.json" with { type: "json" };
import accessRequests from "../../artifacts/contracts/AccessRequests.sol/AccessRequests.json" with { type: "json" };
import hospitalRegistry from "../../artifacts/contracts/HospitalRegistry.sol/HospitalRegistry.json" with {
  type: "json",
};
import ledgerCheckpoints from "../../artifacts/contracts/LedgerCheckpoints.sol/LedgerCheckpoints.json" with {
  type: "json",
};
import recordRegistry from "../../artifacts/contracts/RecordRegistry.sol/RecordRegistry.json" with { type: "json" };
import relayerSet from "../../artifacts/contracts/RelayerSet.sol/RelayerSet.json" with { type: "json" };

/** The ABIs of the seven contracts, under the names that a deployment has for them. */
export const ABIS = {
  hospitals: hospitalRegistry.abi,
  records: recordRegistry.abi,
  relayers: relayerSet.abi,
  ledger: accessLedger.abi,
  grants: accessGrants.abi,
  requests: accessRequests.abi,
  checkpoints: ledgerCheckpoints.abi,
};
