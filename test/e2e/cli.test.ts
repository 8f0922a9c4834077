import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const MEDEX = fileURLToPath(new URL("../../cli/medex.ts", import.meta.url));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function medex(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MEDEX, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe("the medex command", function () {
  this.timeout(120_000);
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "medex-cli-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  const file = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };

  it("shows its commands and examples", async () => {
    expect((await medex("--help")).stdout)
      .to.include("demo")
      .and.include("devnet");
    const { code, stdout } = await medex("demo", "--help");
    expect(code).to.equal(0);
    expect(stdout).to.include("--private").and.include("Examples:");
  });

  for (const [what, content, args, code] of [
    ["a file that is not JSON", "resourceType: Patient", ["--private", "Patient.name"], "RECORD_FORMAT"],
    ["a file that is not FHIR", '{"a": 1}', ["--private", "Patient.name"], "RECORD_FORMAT"],
    [
      "a policy that selects nothing",
      '{"resourceType":"Patient"}',
      ["--private", "Patient.name"],
      "POLICY_SELECTS_NOTHING",
    ],
    ["a policy that is no FHIRPath", '{"resourceType":"Patient"}', ["--private", "Patient.("], "POLICY_INVALID"],
  ] as const) {
    it(`refuses ${what} in one line, before it starts anything`, async () => {
      const ended = await medex("demo", "--file", file("input.json", content), ...args);
      expect(ended.code).to.equal(1);
      expect(ended.stdout).to.equal("");
      expect(ended.stderr.trim().split("\n")).to.have.length(1);
      expect(ended.stderr).to.include(`[${code}]`);
    });
  }

  it("refuses a file without a policy as wrong use", async () => {
    const ended = await medex("demo", "--file", file("input.json", '{"resourceType":"Patient"}'));
    expect(ended.code).to.equal(2);
    expect(ended.stderr).to.include("--private").and.include("[POLICY_INVALID]");
  });

  it("refuses a file that is not there by its name", async () => {
    const ended = await medex("demo", "--file", join(directory, "absent.json"), "--private", "Patient.name");
    expect(ended.code).to.equal(1);
    expect(ended.stderr).to.include("absent.json").and.include("[INPUT_INVALID]");
  });

  it("stops on SIGTERM, and leaves no process or temporary folder behind", async () => {
    const demo = spawn(process.execPath, [MEDEX, "demo"], {
      env: { ...process.env, TMPDIR: directory },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => demo.on("exit", resolve));
    // Killed when the network is up and the record is under way.
    let printed = "";
    demo.stdout.on("data", (chunk) => {
      printed += chunk;
      if (!demo.killed && printed.includes("\n2. ")) demo.kill("SIGTERM");
    });
    expect(await ended).to.equal(143);
    expect(printed).to.not.include("all of it took");
    expect(readdirSync(directory).filter((name) => name.startsWith("medexchain-"))).to.deep.equal([]);
  });

  it("ends with the process that started it, when that one is killed outright", async () => {
    const start = `require("node:child_process").spawn(process.execPath, ${JSON.stringify([MEDEX, "demo"])}, { stdio: "inherit" })`;
    const parent = spawn(process.execPath, ["-e", start], {
      env: { ...process.env, TMPDIR: directory },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    parent.stdout.on("data", (chunk) => {
      printed += chunk;
      parent.kill("SIGKILL");
    });
    // The pipe closes when the last process that holds it has ended.
    await once(parent.stdout, "close");
    expect(printed).to.include("1. ").and.not.include("2. ");
    expect(readdirSync(directory).filter((name) => name.startsWith("medexchain-"))).to.deep.equal([]);
  });

  it("says which port of the devnet is taken", async () => {
    const server = createServer();
    await once(server.listen(8545, "127.0.0.1"), "listening").catch(() => undefined); // or it is taken by someone else
    const { code, stderr } = await medex("devnet");
    server.close();
    expect(code).to.equal(1);
    expect(stderr).to.include("port 8545").and.include("[CONFIG_INVALID]");
  });
});
