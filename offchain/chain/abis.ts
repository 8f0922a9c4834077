import {
  accessGrantsAbi,
  accessLedgerAbi,
  accessRequestsAbi,
  hospitalRegistryAbi,
  ledgerCheckpointsAbi,
  recordRegistryAbi,
  relayerSetAbi,
} from "@medexchain/contracts";

/** The ABIs of the seven contracts, under the names that a deployment has for them. */
export const ABIS = {
  hospitals: hospitalRegistryAbi,
  records: recordRegistryAbi,
  relayers: relayerSetAbi,
  ledger: accessLedgerAbi,
  grants: accessGrantsAbi,
  requests: accessRequestsAbi,
  checkpoints: ledgerCheckpointsAbi,
};
