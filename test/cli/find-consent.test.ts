import type { ConsentStanding } from "@medexchain/actors";
import type { Hex32 } from "@medexchain/core";
import { expect } from "chai";
import { findConsent } from "../../cli/consent/find.ts";
import { failsWith } from "../offchain/fhir/support.ts";

const id = (digits: string): Hex32 => `0x${digits.padEnd(64, "0")}`;
const consent = (digits: string, state: ConsentStanding["state"]) => ({ consentId: id(digits), state });

describe("which consent is meant", () => {
  it("is by latest the last that still stands, whatever came after it and is over", () => {
    const given = [consent("aa11", "in force"), consent("bb22", "not yet"), consent("cc33", "revoked")];
    expect(findConsent(given, "latest")).to.equal(id("bb22"));
    const over = [given[0]!, consent("bb22", "revoked"), consent("dd44", "expired"), consent("ee55", "used up")];
    expect(findConsent(over, "latest")).to.equal(id("aa11"));
  });

  it("is none by latest where none stands", async () => {
    const error = await failsWith("NAME_UNKNOWN", () => findConsent([consent("aa11", "revoked")], "latest"));
    expect(error.message).to.include("medex consent list");
  });

  it("is by how its id begins also one that is over", () => {
    expect(findConsent([consent("aa11", "revoked"), consent("bb22", "in force")], "0xaa11")).to.equal(id("aa11"));
  });
});
