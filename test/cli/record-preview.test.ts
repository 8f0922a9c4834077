import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { z } from "zod";
import { recordPreviewOutput } from "../../cli/record/outputs.ts";
import { Person } from "./support/medex.ts";

const example = (file: string): string => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));

/** Who is named in a note that the policy below leaves public. */
const NAMED = {
  resourceType: "Observation",
  status: "final",
  code: { text: "Cholesterol" },
  subject: { reference: "Patient/1", display: "Philippa Ravensworth" },
  valueQuantity: { value: 5.2, unit: "mmol/L" },
  note: [{ text: "Seen by the team of Philippa Ravensworth" }],
};

describe("medex record preview", function () {
  this.timeout(60_000);
  let folder: string;
  let person: Person;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-preview-"));
    writeFileSync(join(folder, "named.json"), JSON.stringify(NAMED));
    // There is no vault and no configuration: whatever asked for one would fail.
    person = new Person(folder, { MEDEX_HOME: join(folder, "nothing") });
  });
  after(() => rmSync(folder, { recursive: true }));

  const previewOf = async (...args: string[]): Promise<z.output<typeof recordPreviewOutput>> =>
    recordPreviewOutput.parse(await person.ok("record", "preview", ...args));

  it("shows what of the example would be public and private, without a vault or a network", async () => {
    const shown = await previewOf(example("patient-record.json"), "--policy", example("policy.json"));
    expect(shown).to.deep.include({ format: "fhir-r4+json", release: "R4", hints: [], pieces: 1 });
    expect([shown.public.features, shown.private.features]).to.deep.equal([327, 54]);
    expect(shown.private.places).to.include("Bundle.entry.resource.birthDate");
    expect(shown.public.places).to.not.include("Bundle.entry.resource.birthDate");
    expect(shown.sizes.document).to.equal(25_174);
    expect(shown.approval).to.deep.include({ blocks: 2, boxes: 0 });
  });

  it("shows a person places, and no values", async () => {
    const { code, stdout, stderr } = await person.run(["record", "preview", "named.json", "--policy", "research"]);
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.match(/^private +\d+ features, .*: .*Observation\.subject\.display/m);
    expect(stdout).to.match(/^an approval +sends about .* in \d+ blocks: about \d+ s to encrypt and store, /m);
    expect(stdout).to.not.include("Philippa");
  });

  it("takes ready policies by name, more of which make more private", async () => {
    const counts = await Promise.all(
      ["identifiers", "research", "vitals-only"].map(
        async (policy) => (await previewOf(example("patient-record.json"), "--policy", policy)).private.features,
      ),
    );
    expect(counts[0]).to.be.lessThan(counts[1] ?? 0);
    expect(counts[1]).to.be.lessThan(counts[2] ?? 0);
    const { stderr } = await person.misuses(
      "INPUT_INVALID",
      "record",
      "preview",
      "named.json",
      "--policy",
      "identifers",
    );
    expect(stderr).to.include("identifiers, research, vitals-only, dicom");
  });

  it("adds --private to a policy, and --numeric to a file's", async () => {
    const file = example("heart-visits.csv");
    const alone = await previewOf(file, "--private", "patient");
    const both = await previewOf(file, "--private", "patient", "--policy", example("heart-visits.policy.json"));
    expect(both.private.features).to.be.greaterThan(alone.private.features);
    const numeric = await previewOf(file, "--private", "patient", "--numeric", "chol=mg/dL", "age=a");
    expect(numeric.numbers).to.deep.equal({ measured: 2, withSlots: 2 });
  });

  it("gives slots to the numbers of FHIR that --numeric names", async () => {
    const asked = await previewOf(
      "named.json",
      "--private",
      "Observation.subject",
      "Observation.note",
      "--numeric",
      "Observation.where(status = 'final').value.value=mmol/L",
    );
    expect(asked.numbers).to.deep.equal({ measured: 1, withSlots: 1 });
    await person.fails(
      "FEATURE_MISSING",
      "record",
      "preview",
      "named.json",
      "--private",
      "Observation.subject",
      "Observation.note",
      "--numeric",
      "Observation.issued=1",
    );
  });

  it("refuses a private value in a public place by its name, and says how to allow it", async () => {
    const args = ["record", "preview", "named.json", "--private", "Observation.subject"];
    const { stderr } = await person.fails("PRIVATE_VALUE_PUBLIC", ...args);
    expect(stderr).to.include("Observation.note[0].text").and.to.include("--allow-public");
    expect(stderr).to.not.include("Philippa");
    const allowed = await previewOf(
      "named.json",
      "--private",
      "Observation.subject",
      "--allow-public",
      "Observation.note[0].text",
    );
    expect(allowed.private.features).to.equal(2);
    const elsewhere = await person.run([...args, "--allow-public", "Observation.code"]);
    expect(elsewhere.stderr).to.include("[PRIVATE_VALUE_PUBLIC]");
  });

  it("says how a file is taken, and refuses one that is not what its name promises", async () => {
    writeFileSync(join(folder, "message.hl7"), "MSH|^~\\&|A|B\rPID|1||4711\r");
    const { format, hints } = await previewOf("message.hl7", "--private", "0-");
    expect(format).to.equal("binary");
    expect(hints.join()).to.include("HL7 v2");
    writeFileSync(join(folder, "table.json"), "a,b\n1,2\n");
    await person.fails("RECORD_FORMAT", "record", "preview", "table.json", "--private", "a");
  });

  it("refuses what could not be published, unread, as publish does", async () => {
    writeFileSync(join(folder, "long.csv"), "");
    truncateSync(join(folder, "long.csv"), 64 * 1024 * 1024 + 1);
    for (const command of ["preview", "publish"]) {
      const { stderr } = await person.fails("INPUT_INVALID", "record", command, "long.csv", "--private", "a");
      expect(stderr).to.include("more than 67108864");
    }
    await person.misuses("POLICY_INVALID", "record", "preview", "named.json");
  });

  it("is shown by publish before anything else is asked for", async () => {
    const publish = (...args: string[]) =>
      person.run(["record", "publish", "named.json", "--private", "Observation.subject", "Observation.note", ...args]);
    const { code, stdout, stderr } = await publish();
    expect([code, stdout]).to.deep.equal([1, ""]);
    expect(stderr).to.match(/^private +3 features.*\n(.*\n)+medex: .*vault/m);
    // A program finds nothing there but the error.
    expect(JSON.parse((await publish("--json")).stderr)).to.have.property("error");
  });
});
