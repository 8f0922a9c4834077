/** A Consent as a patient would sign it: one hospital, for treatment. */
import type { Hex32 } from "@medexchain/core";
import { STANDING_POLICY, SYSTEMS } from "@medexchain/fhir";

export const HL7 = "http://terminology.hl7.org/CodeSystem";
export const coding = (system: string, code: string) => ({ system, code });
export const by = (system: "member" | "hospital" | "record", value: string) => ({
  identifier: { system: SYSTEMS[system], value },
});
export const RECIPIENT = { coding: [coding(`${HL7}/v3-ParticipationType`, "IRCP")] };

/**
 * @param recipient a hospital
 * @param changes of the provision
 */
export function consentFor(
  { owner, hospital }: { owner: Hex32; hospital: Hex32 },
  recipient: Hex32,
  changes: object = {},
) {
  return {
    resourceType: "Consent",
    status: "active",
    scope: { coding: [coding(`${HL7}/consentscope`, "patient-privacy")] },
    category: [{ coding: [coding("http://loinc.org", "59284-0")] }],
    patient: by("member", owner),
    dateTime: "2026-01-01",
    performer: [by("member", owner)],
    organization: [by("hospital", hospital)],
    policy: [{ uri: STANDING_POLICY }],
    provision: {
      type: "permit",
      period: { start: "2026-01-01T00:00:00Z", end: "2099-01-01T00:00:00+01:00" },
      actor: [{ role: RECIPIENT, reference: by("hospital", recipient) }],
      purpose: [coding(`${HL7}/v3-ActReason`, "TREAT")],
      ...changes,
    },
  };
}
