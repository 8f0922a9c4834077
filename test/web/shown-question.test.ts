import { encodeQuestion, type Question } from "@medexchain/studies";
import { expect } from "chai";
import { shownQuestion } from "../../web/src/device/shown-question.ts";

describe("a study's question, as the app shows it", () => {
  const question = (title: string, unit: string): Question => ({
    version: 1,
    title,
    columns: [{ name: "weight", code: "29463-7", unit, scale: 1, min: "30", max: "200" }],
    statistic: { kind: "mean", column: "weight" },
  });

  it("has nothing in title and units that moves or hides other text, though anyone can propose such a one", () => {
    const hostile = question("Weight\u202e\u200b\n\u001b[2J", "k\u202eg");
    encodeQuestion(hostile);
    const { title, columns } = shownQuestion(hostile);
    const text = `${title} ${JSON.stringify(columns)}`;
    for (const hidden of ["\u202e", "\u200b", "\n", "\u001b"]) expect(text).to.not.include(hidden);
    expect(title).to.match(/^Weight/);
  });

  it("is else as it was asked", () => {
    const plain = question("x".repeat(200), "mm[Hg]");
    expect(shownQuestion(plain)).to.deep.equal(plain);
  });
});
