import { expect } from "chai";
import { ENTITY_ROLES, ENTITY_TYPES, PROFILES } from "../../../audit/fhir/codes.ts";
import {
  auditEventsOf,
  type Consent,
  type FhirResource,
  fhirBundle,
  fhirNdjson,
  fhirResources,
} from "../../../audit/fhir/index.ts";
import {
  at,
  CHAIN_A,
  CHAIN_B,
  contracts,
  decided,
  entry,
  everyEntry,
  historyOf,
  ids,
  refused,
  revocation,
  studyPart,
  T0,
} from "../support/entries.ts";
import { loadValidator, type Validator } from "../support/validator.ts";

describe("the history as FHIR", () => {
  let validate: Validator;
  before(function () {
    this.timeout(30_000);
    validate = loadValidator();
  });

  const resourcesOf = (...given: Parameters<typeof historyOf>): FhirResource[] => [
    ...fhirResources(historyOf(...given), {}, contracts),
  ];
  const claimsOf = (resources: readonly FhirResource[]): string[] =>
    resources.map(({ resourceType, meta }) => `${resourceType} ${meta?.profile[0]?.split("/").at(-1) ?? "R4"}`);

  it("is valid R4 and follows the IHE profiles that it names, however a request ended", () => {
    const parts = [studyPart(), studyPart({ holders: [], patientHospital: undefined, left: at(CHAIN_A, 40) })];
    for (const resource of resourcesOf(everyEntry(), [revocation()], parts)) {
      expect(validate(resource), JSON.stringify(resource, null, 1)).to.deep.equal([]);
    }
  });

  it("tells a granted and opened request as decision, disclosure by source and recipient, and patient read", () => {
    expect(claimsOf(resourcesOf([entry()]))).to.deep.equal([
      "AuditEvent R4",
      "AuditEvent IHE.BasicAudit.AuthZconsent",
      "AuditEvent IHE.BasicAudit.PrivacyDisclosure.Source",
      "AuditEvent IHE.BasicAudit.PrivacyDisclosure.Recipient",
      "AuditEvent IHE.BasicAudit.PatientRead",
      "Consent IHE.PCF.consentIntermediate",
    ]);
  });

  it("says success only where something was granted or opened", () => {
    const outcomes = (from: ReturnType<typeof entry>) =>
      auditEventsOf(from, contracts)
        .map(({ outcome }) => outcome)
        .join(" ");
    expect(outcomes(entry())).to.equal("0 0 0 0 0");
    for (const decision of ["DeniedByOwner", "HospitalLimitReached", "RecordLimitReached", "Expired"] as const) {
      expect(outcomes(refused(decision)), decision).to.equal("0 8");
    }
    const [disputed] = everyEntry().filter(({ acknowledgement }) => acknowledgement?.acknowledgement === "Disputed");
    expect(outcomes(disputed!)).to.equal("0 0 0 0 8");
  });

  it("names one patient in each event, by the hash of the pseudonym, and the transaction as request id", () => {
    for (const from of everyEntry()) {
      for (const event of auditEventsOf(from, contracts)) {
        const patients = event.entity.filter(({ role }) => role?.code === "1");
        expect(patients.length).to.equal(from.owner === undefined ? 0 : 1);
        for (const { what } of patients) expect(what.identifier?.value).to.equal(ids.owner);
        const byEntity = event.entity
          .filter(({ type }) => type.code === "XrequestId")
          .map(({ what }) => what.identifier?.value);
        const byDetail = event.entity
          .flatMap(({ detail }) => detail ?? [])
          .filter(({ type }) => type === "X-Request-Id")
          .map(({ valueString }) => valueString);
        expect([...byEntity, ...byDetail]).to.have.length(1);
        expect([...byEntity, ...byDetail][0]).to.match(/^0x[0-9a-f]{64}$/);
      }
    }
  });

  it("gives a Consent for what the owner decided, and none where the owner decided nothing", () => {
    const consentOf = (...given: Parameters<typeof historyOf>): Consent | undefined =>
      resourcesOf(...given).find((resource) => resource.resourceType === "Consent");
    const granted = consentOf([entry()]);
    expect(granted).to.deep.include({ status: "active" });
    expect(granted?.provision.type).to.equal("permit");
    expect(granted?.provision.period?.end).to.equal(
      new Date(Number(T0 + 3600n) * 1000).toISOString().replace(".000", ""),
    );
    expect(granted?.provision.actor?.[0]?.reference.identifier?.value).to.equal(ids.requester);
    expect(granted?.provision.data[0]?.reference.identifier?.value).to.equal(ids.record);

    const denied = consentOf([refused("DeniedByOwner")]);
    expect([denied?.status, denied?.provision.type]).to.deep.equal(["active", "deny"]);
    const limited = consentOf([refused("RecordLimitReached")]);
    expect([limited?.status, limited?.provision.type]).to.deep.equal(["rejected", "permit"]);
    for (const decision of ["RecordUnknown", "RecordRevoked", "Expired"] as const) {
      expect(consentOf([refused(decision)]), decision).to.equal(undefined);
    }
  });

  it("takes a grant back when the record is revoked, also outside the time asked for, or when the grant was withdrawn", () => {
    const since = T0 + 10_000n;
    const history = historyOf([entry()]);
    // The revocation is outside the filter's time; the reader gives it only when it is not asked for a time.
    const filtered = {
      ...history,
      recordChanges: (filter?: { since?: bigint }) => (filter?.since === undefined ? [revocation()] : []),
    };
    const resources = [...fhirResources(filtered, { since }, contracts)];
    expect(
      resources.filter(({ resourceType }) => resourceType === "Consent").map((c) => (c as Consent).status),
    ).to.deep.equal(["inactive"]);

    const statuses = resourcesOf([entry()], [revocation()]).flatMap((r) =>
      r.resourceType === "Consent" ? [`${r.status} ${r.provision.type}`] : [],
    );
    expect(statuses).to.deep.equal(["inactive permit", "active deny"]);
    const [withdrawn] = resourcesOf([
      entry({ decisions: [decided("Granted"), decided("RequesterInactive", {}, 25)] }),
    ]).filter((r) => r.resourceType === "Consent");
    expect((withdrawn as Consent).status).to.equal("inactive");
  });

  it("gives a Consent for each patient's part in a study, inactive once the patient has left", () => {
    const [joined, left] = resourcesOf([], [], [studyPart(), studyPart({ left: at(CHAIN_A, 40) })]) as Consent[];
    expect([joined?.status, left?.status]).to.deep.equal(["active", "inactive"]);
    expect(left?.provision.period?.end).to.not.equal(undefined);
    expect(joined?.provision.period?.end).to.equal(undefined);
    expect(joined?.provision.purpose?.[0]?.code).to.equal("HRESCH");
    expect(joined?.provision.data[0]?.reference.identifier?.value).to.equal(studyPart().studyId);
    expect(joined?.policy[0]?.uri).to.include("0x7777");
    // The same part keeps its id; the part of another patient, or in another study, has another.
    const others = [studyPart({ patient: ids.requester }), studyPart({ studyId: ids.record })];
    const known = resourcesOf([], [], [studyPart(), ...others]).map(({ id }) => id);
    expect(new Set(known).size).to.equal(3);
    expect(known[0]).to.equal(left?.id);
    expect(() => resourcesOf([], [], [studyPart({ joined: at(CHAIN_B, 30) })]))
      .to.throw()
      .with.property("code", "CONFIG_INVALID");
  });

  it("passes no purpose off as a code that HL7 does not have", () => {
    const hostile = everyEntry().at(-1)!;
    const [event] = auditEventsOf(hostile, contracts);
    expect(event?.purposeOfEvent).to.deep.equal([{ text: "=cmd()?[31m<b>" }]);
  });

  it("refuses a time that no calendar has, and a chain that is not configured", () => {
    const late = entry({ requested: { ...entry().requested!, timestamp: 2n ** 60n } });
    expect(() => auditEventsOf(late, contracts))
      .to.throw()
      .with.property("code", "AUDIT_MISMATCH");
    expect(() => auditEventsOf(entry({ sourceChainId: 5n }), contracts))
      .to.throw()
      .with.property("code", "CONFIG_INVALID");
  });

  it("gives every resource an id of its own, the same each time", () => {
    const idsOf = () => resourcesOf(everyEntry(), [revocation()]).map(({ id }) => id);
    expect(new Set(idsOf())).to.have.property("size", idsOf().length);
    expect(idsOf()).to.deep.equal(idsOf());
  });

  it("writes a valid Bundle, also an empty one, and NDJSON with a resource a line", () => {
    const resources = resourcesOf(everyEntry(), [revocation()]);
    for (const some of [resources, []]) {
      const bundle = JSON.parse([...fhirBundle(some, T0)].join(""));
      expect(bundle.entry?.length ?? 0).to.equal(some.length);
      expect(validate(bundle)).to.deep.equal([]);
    }
    const lines = [...fhirNdjson(resources)].join("").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).to.deep.equal(resources);
  });

  describe("its validator", () => {
    type Change = (resource: Record<string, unknown>) => void;
    /** Sets, or with undefined takes out, what a path leads to. */
    const set = (path: string, value: unknown): Change => {
      const keys = path.split(".");
      const last = keys.pop() ?? "";
      return (resource) => {
        const parent = keys.reduce((at: unknown, key) => (at as Record<string, unknown>)[key], resource);
        if (Array.isArray(parent) && value === undefined) parent.splice(Number(last), 1);
        else if (value === undefined) delete (parent as Record<string, unknown>)[last];
        else (parent as Record<string, unknown>)[last] = value;
      };
    };
    const without = (path: string): Change => set(path, undefined);
    const withoutAgent =
      (code: string): Change =>
      (resource) => {
        const agents = (resource as { agent: object[] }).agent;
        set(
          "agent",
          agents.filter((agent) => !JSON.stringify(agent).includes(`"${code}"`)),
        )(resource);
      };
    const { authorization, consent, disclosureRecipient, disclosureSource, patientRead } = PROFILES;
    const unknown = { system: "urn:x", code: "y" };
    const unknownCategory = { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "NOPE" };
    const patient = {
      what: { type: "Patient", display: "x" },
      type: { ...ENTITY_TYPES.person },
      role: ENTITY_ROLES.patient,
    };

    const broken: [what: string, profile: string, change: Change][] = [
      ["an element that R4 does not have", patientRead, set("severity", "low")],
      ["no recording time", patientRead, without("recorded")],
      ["a time that is none", patientRead, set("recorded", "yesterday")],
      ["an action that FHIR does not know", patientRead, set("action", "X")],
      ["no observer", patientRead, without("source.observer")],
      ["a failed patient read", patientRead, set("outcome", "8")],
      ["a read without its record", patientRead, without("entity.1")],
      ["a read of two patients", patientRead, set("entity.3", patient)],
      ["a read without a client", patientRead, withoutAgent("110152")],
      ["a server without an address", patientRead, without("agent.0.network")],
      ["a decision without a user", authorization, withoutAgent("IRCP")],
      ["a decision without an authoriser", authorization, withoutAgent("authserver")],
      ["a decision without a consent", authorization, without("entity.1")],
      [
        "an entity that a decision has no place for",
        authorization,
        set("entity.2", { what: { display: "x" }, type: unknown }),
      ],
      ["a decision of another type", authorization, set("type", unknown)],
      ["a user who did not ask", authorization, set("agent.2.requestor", false)],
      ["a disclosure that its source did not record", disclosureSource, set("source.observer", { display: "another" })],
      ["a disclosure that is not marked as one", disclosureSource, without("subtype")],
      ["a patient who is no Patient", disclosureSource, set("entity.0.what", { type: "Device", display: "x" })],
      ["an import that was a read", disclosureRecipient, set("action", "R")],
      ["a disclosure to nobody", disclosureRecipient, withoutAgent("110152")],
      ["a consent of nobody", consent, without("patient")],
      ["a consent without its source", consent, without("sourceReference")],
      ["a consent in no state", consent, set("status", "perhaps")],
      ["a consent to a kind of action", consent, set("provision.action", [{ text: "read" }])],
      ["a code that HL7 does not have", consent, set("category", [{ coding: [unknownCategory] }])],
      ["a profile that nobody knows", consent, set("meta", { profile: ["urn:x"] })],
    ];
    for (const [what, profile, change] of broken) {
      it(`refuses ${what}`, () => {
        const resource = resourcesOf([entry()]).find(({ meta }) => meta?.profile.includes(profile));
        // A copy that a test may break in any way.
        const copy = structuredClone(resource) as unknown as Record<string, unknown>;
        expect(validate(copy)).to.deep.equal([]);
        change(copy);
        expect(validate(copy)).to.not.deep.equal([]);
      });
    }
  });
});
