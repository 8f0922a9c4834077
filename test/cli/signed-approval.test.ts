import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readSignedApproval, refuseTaken, writeSignedApproval } from "../../cli/access/signed-approval.ts";
import { failsWith } from "../e2e/support.ts";

describe("a signed approval's file", () => {
  const deployment = { chainId: 31337n, grants: "0x5FbDB2315678afecb367f032d93F642f64180aa3" };
  const id = (byte: string) => `0x${byte.repeat(32)}` as const;
  const authorization = {
    requestId: id("11"),
    sealedRekey: id("22"),
    privateFragment: id("33"),
    epoch: 4n,
    signature: `0x${"44".repeat(65)}`,
  };
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "medexchain-approval-"));
    file = join(folder, "approval.json");
    await writeSignedApproval(file, deployment, authorization);
  });
  after(() => rm(folder, { recursive: true }));

  it("says what was signed, and where it is good", async () => {
    expect(await readSignedApproval(file, deployment)).to.deep.equal(authorization);
    const other = { ...deployment, chainId: 7n };
    const { message } = await failsWith("INPUT_INVALID", () => readSignedApproval(file, other));
    expect(message).to.include(file).and.include("chain 31337");
  });

  it("replaces none that is there", async () => {
    await failsWith("INPUT_INVALID", async () => refuseTaken(file));
    await failsWith("INPUT_INVALID", () => writeSignedApproval(file, deployment, authorization));
  });

  it("is refused where it is missing, long, or none", async () => {
    const strange = join(folder, "strange.json");
    await failsWith("INPUT_INVALID", () => readSignedApproval(strange, deployment));
    await writeFile(strange, " ".repeat(8_193));
    await failsWith("INPUT_INVALID", () => readSignedApproval(strange, deployment));
    await writeFile(strange, '{"type":"medexchain/signed-approval"}');
    await failsWith("CONFIG_INVALID", () => readSignedApproval(strange, deployment));
  });
});
