import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { ARTIFACTS, writeFoundryOutput } from "../../tools/prove-contracts/foundry-output.ts";

const COMMAND = fileURLToPath(new URL("../../tools/prove-contracts/main.ts", import.meta.url));
const PROOFS = fileURLToPath(new URL("../../contracts/proofs/", import.meta.url));

describe("the proofs of the contracts", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "medexchain-test-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("are handed to Halmos as Foundry would have built them, each with something to prove", async () => {
    await writeFoundryOutput(ARTIFACTS, folder);
    const sources = (await readdir(PROOFS)).filter((name) => name.endsWith("Proof.t.sol"));
    expect(sources).not.to.have.length(0);
    for (const source of sources) {
      const name = source.replace(".t.sol", "");
      const built = JSON.parse(await readFile(join(folder, source, `${name}.json`), "utf8"));
      const properties = Object.keys(built.methodIdentifiers).filter((signature) => signature.startsWith("check"));
      expect(properties, name).not.to.have.length(0);
      expect(built.bytecode.object).to.match(/^0x[0-9a-f]+$/);
      expect(built.ast.nodes.some((node: { name?: string }) => node.name === name)).to.equal(true);
      expect(built.metadata.compiler.version).to.match(/^0\.8\./);
      // Hardhat would take these for tests of its own.
      expect(
        Object.keys(built.methodIdentifiers).filter((signature) => /^(test|invariant)/.test(signature)),
      ).to.deep.equal([]);
    }
  });

  it("end with 2, and one line that says what to install, where Halmos is not installed", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "--halmos", join(folder, "halmos")], {
      encoding: "utf8",
    });
    expect(status).to.equal(2);
    expect(stdout).to.equal("");
    expect(stderr).to.match(/^prove:contracts needs Halmos: .*pip install halmos==[\d.]+.*\n$/);
  });
});
