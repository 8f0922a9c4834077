import { readFileSync } from "node:fs";
import { NO_END, parseConsent } from "@medexchain/fhir";
import { expect } from "chai";
import { by, coding, consentFor, HL7, RECIPIENT } from "./consent-example.ts";
import { failsWith } from "./support.ts";

const OWNER = `0x${"aa".repeat(32)}` as const;
const HOSPITAL = `0x${"bb".repeat(32)}` as const;
const OTHER = `0x${"cc".repeat(32)}` as const;
const DOCTOR = `0x${"dd".repeat(32)}` as const;
const RECORD = `0x${"ee".repeat(32)}` as const;
const subject = { owner: OWNER, hospital: HOSPITAL, purposes: new Set(["TREAT", "ETREAT"]) };

const consent = consentFor({ owner: OWNER, hospital: HOSPITAL }, OTHER);
const { provision } = consent;
const recipient = RECIPIENT;
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const within = (changes: object) => ({ ...consent, provision: { ...provision, ...changes } });

describe("parseConsent", () => {
  it("reads who, for what, until when, and for all data", () => {
    const actor = [...provision.actor, { role: recipient, reference: by("member", DOCTOR) }];
    expect(parseConsent(bytesOf(within({ actor })), subject)).to.deep.equal({
      hospitals: [OTHER],
      members: [DOCTOR],
      purposes: ["TREAT"],
      from: 1_767_225_600n,
      until: 4_070_905_201n,
      data: { records: [], resources: [], types: [], labels: [], codes: [] },
    });
  });

  it("reads data by record, resource, type, security label and code", () => {
    const chosen = within({
      data: [{ meaning: "instance", reference: by("record", RECORD) }],
      class: [coding("http://hl7.org/fhir/resource-types", "Observation")],
      securityLabel: [coding(`${HL7}/v3-Confidentiality`, "N")],
      code: [{ coding: [coding("http://loinc.org", "29463-7")] }],
    });
    expect(parseConsent(bytesOf(chosen), subject).data).to.deep.equal({
      records: [RECORD],
      resources: [],
      types: ["Observation"],
      labels: [`${HL7}/v3-Confidentiality|N`],
      codes: ["http://loinc.org|29463-7"],
    });
    const one = within({ data: [{ meaning: "instance", reference: { reference: "Observation/o1" } }] });
    expect(parseConsent(bytesOf(one), subject).data.resources).to.deep.equal(["Observation/o1"]);
  });

  it("reads the example", () => {
    const example = readFileSync(new URL("../../../examples/consent.json", import.meta.url));
    const ids = { ...subject, owner: `0x${"11".repeat(32)}`, hospital: `0x${"22".repeat(32)}` } as const;
    expect(parseConsent(example, ids).data.types).to.deep.equal(["Observation"]);
  });

  /** What is wrong, and the element that the error names. */
  const refused: [string, object, string][] = [
    [
      "a modifier extension",
      { ...consent, modifierExtension: [{ url: "http://x.org", valueBoolean: true }] },
      "modifierExtension",
    ],
    ["a modifier extension within", within({ modifierExtension: [] }), "provision.modifierExtension"],
    ["an extension", within({ extension: [{ url: "http://x.org" }] }), "provision.extension"],
    ["an element that nobody knows", within({ colour: "red" }), "provision.colour"],
    ["an element's extension", { ...consent, _status: { extension: [] } }, "_status"],
    ["a contained resource", { ...consent, contained: [{ resourceType: "Organization" }] }, "contained"],
    ["a draft", { ...consent, status: "draft" }, "status"],
    ["no status", { ...consent, status: undefined }, "status"],
    ["another scope", { ...consent, scope: { coding: [coding(`${HL7}/consentscope`, "research")] } }, "scope"],
    ["another category", { ...consent, category: [{ coding: [coding("http://loinc.org", "1-1")] }] }, "category[0]"],
    ["another patient", { ...consent, patient: by("member", DOCTOR) }, "patient"],
    ["a patient of a server", { ...consent, patient: { reference: "Patient/1" } }, "patient"],
    ["another performer", { ...consent, performer: [{ reference: "RelatedPerson/1" }] }, "performer[0]"],
    ["another custodian", { ...consent, organization: [by("hospital", OTHER)] }, "organization[0]"],
    ["another policy", { ...consent, policy: [{ uri: "https://example.org/policy" }] }, "policy[0].uri"],
    ["a policy rule", { ...consent, policyRule: { text: "opt-in" } }, "policyRule"],
    ["a denial", within({ type: "deny" }), "provision.type"],
    ["an exception", within({ provision: [{ type: "deny" }] }), "provision.provision"],
    ["a time frame of the data", within({ dataPeriod: { start: "2020-01-01" } }), "provision.dataPeriod"],
    ["an action", within({ action: [{ text: "use" }] }), "provision.action"],
    ["a date without a zone", within({ period: { end: "2027-01-01" } }), "provision.period.end"],
    [
      "an end before the start",
      within({ period: { start: "2027-01-01T00:00:00Z", end: "2026-01-01T00:00:00Z" } }),
      "provision.period",
    ],
    ["a start before 1970", within({ period: { start: "1969-12-31T23:59:59Z" } }), "provision.period.start"],
    ["an end before 1970", within({ period: { end: "1969-12-31T23:59:58Z" } }), "provision.period"],
    [
      "a patient by an identifier and a reference",
      { ...consent, patient: { ...by("member", OWNER), reference: "Patient/9" } },
      "patient.reference",
    ],
    [
      "an actor by an identifier and a reference",
      within({ actor: [{ role: recipient, reference: { ...by("hospital", OTHER), reference: "Organization/1" } }] }),
      "provision.actor[0].reference.reference",
    ],
    [
      "an actor of another type than its identifier",
      within({ actor: [{ role: recipient, reference: { ...by("member", DOCTOR), type: "Organization" } }] }),
      "provision.actor[0].reference.type",
    ],
    [
      "a record by an identifier and a reference",
      within({
        data: [{ meaning: "instance", reference: { ...by("record", RECORD), reference: "DocumentReference/1" } }],
      }),
      "provision.data[0].reference.reference",
    ],
    [
      "a resource of another type than its reference",
      within({ data: [{ meaning: "instance", reference: { reference: "Observation/o1", type: "Condition" } }] }),
      "provision.data[0].reference.type",
    ],
    ["nobody", within({ actor: undefined }), "provision.actor"],
    ["an empty list of actors", within({ actor: [] }), "provision.actor"],
    [
      "an actor of a server",
      within({ actor: [{ role: recipient, reference: { reference: "Organization/1" } }] }),
      "provision.actor[0].reference",
    ],
    [
      "an actor in another role",
      within({ actor: [{ ...provision.actor[0], role: { coding: [coding(HL7, "CST")] } }] }),
      "provision.actor[0].role",
    ],
    [
      "an id that is none",
      within({ actor: [{ role: recipient, reference: by("member", "0x12") }] }),
      "provision.actor[0].reference",
    ],
    ["no purpose", within({ purpose: undefined }), "provision.purpose"],
    ["a purpose of another system", within({ purpose: [coding("http://x.org", "TREAT")] }), "provision.purpose[0]"],
    [
      "a purpose that there is not",
      within({ purpose: [coding(`${HL7}/v3-ActReason`, "FUN")] }),
      "provision.purpose[0]",
    ],
    [
      "related data",
      within({ data: [{ meaning: "related", reference: by("record", RECORD) }] }),
      "provision.data[0].meaning",
    ],
    [
      "data by a URL",
      within({ data: [{ meaning: "instance", reference: { reference: "http://x.org/Observation/1" } }] }),
      "provision.data[0].reference",
    ],
    ["a class of another system", within({ class: [coding("urn:ietf:bcp:13", "text/xml")] }), "provision.class[0]"],
    ["a container", within({ class: [coding("http://hl7.org/fhir/resource-types", "Bundle")] }), "provision.class[0]"],
    [
      "too many labels",
      within({ securityLabel: Array.from({ length: 33 }, (_, i) => coding("x", String(i))) }),
      "provision.securityLabel",
    ],
    [
      "a label that could be split in two ways",
      within({ securityLabel: [coding(`${HL7}/v3-Confidentiality|N`, "1")] }),
      "provision.securityLabel[0].system",
    ],
    [
      "a code that could be split in two ways",
      within({ code: [{ coding: [coding("http://loinc.org", "1|2")] }] }),
      "provision.code[0].coding[0].code",
    ],
    ["a time finer than is read", within({ period: { start: "2026-01-01T00:00:00.0001Z" } }), "provision.period.start"],
    ["what is no Consent", { resourceType: "Patient" }, "resourceType"],
  ];
  for (const [what, document, place] of refused) {
    it(`refuses ${what}, and says where`, async () => {
      const { message } = await failsWith("CONSENT_INEXPRESSIBLE", () => parseConsent(bytesOf(document), subject));
      expect(message.startsWith(`Consent.${place} `), message).to.equal(true);
    });
  }

  it("reads a period with both its ends, by a clock of whole seconds, and one without an end as without an end", () => {
    const periodOf = (period: object | undefined) => {
      const { from, until } = parseConsent(bytesOf(within({ period })), subject);
      return [from, until];
    };
    const exact = { start: "1970-01-01T00:00:10Z", end: "1970-01-01T00:00:20Z" };
    expect(periodOf(exact)).to.deep.equal([10n, 21n]);
    const fractions = { start: "1970-01-01T00:00:10.001Z", end: "1970-01-01T00:00:20.999Z" };
    expect(periodOf(fractions)).to.deep.equal([11n, 21n]);
    expect(periodOf({ start: "1970-01-01T00:00:10Z" })).to.deep.equal([10n, NO_END]);
    expect(periodOf(undefined)).to.deep.equal([0n, NO_END]);
    expect(NO_END).to.equal(2n ** 64n - 1n);
  });

  it("refuses what two readers could read as two Consents: an element twice, and what is no UTF-8", async () => {
    const text = JSON.stringify(consent);
    const encode = (json: string) => new TextEncoder().encode(json);
    const twice = [
      text.replace(/}$/, ',"status":"active"}'),
      text.replace('"type":"permit"', '"type":"deny","type":"permit"'),
      text.replace('"type":"permit"', '"type" : "permit","t\\u0079pe":"permit"'),
      text.replace(/}$/, ',"__proto__":{"status":"draft"}}'),
    ];
    for (const json of twice) {
      expect(json).not.to.equal(text);
      const { message } = await failsWith("CONSENT_INEXPRESSIBLE", () => parseConsent(encode(json), subject));
      expect(message).to.include("twice");
    }
    const named = within({
      actor: [{ role: recipient, reference: { ...by("hospital", OTHER), display: '{"a":"\\\\' } }],
    });
    expect(parseConsent(bytesOf(named), subject).hospitals).to.deep.equal([OTHER]);
    const broken = bytesOf(
      within({ actor: [{ role: recipient, reference: { ...by("hospital", OTHER), display: "?" } }] }),
    );
    broken[broken.lastIndexOf(0x3f)] = 0xff;
    await failsWith("RECORD_FORMAT", () => parseConsent(broken, subject));
    await failsWith("RECORD_FORMAT", () => parseConsent(encode(`\uFEFF${text}`), subject));
  });

  it("refuses what is no JSON, or too long", async () => {
    await failsWith("RECORD_FORMAT", () => parseConsent(new TextEncoder().encode("<Consent/>"), subject));
    await failsWith("CONSENT_INEXPRESSIBLE", () => parseConsent(new Uint8Array(256 * 1024 + 1), subject));
  });
});
