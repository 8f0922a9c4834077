import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { rootPackage } from "../../tools/workspaces.ts";
import { commandProject } from "./support/installed.ts";
import { environmentOutside, succeeds } from "./support/outside.ts";

describe("medexchain, installed from its archive in an empty project", () => {
  let project: string;
  let home: string;
  before(async () => {
    project = await commandProject();
    home = join(project, "home");
    mkdirSync(home);
  });

  /** A command of the project's own, as its person types it. */
  const npx = (...command: string[]): Promise<string> =>
    succeeds(project, ["npx", "--no-install", ...command], { MEDEX_HOME: home });

  it("runs outside of the repository, without what the repository sets", () => {
    expect(Object.keys(environmentOutside()).filter((name) => /^NODE_OPTIONS$/i.test(name))).to.deep.equal([]);
  });

  it("says its version", async () => {
    expect((await npx("medex", "--version")).trim()).to.equal(rootPackage().manifest.version);
  });

  for (const name of ["medex", "medexchain"]) {
    it(`shows the whole protocol: npx ${name} demo`, async () => {
      const printed = await npx(name, "demo");
      expect(printed).to.include("every byte equals the patient's file");
    });
  }

  it("explains a deployment, and refuses one without its configuration", async () => {
    expect(await npx("medex", "deploy", "--help")).to.include("MEDEX_DEPLOYER_KEY");
  });

  it("brings the parameters, examples, units and guides that its help and pages name", async () => {
    const installed = (path: string) => readFileSync(join(project, "node_modules/medexchain", path), "utf8");
    expect(installed("deploy/hardhat.jsonc")).to.include("parameters/hardhat.jsonc");
    expect(installed("examples/policy.json")).to.include("private");
    expect(installed("deploy/systemd/medex-relayer.service")).to.include("medex relayer start");
    expect(installed("deploy/observability/alerts.yml")).to.include("medex_relayer");
    const [, guides = ""] = /Step by step, for each person: (.*)/.exec(await npx("medex", "--help")) ?? [];
    expect(guides).to.include("node_modules");
    expect(readFileSync(guides, "utf8")).to.include("# Documentation");
  });

  describe("with its development network up", () => {
    before(async () => {
      await npx("medex", "devnet", "up", "--any-ports", "--detach");
    });
    after(async () => {
      await npx("medex", "devnet", "down");
    });

    it("verifies both chains, with its thread for signatures, and writes the auditor's page", async () => {
      const page = join(project, "page.html");
      await npx("medex", "audit", "export", "--format", "html", "--output", page);
      const html = readFileSync(page, "utf8");
      expect(html).to.include("<style>").and.include("<script");
    });
  });
});
