/** What a record is asked for: HL7 v3 PurposeOfUse (terminology.hl7.org/ValueSet/v3-PurposeOfUse), codes of v3-ActReason with HL7's displays. */
import { fromHex32, type Hex32 } from "@medexchain/core";

const DISPLAYS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    BIORCH: "biomedical research",
    BTG: "break the glass",
    CAREMGT: "care management",
    CLINTRCH: "clinical trial research",
    CLINTRCHNPC: "clinical trial research without patient care",
    CLINTRCHPC: "clinical trial research with patient care",
    CLINTRL: "clinical trial",
    CLMATTCH: "claim attachment",
    COC: "coordination of care",
    COVAUTH: "coverage authorization",
    COVERAGE: "coverage under policy or program",
    DISASTER: "disaster",
    DONAT: "donation",
    DSRCH: "disease specific healthcare research",
    ELIGDTRM: "eligibility determination",
    ELIGVER: "eligibility verification",
    ENROLLM: "enrollment",
    ERTREAT: "emergency room treatment",
    ETREAT: "Emergency Treatment",
    FAMRQT: "family requested",
    FRAUD: "fraud",
    GOV: "government",
    HACCRED: "health accreditation",
    HCOMPL: "health compliance",
    HDECD: "decedent",
    HDIRECT: "directory",
    HDM: "healthcare delivery management",
    HLEGAL: "legal",
    HMARKT: "healthcare marketing",
    HOPERAT: "healthcare operations",
    HOUTCOMS: "health outcome measure",
    HPAYMT: "healthcare payment",
    HPRGRP: "health program reporting",
    HQUALIMP: "health quality improvement",
    HRESCH: "healthcare research",
    HSYSADMIN: "health system administration",
    HTEST: "test health data",
    LABELING: "labeling",
    MEMADMIN: "member administration",
    METAMGT: "metadata management",
    MILCDM: "military command",
    MILDCRG: "military discharge",
    PATADMIN: "patient administration",
    PATRQT: "patient requested",
    PATSFTY: "patient safety",
    PERFMSR: "performance measure",
    POARCH: "population origins or ancestry healthcare research",
    POPHLTH: "population health",
    PRECLINTRCH: "preclinical trial research",
    PUBHLTH: "public health",
    PWATRNY: "power of attorney",
    RECORDMGT: "records management",
    REMITADV: "remittance advice",
    SUPNWK: "support network",
    SYSDEV: "system development",
    THREAT: "threat",
    TRAIN: "training",
    TRANSRCH: "translational healthcare research",
    TREAT: "treatment",
  }),
);

/** The codes that there are. */
export const PURPOSE_CODES: readonly string[] = [...DISPLAYS.keys()];

/**
 * A request's purpose as text: ASCII, padded with zeros. Anyone may choose its bytes: whatever else is in them becomes `?`, so that no other bytes read
 * as a code.
 */
export function purposeText(purpose: Hex32): string {
  return String.fromCharCode(...fromHex32(purpose))
    .replace(/\0+$/, "")
    .replaceAll(/[^\x21-\x7e]/g, "?");
}

/** HL7's words for a code; undefined where HL7 has no such code. */
export const purposeDisplay = (code: string): string | undefined => DISPLAYS.get(code);

/** A purpose as a person reads it, the same everywhere: `TREAT (treatment)`. */
export function purposeWords(code: string): string {
  const display = purposeDisplay(code);
  if (display !== undefined) return `${code} (${display})`;
  return code === "" ? "no purpose" : `${code} (no code of HL7)`;
}
