import {
  accessGrantsAbi,
  accessLedgerAbi,
  accessRequestsAbi,
  equivocationsAbi,
  hospitalRegistryAbi,
  ledgerCheckpointsAbi,
  mailboxAbi,
  recordRegistryAbi,
  relayerSetAbi,
  standingConsentsAbi,
} from "@medexchain/contracts";

/** The ABIs of the ten contracts, under the names that a deployment has for them. */
export const ABIS = {
  hospitals: hospitalRegistryAbi,
  records: recordRegistryAbi,
  relayers: relayerSetAbi,
  ledger: accessLedgerAbi,
  mailbox: mailboxAbi,
  grants: accessGrantsAbi,
  requests: accessRequestsAbi,
  checkpoints: ledgerCheckpointsAbi,
  equivocations: equivocationsAbi,
  consents: standingConsentsAbi,
};
