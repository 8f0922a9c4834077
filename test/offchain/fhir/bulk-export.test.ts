import { connectFhirServer, exportPatient, type FhirLimits } from "@medexchain/fhir";
import { expect } from "chai";
import { type Answer, failsWith, observation, patient, startFhir } from "./support.ts";

const lines = (...resources: object[]): string => `${resources.map((each) => JSON.stringify(each)).join("\n")}\n`;

/** A server that exports these files. */
async function startExport(
  files: Readonly<Record<string, string>>,
  change: (path: string, url: string) => Answer | undefined = () => undefined,
) {
  let looks = 0;
  let kickedOff = "";
  const server = await startFhir(({ url: path = "", headers, method }, body) => {
    const url = `http://${headers.host}`;
    const other = change(path, url);
    if (other !== undefined) return other;
    if (path === "/Patient/$export") {
      kickedOff = body;
      expect(headers.prefer).to.equal("respond-async");
      return { status: 202, headers: { "content-location": `${url}/status` } };
    }
    if (path === "/status" && method === "DELETE") return { status: 202 };
    if (path === "/status") {
      looks += 1;
      if (looks < 2) return { status: 202, headers: { "retry-after": "0.01" } };
      const output = Object.keys(files).map((type) => ({ type, url: `${url}/files/${type}` }));
      return { body: { transactionTime: "2026-01-01T00:00:00Z", request: "", requiresAccessToken: true, output } };
    }
    return { body: files[path.slice("/files/".length)] ?? "" };
  });
  return { ...server, [Symbol.asyncDispose]: server[Symbol.asyncDispose], kickedOff: () => JSON.parse(kickedOff) };
}

const files = { Patient: lines(patient), Observation: lines(observation("o1"), observation("o2")) };

describe("a bulk export of one patient", () => {
  it("is kicked off, waited for, fetched line by line, and removed", async () => {
    await using server = await startExport(files);
    const query = { patient: "p1", types: ["Patient", "Observation"] };
    const { document, resources } = await exportPatient(connectFhirServer({ url: server.url }), query);
    expect(new TextDecoder().decode(document)).to.equal(files.Patient + files.Observation);
    expect(resources).to.equal(3);
    expect(server.kickedOff().parameter[0]).to.deep.equal({
      name: "patient",
      valueReference: { reference: "Patient/p1" },
    });
    expect(server.kickedOff().parameter[2]).to.deep.equal({ name: "_type", valueString: "Patient,Observation" });
    expect(server.asked.at(-1)).to.equal("DELETE /status");
  });

  type Case = [
    string,
    Readonly<Record<string, string>>,
    Partial<FhirLimits>,
    ((path: string, url: string) => Answer | undefined) | undefined,
    RegExp,
  ];
  const manifest = (more: object): ((path: string) => Answer | undefined) => {
    return (path) => (path === "/status" ? { body: { output: [], ...more } } : undefined);
  };
  const hostile: Case[] = [
    [
      "that has other patients",
      { ...files, Patient: lines(patient, { ...patient, id: "p2" }) },
      {},
      undefined,
      /other patients/,
    ],
    ["that has not the patient", { Observation: files.Observation }, {}, undefined, /no Patient/],
    [
      "whose lines are of another type",
      { ...files, Encounter: lines(observation("o3")) },
      {},
      undefined,
      /no Encounter/,
    ],
    ["that has too many bytes", files, { recordBytes: 200 }, undefined, /more than the 200 bytes/],
    [
      "that has too many bytes, of which a character has several",
      { ...files, Patient: lines({ ...patient, name: [{ family: "Ж".repeat(1_000) }] }) },
      { recordBytes: 2_000 },
      undefined,
      /more than the 2000 bytes/,
    ],
    ["that has too many resources", files, { resources: 2 }, undefined, /more than 2 resources/],
    [
      "of more lines than a call takes arguments",
      { ...files, Observation: lines({ resourceType: "Observation", id: "o1" }).repeat(400_000) },
      {},
      undefined,
      /more than 100000 resources/,
    ],
    ["that has too many files", files, { files: 1 }, undefined, /more than 1 files/],
    [
      "whose files are elsewhere",
      {},
      {},
      manifest({ output: [{ type: "Patient", url: "http://127.0.0.1:1/x" }] }),
      /another server/,
    ],
    [
      "that is not complete",
      {},
      {},
      manifest({ error: [{ type: "OperationOutcome", url: "x" }] }),
      /could not export all/,
    ],
    ["without a manifest", {}, {}, manifest({ output: 1 }), /no manifest/],
    ["that never began", {}, {}, (path) => (path === "/Patient/$export" ? { body: {} } : undefined), /began no export/],
  ];
  for (const [name, served, limits, change, message] of hostile) {
    it(`is refused when it is one ${name}`, async () => {
      await using server = await startExport(served, change);
      const connected = connectFhirServer({ url: server.url, limits });
      expect((await failsWith("SERVICE_PROTOCOL", () => exportPatient(connected, { patient: "p1" }))).message).to.match(
        message,
      );
    });
  }

  it("is given up when it takes too long", async () => {
    const waits = (path: string): Answer | undefined =>
      path === "/status" ? { status: 202, headers: { "retry-after": "0.05" } } : undefined;
    await using server = await startExport(files, waits);
    const connected = connectFhirServer({ url: server.url, limits: { totalMs: 200 } });
    await failsWith("SERVICE_UNREACHABLE", () => exportPatient(connected, { patient: "p1" }));
    expect(server.asked.at(-1)).to.equal("DELETE /status");
  });
});
