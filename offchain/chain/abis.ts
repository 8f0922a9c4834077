import {
  accessGrantsAbi,
  accessLedgerAbi,
  accessRequestsAbi,
  equivocationsAbi,
  hospitalRegistryAbi,
  ledgerCheckpointsAbi,
  recordRegistryAbi,
  relayerSetAbi,
} from "@medexchain/contracts";

/** The ABIs of the eight contracts, under the names that a deployment has for them. */
export const ABIS = {
  hospitals: hospitalRegistryAbi,
  records: recordRegistryAbi,
  relayers: relayerSetAbi,
  ledger: accessLedgerAbi,
  grants: accessGrantsAbi,
  requests: accessRequestsAbi,
  checkpoints: ledgerCheckpointsAbi,
  equivocations: equivocationsAbi,
};
