import { expect } from "chai";
import type { MinedStep } from "../../chaos/calls.ts";
import { check } from "../../chaos/check.ts";
import type { Evidence, RequestEvidence } from "../../chaos/evidence.ts";

const id = `0x${"11".repeat(32)}` as const;

/** A request that was granted as it should be. */
const granted: RequestEvidence = {
  requestId: id,
  intent: "approve",
  expiry: 1_000n,
  ownerState: "Granted",
  requesterState: "Granted",
  decision: "Granted",
  events: {
    AccessRequested: 1,
    RequestDelivered: 1,
    ReEncryptionRequested: 1,
    ResponseReady: 1,
    ResponseDelivered: 1,
    RequestExpired: 0,
  },
  logged: ["Granted"],
  sameResponse: true,
  opened: true,
};

const step = {
  account: "0xa",
  action: "deliverResponse",
  chainId: 31_338n,
  requestId: id,
  took: true,
} satisfies MinedStep;
const sound: Evidence = {
  requests: [granted],
  unsigned: [],
  ownerTime: 500n,
  steps: [step],
  importedTwice: [],
  auditFaults: [],
  crashes: [],
};
const kindsFor = (change: Partial<RequestEvidence>, rest: Partial<Evidence> = {}) =>
  check({ ...sound, ...rest, requests: [{ ...granted, ...change }] }).map(({ kind }) => kind);
const none = {
  ...granted.events,
  RequestDelivered: 0,
  ReEncryptionRequested: 0,
  ResponseReady: 0,
  ResponseDelivered: 0,
};

describe("the checks at the end of a run", () => {
  it("find nothing where all is as it should be", () => {
    expect(check(sound)).to.deep.equal([]);
    expect(
      kindsFor({
        intent: "deny",
        ownerState: "Denied",
        requesterState: "Denied",
        decision: "DeniedByOwner",
        logged: ["DeniedByOwner"],
      }),
    ).to.deep.equal([]);
    expect(
      kindsFor({
        ownerState: "Refused",
        requesterState: "Refused",
        decision: "RecordLimitReached",
        logged: ["RecordLimitReached"],
      }),
    ).to.deep.equal([]);
    const expired = { ownerState: "Expired", requesterState: "Expired", decision: "Expired" } as const;
    expect(kindsFor({ ...expired, intent: "poison", logged: ["Granted", "Expired"] })).to.deep.equal([]);
  });

  it("find a request without an end on either chain", () => {
    expect(kindsFor({ requesterState: "Pending" })).to.deep.equal(["lost"]);
    expect(kindsFor({ ownerState: "Authorized" })).to.deep.equal(["lost"]);
    expect(
      kindsFor({ ownerState: "None", requesterState: "Pending", decision: "None", events: none, logged: [] }),
    ).to.deep.equal(["lost"]);
    expect(kindsFor({ requesterState: "None", events: { ...granted.events, AccessRequested: 0 } })).to.deep.equal([
      "lost",
    ]);
  });

  it("let a request end that expired on its way, and not a moment before", () => {
    const never = {
      intent: "ignore",
      ownerState: "None",
      requesterState: "Expired",
      decision: "None",
      logged: [],
    } as const;
    const events = { ...none, RequestExpired: 1 };
    expect(kindsFor({ ...never, events }, { ownerTime: 1_000n })).to.deep.equal([]);
    expect(kindsFor({ ...never, events }, { ownerTime: 999n })).to.deep.equal(["lost"]);
  });

  it("find what happened twice", () => {
    for (const name of ["AccessRequested", "RequestDelivered", "ReEncryptionRequested", "ResponseReady"] as const) {
      expect(kindsFor({ events: { ...granted.events, [name]: 2 } }), name).to.deep.equal(["doubled"]);
    }
    expect(kindsFor({ events: { ...granted.events, RequestExpired: 1 } })).to.deep.equal(["doubled"]);
    expect(kindsFor({ logged: ["Granted", "Granted"] })).to.deep.equal(["doubled"]);
    expect(kindsFor({}, { importedTwice: ["a certificate"] })).to.deep.equal(["doubled"]);
  });

  it("find a step that an account sent again after it had taken effect, and let two accounts race", () => {
    const kinds = (...steps: MinedStep[]) => check({ ...sound, steps }).map(({ kind }) => kind);
    const failed = { ...step, took: false };
    expect(kinds(step, failed)).to.deep.equal(["doubled"]);
    expect(kinds(failed, step)).to.deep.equal([]);
    expect(kinds(step, { ...failed, account: "0xb" })).to.deep.equal([]);
    expect(kinds(step, { ...failed, action: "deliverRequest" })).to.deep.equal([]);
  });

  it("find chains that disagree, by state and by response", () => {
    expect(kindsFor({ requesterState: "Expired" })).to.deep.equal(["unequal", "wrong"]);
    expect(kindsFor({ sameResponse: false })).to.deep.equal(["unequal"]);
  });

  it("find an end that nobody wanted", () => {
    expect(kindsFor({ intent: "deny" })).to.deep.equal(["wrong"]);
    expect(kindsFor({ intent: "ignore" })).to.deep.equal(["wrong"]);
    const expired = {
      ownerState: "Expired",
      requesterState: "Expired",
      decision: "Expired",
      logged: ["Expired"],
    } as const;
    expect(kindsFor(expired)).to.deep.equal(["wrong"]);
    expect(check({ ...sound, unsigned: [id] }).map(({ kind }) => kind)).to.deep.equal(["wrong"]);
  });

  it("find a record that does not open, and a log that does not fit", () => {
    expect(kindsFor({ opened: false })).to.deep.equal(["sealed"]);
    expect(kindsFor({ logged: [] })).to.deep.equal(["log"]);
    expect(kindsFor({}, { auditFaults: ["entry 3 is missing"] })).to.deep.equal(["log"]);
    expect(kindsFor({}, { crashes: ["an error that nobody caught"] })).to.deep.equal(["crashed"]);
  });
});
