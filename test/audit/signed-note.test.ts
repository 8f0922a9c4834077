import { readFileSync } from "node:fs";
import {
  checkpointText,
  cosign,
  parseCheckpointText,
  parseSignerKey,
  parseVerifierKey,
  signerKeyOf,
  verifierKeyOf,
  verifyNote,
  witnessSigner,
} from "@medexchain/audit";
import { hexToBytes } from "@noble/curves/utils.js";
import { expect } from "chai";
import { refusalOf } from "./support/refusal-of.ts";

interface NoteVectors {
  readonly seed: string;
  readonly signerKey: string;
  readonly cosignerKey: string;
  readonly text: string;
  readonly cosigned: string;
  readonly signed: string;
}

/** What Go's implementations make of a key and a text, written by test/vectors/write-merkle.go, so of this shape. */
const GO = JSON.parse(readFileSync(new URL("../vectors/notes.json", import.meta.url), "utf8")) as NoteVectors;
const NAME = "witness.example/medexchain";

describe("signed notes", () => {
  const signer = witnessSigner(NAME, hexToBytes(GO.seed));
  const key = parseVerifierKey(GO.cosignerKey);

  it("have the keys of Go's notes, both ways", () => {
    expect(signerKeyOf(signer)).to.equal(GO.signerKey);
    expect(verifierKeyOf(signer)).to.equal(GO.cosignerKey);
    expect(parseSignerKey(GO.signerKey)).to.deep.equal(signer);
    expect(key.name).to.equal(NAME);
  });

  it("are cosigned as Go cosigns, bit by bit, and verified", () => {
    const { text, cosignatures } = verifyNote(GO.cosigned, [key]);
    expect(text).to.equal(GO.text);
    expect(cosignatures).to.have.length(1);
    expect(cosign(GO.text, signer, cosignatures[0]!.time)).to.equal(GO.cosigned);
  });

  it("carry several witnesses, and pass over those that nobody asked for, and other kinds of signature", () => {
    const other = witnessSigner("other.example", new Uint8Array(32).fill(7));
    const both = cosign(cosign(GO.signed, signer, 5n), other, 6n);
    const keys = [key, parseVerifierKey(verifierKeyOf(other))];
    expect(verifyNote(both, keys).cosignatures).to.deep.equal([
      { name: NAME, time: 5n },
      { name: "other.example", time: 6n },
    ]);
    expect(verifyNote(both, keys.slice(1)).cosignatures).to.deep.equal([{ name: "other.example", time: 6n }]);
    expect(verifyNote(GO.signed, [key]).cosignatures).to.deep.equal([]);
  });

  it("are refused when text, time or signature was altered", () => {
    const altered = [
      GO.cosigned.replace("\n3\n", "\n4\n"),
      GO.cosigned.replace("31337", "31338"),
      // The bytes after the key's id are the time, those after it the signature.
      ...[4, 11, 12, 75].map((at) =>
        GO.cosigned.replace(/[0-9A-Za-z+/=]+\n$/, (base64) => {
          const bytes = Buffer.from(base64, "base64");
          bytes[at] = (bytes[at] ?? 0) ^ 1;
          return `${bytes.toString("base64")}\n`;
        }),
      ),
    ];
    for (const note of altered) {
      expect(note).to.not.equal(GO.cosigned);
      expect(refusalOf(() => verifyNote(note, [key]))).to.equal("INPUT_INVALID");
    }
  });

  it("are refused when they are none", () => {
    const wrong = ["", "\n\n", GO.text, GO.cosigned.slice(0, -1), GO.cosigned.replace("— ", "- "), `${GO.cosigned}x\n`];
    for (const note of wrong)
      expect(
        refusalOf(() => verifyNote(note, [key])),
        note,
      ).to.equal("INPUT_INVALID");
  });

  it("have keys that are refused when a letter is another, or the kind", () => {
    const keys = ["", "a+b", GO.cosignerKey.replace("witness", "Witness"), GO.cosignerKey.replace("BC/T", "BC/U")];
    for (const each of [...keys, GO.signerKey])
      expect(refusalOf(() => parseVerifierKey(each))).to.equal("INPUT_INVALID");
    for (const each of ["", GO.cosignerKey, GO.signerKey.replace("Ac2s", "Ac2t")])
      expect(refusalOf(() => parseSignerKey(each))).to.equal("INPUT_INVALID");
    for (const name of ["", "a b", "a+b", "a\nb"])
      expect(refusalOf(() => witnessSigner(name, new Uint8Array(32)))).to.equal("INPUT_INVALID");
  });

  it("have a checkpoint as their text, in one form only", () => {
    const checkpoint = {
      chainId: 31337n,
      ledger: "0x5fbdb2315678afecb367f032d93f642f64180aa3",
      entryCount: 3,
      root: hexToBytes(GO.seed),
    };
    expect(checkpointText(checkpoint)).to.equal(GO.text);
    expect(parseCheckpointText(GO.text)).to.deep.equal(checkpoint);
    const wrong = [
      GO.text.replace("\n3\n", "\n03\n"),
      GO.text.replace("\n3\n", "\n-3\n"),
      GO.text.slice(0, -1),
      `${GO.text}more\n`,
      GO.text.replace("medexchain/", "other/"),
      GO.text.replace("=\n", "\n"),
    ];
    for (const text of wrong)
      expect(
        refusalOf(() => parseCheckpointText(text)),
        text,
      ).to.equal("INPUT_INVALID");
  });
});
