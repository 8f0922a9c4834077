import { type ErrorCode, type Hex32, isReserved, MedexError, type Nameable, resolveId } from "@medexchain/core";
import { expect } from "chai";

const id = (start: string): Hex32 => `0x${start.padEnd(64, "0")}`;
const HEART: Nameable = { id: id("aa11223344"), names: ["Heart visits", "visits.csv"] };
const SCAN: Nameable = { id: id("aa11ff"), names: ["Scan"] };
const SCANS: Nameable = { id: id("bb"), names: ["Scans of June"] };
const ALL = [HEART, SCAN, SCANS];

describe("what a person names", () => {
  const failsWith = (code: ErrorCode, reference: string, among: readonly Nameable[] = ALL, onlyOne = false): string => {
    try {
      resolveId("record", reference, among, { onlyOne });
    } catch (error) {
      if (!MedexError.is(error, code)) throw error;
      return error.message;
    }
    throw new Error(`${reference} was resolved`);
  };

  it("is found by its id, in any case, whether it is listed or not", () => {
    expect(resolveId("record", id("cc"), ALL)).to.equal(id("cc"));
    expect(resolveId("record", HEART.id.toUpperCase().replace("0X", "0x"), [])).to.equal(HEART.id);
  });

  it("is found by the beginning of its id, where no other begins so", () => {
    expect(resolveId("record", "0xAA1122", ALL)).to.equal(HEART.id);
    expect(resolveId("record", "0xaa112233…", ALL)).to.equal(HEART.id); // as lists show it
    expect(failsWith("NAME_AMBIGUOUS", "0xaa11")).to.include("Heart visits").and.include("Scan");
    failsWith("NAME_UNKNOWN", "0xdddd");
    failsWith("INPUT_INVALID", "0xaa");
    failsWith("INPUT_INVALID", "0xaa1g");
    failsWith("INPUT_INVALID", `${HEART.id}0`);
  });

  it("is found by a name, or how one begins; a whole name comes before the beginning of another", () => {
    expect(resolveId("record", "heart visits", ALL)).to.equal(HEART.id);
    expect(resolveId("record", "VISITS.csv", ALL)).to.equal(HEART.id);
    expect(resolveId("record", "hea", ALL)).to.equal(HEART.id);
    expect(resolveId("record", "scan", ALL)).to.equal(SCAN.id);
    expect(failsWith("NAME_AMBIGUOUS", "sca")).to.include("0xaa11ff00…").and.include("0xbb000000…");
    expect(failsWith("NAME_UNKNOWN", "lungs")).to.include("Heart visits");
    failsWith("NAME_UNKNOWN", "\u200b");
  });

  it("is the last of the list as latest; where nobody sees which, only the one that there is", () => {
    expect(resolveId("record", "latest", ALL)).to.equal(SCANS.id);
    expect(resolveId("record", "latest", [SCAN], { onlyOne: true })).to.equal(SCAN.id);
    failsWith("NAME_AMBIGUOUS", "latest", ALL, true);
    failsWith("NAME_UNKNOWN", "latest", []);
  });

  it("is not found by a name that passes for another's", () => {
    const impostor: Nameable = { id: id("dd"), names: ["Heаrt visits"] }; // a Cyrillic a
    const message = failsWith("NAME_AMBIGUOUS", "Heart visits", [...ALL, impostor]);
    expect(message).to.include("He\\u{430}rt visits");
  });

  it("puts nothing hostile into an error, and reads nothing of any length", () => {
    expect(failsWith("NAME_UNKNOWN", "\u001b]0;x\u0007")).to.include("\\u{1b}]0;x\\u{7}").and.not.include("\u001b");
    failsWith("INPUT_INVALID", "x".repeat(257));
    failsWith("INPUT_INVALID", " ");
  });

  it("tells apart, in an error, ids that begin alike", () => {
    const one = { id: id(`aaaabbbbcccc1`), names: [] };
    const two = { id: id(`aaaabbbbcccc2`), names: [] };
    expect(failsWith("NAME_AMBIGUOUS", "0xaaaa", [one, two])).to.include("0xaaaabbbbcccc10…; 0xaaaabbbbcccc20…");
  });

  it("knows which labels would be taken for something else", () => {
    for (const label of ["latest", "Latest", "lаtest", "0x12", id("aa"), id("aa").slice(2)]) {
      expect(isReserved(label), label).to.equal(true);
    }
    expect(isReserved("Heart visits")).to.equal(false);
  });
});
