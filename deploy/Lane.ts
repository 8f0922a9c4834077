import { buildModule } from "@nomicfoundation/ignition-core";

/**
 * Opens the lane from this chain to another, both ways: each contract here learns its peer there. Run on each of the two
 * chains, after both suites are deployed, by an account that holds the lane manager's role.
 */
export default buildModule("Lane", (m) => {
  const chainId = m.getParameter<bigint>("chainId");
  const hospitals = m.contractAt("HospitalRegistry", m.getParameter("hospitals"));
  const mailbox = m.contractAt("Mailbox", m.getParameter("mailbox"));
  const grants = m.contractAt("AccessGrants", m.getParameter("grants"));
  const requests = m.contractAt("AccessRequests", m.getParameter("requests"));
  const checkpoints = m.contractAt("LedgerCheckpoints", m.getParameter("checkpoints"));

  m.call(hospitals, "setPeer", [chainId, m.getParameter("peerHospitals")], { id: "peer_hospitals" });
  m.call(mailbox, "setPeer", [chainId, m.getParameter("peerMailbox")], { id: "peer_mailbox" });
  m.call(grants, "setPeer", [chainId, m.getParameter("peerRequests")], { id: "peer_grants" });
  m.call(requests, "setPeer", [chainId, m.getParameter("peerGrants")], { id: "peer_requests" });
  m.call(checkpoints, "setPeer", [chainId, m.getParameter("peerLedger")], { id: "peer_checkpoints" });

  return { hospitals, mailbox, grants, requests, checkpoints };
});
