import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { publishedPackages, ROOT } from "../../tools/workspaces.ts";
import { readPage } from "../docs/support/markdown.ts";
import { commandProject, libraryProject } from "./support/installed.ts";
import { startOutside, succeeds } from "./support/outside.ts";

/** Hardhat's well-known first development account: worth nothing but on development chains. */
const DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

describe("the examples, in a project that installed the packages", () => {
  let project: string;
  let medex: (...args: string[]) => Promise<string>;
  before(async () => {
    project = await libraryProject();
    cpSync(join(ROOT, "examples"), project, { recursive: true });
    const command = await commandProject();
    const home = join(project, "network");
    mkdirSync(home);
    medex = (...args) => succeeds(command, ["npx", "--no-install", "medex", "--home", home, ...args]);
    await medex("devnet", "up", "--any-ports", "--detach");
    cpSync(join(home, "medex.config.json"), join(project, "medex.config.json"));
  });
  after(async () => {
    for (const node of nodes) node.kill();
    await medex("devnet", "down");
  });

  const nodes: { kill(): void }[] = [];

  const run = (file: string, ...args: string[]): Promise<string> =>
    succeeds(project, ["node", file, ...args], { MEDEX_DEPLOYER_KEY: DEPLOYER_KEY });

  it("share a record", async () => {
    const printed = await run("share-record.ts", "patient-record.json", "policy.json", "network/devnet-registrar.key");
    expect(printed).to.match(/^published 0x[0-9a-f]{64}: \d+ public and \d+ private features\n/);
    expect(printed).to.include("chain A says Granted");
    expect(printed).to.include("opened: equal to the published record");
    expect(printed).to.include("asked again: RecordLimitReached");
  });

  it("watch the ledger", async () => {
    const lines = (await run("watch-ledger.ts", "chainA", "2")).trim().split("\n");
    expect(lines).to.have.lengthOf(2);
    expect(lines[0]).to.match(/^#0 block \d+ Granted \(record 1\/1, hospital 1\/10\) 0x/);
    expect(lines[1]).to.match(/^#1 block \d+ RecordLimitReached \(record 1\/1, hospital 1\/10\) 0x/);
  });

  it("verify the history", async () => {
    const printed = await run("verify-history.ts");
    expect(printed).to.match(/0x[0-9a-f]{64} Granted\n0x[0-9a-f]{64} RecordLimitReached\n/);
    expect(printed).to.include("the history is sound");
  });

  it("deploy to chains of one's own", async () => {
    const urls = await Promise.all([hardhatNode(31337), hardhatNode(31338)]);
    const printed = await run("deploy-chains.ts", ...urls);
    expect(printed).to.include("mine-a verified").and.include("mine-b verified");
    expect(printed).to.match(/mine-b: chain 31338, ledger 0x[0-9a-fA-F]{40}, 0 entries/);
  });

  /** A Hardhat node on a port that the system chooses, in the project that has Hardhat. */
  async function hardhatNode(chainId: number): Promise<string> {
    const folder = await commandProject();
    writeFileSync(join(folder, "hardhat.config.ts"), "export default {};\n");
    // By itself, and not by npx, whose end would not be its end.
    const hardhat = join(folder, "node_modules/hardhat/dist/src/cli.js");
    const args = ["--hostname", "127.0.0.1", "--port", "0", "--chain-id", String(chainId)];
    const node = startOutside(folder, ["node", hardhat, "node", ...args]);
    nodes.push(node);
    let printed = "";
    return new Promise((resolve, reject) => {
      // Its output is read for as long as it runs: a node that cannot print ends.
      for (const stream of [node.stdout, node.stderr]) {
        stream?.setEncoding("utf8").on("data", (chunk: string) => {
          printed += chunk;
          const [url] = printed.match(/http:\/\/127\.0\.0\.1:\d+(?=\/\s)/) ?? [];
          if (url !== undefined) resolve(url);
        });
      }
      node.once("exit", () => reject(new Error(`the Hardhat node ended: ${printed}`)));
    });
  }

  describe("of each package's README", () => {
    before(() => {
      const chains = JSON.parse(readFileSync(join(project, "medex.config.json"), "utf8")).chains;
      const networks = Object.entries<{ deployment: { chainId: number; rpcUrl: string } }>(chains).map(
        ([name, { deployment }]) => ({
          name: name.toLowerCase(),
          chainId: deployment.chainId,
          rpcUrl: deployment.rpcUrl,
          parameters: join(ROOT, "deploy/parameters/hardhat.jsonc"),
        }),
      );
      writeFileSync(join(project, "deploy.jsonc"), JSON.stringify({ networks, output: "deployed.config.json" }));
    });

    for (const { folder, manifest } of publishedPackages()) {
      it(`run: ${manifest.name}`, async () => {
        const page = readPage(readFileSync(join(ROOT, folder, "README.md"), "utf8"));
        const blocks = page.sections.flatMap(({ blocks }) => blocks).filter(({ info }) => info === "ts");
        expect(blocks, "one example").to.have.lengthOf(1);
        const file = `${manifest.name.replace("@medexchain/", "readme-")}.ts`;
        writeFileSync(join(project, file), blocks[0]?.text ?? "");
        await run(file);
      });
    }
  });
});
