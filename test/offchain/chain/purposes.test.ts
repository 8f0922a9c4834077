import { type Hex32, PURPOSE_CODES, purposeText } from "@medexchain/chain";
import { expect } from "chai";

const bytesOf = (text: string): Hex32 => `0x${Buffer.from(text, "latin1").toString("hex").padEnd(64, "0")}`;

describe("purposeText", () => {
  it("reads each code of HL7", () => {
    expect(PURPOSE_CODES.map((code) => purposeText(bytesOf(code)))).to.deep.equal(PURPOSE_CODES);
    expect(purposeText(bytesOf(""))).to.equal("");
  });

  it("reads no other bytes as a code, nor any that a terminal acts on", () => {
    for (const other of ["T\0REAT", "\0TREAT", " TREAT", "TREAT ", "TREAT\0 ", "TREAT\x1b", "TRE\xc1T", "\x7fTREAT"]) {
      const text = purposeText(bytesOf(other));
      expect(text, JSON.stringify(other)).to.match(/^[\x21-\x7e]+$/);
      expect(PURPOSE_CODES).not.to.include(text);
    }
  });
});
