import { readFileSync } from "node:fs";
import type { RecordInput } from "@medexchain/actors";
import { parsePolicy } from "@medexchain/sfe";
import { expect } from "chai";
import type { Cast } from "../../devnet/cast.ts";
import { failsWith, grantTo, withNetwork } from "./support.ts";

const read = (file: string): Buffer => readFileSync(new URL(`../../examples/${file}`, import.meta.url));

function example(file: string, policyFile: string): RecordInput {
  const { private: privateSelectors, numeric } = parsePolicy(read(policyFile).toString());
  return {
    document: new Uint8Array(read(file)),
    privateSelectors,
    ...(numeric && { numericColumns: numeric }),
    maxAccessCount: 5,
  };
}

describe("records of every format", function () {
  this.timeout(180_000);
  let cast: Cast;

  withNetwork((network) => {
    ({ cast } = network);
  });

  for (const [file, policy, format] of [
    ["observations.ndjson", "observations.policy.json", "fhir-r4+ndjson"],
    ["heart-visits.csv", "heart-visits.policy.json", "csv"],
    ["chest-image.png", "chest-image.policy.json", "binary"],
  ] as const) {
    it(`${file} reaches the doctor byte for byte, its format found by its content`, async () => {
      const [doctor] = cast.doctors;
      const input = example(file, policy);
      const record = await cast.patient.publish(input);
      expect(record.format).to.equal(format);
      const { document, withheld } = await doctor.open(await grantTo(cast, doctor, record.recordId));
      expect(document).to.deep.equal(input.document);
      expect(withheld).to.deep.equal([]);
    });
  }

  it("a table in several pieces: the columns that the patient chooses, whole; the others empty", async () => {
    const [doctor] = cast.doctors;
    const rows = Array.from({ length: 9000 }, (_, i) => `${i},name ${i},${(i % 500) / 10}`);
    const text = `id,name,weight\r\n${rows.join("\r\n")}\r\n`;
    const record = await cast.patient.publish({
      document: new TextEncoder().encode(text),
      privateSelectors: ["name", "weight"],
      maxAccessCount: 5,
    });
    expect(record.pieces).to.equal(2);
    const { document, withheld } = await doctor.open(await grantTo(cast, doctor, record.recordId, new Set(["weight"])));
    expect(withheld).to.deep.equal(["name"]);
    expect(new TextDecoder().decode(document)).to.equal(text.replaceAll(/name \d+/g, ""));
  });

  it("a record is taken for what its owner says it is, and refused if it is not that, or too long", async () => {
    const document = new TextEncoder().encode("a,b\n1,2,3\n");
    const publish = (input: Partial<RecordInput>) =>
      cast.patient.publish({ document, privateSelectors: ["a"], maxAccessCount: 1, ...input });
    await failsWith("RECORD_FORMAT", () => publish({ format: "csv" }));
    await failsWith("RECORD_FORMAT", () => publish({ format: "fhir-r4+json" }));
    await failsWith("RECORD_FORMAT", () => publish({}));
    await failsWith("INPUT_INVALID", () =>
      publish({ document: new Uint8Array((64 << 20) + 1), privateSelectors: ["0-"] }),
    );
    expect((await publish({ format: "binary", privateSelectors: ["0-"] })).format).to.equal("binary");
  });

  it("a private value in a public place is refused and not anchored, unless its owner allows that place", async () => {
    const document = new TextEncoder().encode(
      JSON.stringify({
        resourceType: "Observation",
        status: "final",
        code: { text: "Pulse" },
        subject: { reference: "Patient/1", display: "Philippa Ravensworth" },
        note: [{ text: "Seen by the team of Philippa Ravensworth" }],
      }),
    );
    const input = { document, privateSelectors: ["Observation.subject"], maxAccessCount: 1 };
    const { message } = await failsWith("PRIVATE_VALUE_PUBLIC", () => cast.patient.publish(input));
    expect(message).to.include("Observation.note[0].text").and.to.not.include("Philippa");
    const done: number[] = [];
    const record = await cast.patient.publish({
      ...input,
      allowPublic: ["Observation.note.text"],
      onPiece: (count) => done.push(count),
    });
    expect(record.features.private).to.equal(2);
    expect(done).to.deep.equal([1]);
  });

  it("a file whose name promises what it does not keep is refused", async () => {
    const document = new TextEncoder().encode("no table at all\n");
    const input = { document, privateSelectors: ["0-"], maxAccessCount: 1 };
    await failsWith("RECORD_FORMAT", () => cast.patient.publish({ ...input, name: "record.json" }));
    expect((await cast.patient.publish({ ...input, name: "record.txt" })).format).to.equal("binary");
  });
});
