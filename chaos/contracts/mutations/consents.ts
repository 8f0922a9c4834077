import type { ContractMutation } from "../mutation.ts";

const file = "contracts/StandingConsents.sol";
const killedBy = ["test/contracts/StandingConsents.test.ts"];

/** Standing consents, broken. */
export const CONSENTS: readonly ContractMutation[] = [
  {
    name: "consent-without-signature",
    what: "takes a consent from anyone",
    file,
    from: "if (!Signatures.isValid(account, ConsentId.unwrap(consentId), signature)) {",
    to: "if (false) {",
    killedBy,
  },
  {
    name: "consent-by-anyone",
    what: "lets anyone use a consent",
    file,
    from: "if (s.account != msg.sender || s.account",
    to: "if (s.account",
    killedBy,
  },
  {
    name: "consent-outlives-account",
    what: "keeps a consent that an earlier account signed",
    file,
    from: "s.account != msg.sender || s.account != HOSPITALS.lastAccount(s.owner)",
    to: "s.account != msg.sender",
    killedBy,
  },
  {
    name: "consent-without-end",
    what: "approves by a consent that is over",
    file,
    from: "|| block.timestamp >= consent.until) {\n            revert StandingConsentsOutOfPeriod(consentId, consent.from, consent.until);\n        }\n        if (s.used",
    to: ") {\n            revert StandingConsentsOutOfPeriod(consentId, consent.from, consent.until);\n        }\n        if (s.used",
    killedBy,
  },
  {
    name: "consent-revived",
    what: "approves by a revoked consent",
    file,
    from: "if (s.status == ConsentStatus.Revoked) revert StandingConsentsRevoked(consentId);\n        // What",
    to: "// What",
    killedBy,
  },
  {
    name: "consent-revoked-by-anyone",
    what: "lets anyone end a consent",
    file,
    from: "if (HOSPITALS.lastAccount(s.owner) != msg.sender) revert StandingConsentsUnauthorized(s.owner, msg.sender);\n        if (s.status",
    to: "if (s.status",
    killedBy,
  },
  {
    name: "consent-counted-late",
    what: "counts a use of a consent after the approval, so that it can be used from within",
    file,
    from: "++s.used;\n        decision = GRANTS.authorizeByPolicy(requestId, access.sealedRekey, access.privateFragment, access.epoch);\n        if (decision != Decision.Granted) --s.used;",
    to: "decision = GRANTS.authorizeByPolicy(requestId, access.sealedRekey, access.privateFragment, access.epoch);\n        if (decision == Decision.Granted) ++s.used;",
    killedBy,
  },
  {
    name: "consent-over-its-count",
    what: "uses a consent once more than it says",
    file,
    from: "s.used >= consent.maxAccessCount",
    to: "s.used > consent.maxAccessCount",
    killedBy,
  },
  {
    name: "consent-to-others-records",
    what: "approves for another's record",
    file,
    from: "MemberId.unwrap(RECORDS.record(recordId).owner) != MemberId.unwrap(consent.owner) ||\n            (",
    to: "(",
    killedBy,
  },
  {
    name: "consent-for-any-purpose",
    what: "does not look at the purpose",
    file,
    from: "!_contains(consent.purposes, request.purpose)",
    to: "false",
    killedBy,
  },
  {
    name: "consent-to-anyone",
    what: "does not look at who asks",
    file,
    from: "!_names(consent.members, request.requester) &&",
    to: "false &&",
    killedBy,
  },
  {
    name: "consent-for-any-data",
    what: "does not look at the classes of data",
    file,
    from: "if (!areCovered) revert StandingConsentsOtherClasses(consentId);",
    to: "",
    killedBy,
  },
];
