import { displayText, MAX_SHOWN, skeletonOf } from "@medexchain/core";
import { expect } from "chai";

describe("texts of others, as they are shown", () => {
  it("leaves names of people as they write them, whatever their script", () => {
    for (const name of [
      "Hospital A",
      "Dr. Zoë Ó Súilleabháin",
      "Charité – Universitätsmedizin Berlin (2)",
      "Городская больница № 4",
      "Больница А",
      "Νοσοκομείο Αθηνών",
      "東京大学医学部附属病院",
      "さくらクリニック",
      "서울대학교병원",
      "בית חולים",
      "مستشفى الملك",
      "Klinika Świętego Łukasza",
      "Sanatório São José 東京",
    ]) {
      expect(displayText(name), name).to.equal(name.normalize("NFC"));
    }
  });

  it("shows what a terminal acts on, and what cannot be seen, as code points", () => {
    expect(displayText("a\u001b[2Jb\u0007\u009bc")).to.equal("a\\u{1b}[2Jb\\u{7}\\u{9b}c");
    expect(displayText("one\ntwo\r\tthree\u2028four")).to.equal("one\\u{a}two\\u{d}\\u{9}three\\u{2028}four");
    expect(displayText("rec\u202etxt.exe\u2066x\u200f")).to.equal("rec\\u{202e}txt.exe\\u{2066}x\\u{200f}");
    expect(displayText("Hos\u200bpi\u00adtal\ufeff A\u{e0041}\u3164")).to.equal(
      "Hos\\u{200b}pi\\u{ad}tal\\u{feff} A\\u{e0041}\\u{3164}",
    );
    expect(displayText("\ud800x")).to.equal("\ufffdx");
  });

  it("shows letters that pass for those of another script as code points", () => {
    expect(displayText("Hоspital A")).to.equal("H\\u{43e}spital A"); // a Cyrillic o
    expect(displayText("Hospital А")).to.equal("Hospital \\u{410}"); // a Cyrillic A, alone
    expect(displayText("Ноѕріtаl")).to.match(/^\\u\{41d\}/);
    expect(displayText("αlice")).to.equal("\\u{3b1}lice");
  });

  it("keeps to a length, and to a few marks on a letter", () => {
    expect([...displayText("x".repeat(10_000_000))]).to.have.length(MAX_SHOWN + 1);
    expect(displayText("x".repeat(81), 80)).to.equal(`${"x".repeat(80)}…`);
    expect(displayText("x".repeat(80), 80)).to.equal("x".repeat(80));
    expect(displayText(`q${"\u0335".repeat(6)}`)).to.equal(`q${"\u0335".repeat(3)}${"\\u{335}".repeat(3)}`);
    expect(displayText("a\u00a0b\u3000c ")).to.equal("a b c");
  });

  it("takes for the same what looks the same", () => {
    for (const [one, other] of [
      ["Hospital A", "hospital  a"],
      ["Hospital A", "Hоspital А"],
      ["Hospital A", "Ｈｏｓｐｉｔａｌ Ａ"],
      ["Hospital A", "Hos\u200bpital\u00a0A"],
      ["Zoë", "Zoe\u0308"],
    ] as const) {
      expect(skeletonOf(one), other).to.equal(skeletonOf(other));
    }
    expect(skeletonOf("Hospital A")).to.not.equal(skeletonOf("Hospital B"));
    expect(skeletonOf("Больница")).to.not.equal(skeletonOf("Клиника"));
  });
});
