import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openAudit, type Receipt } from "@medexchain/audit";
import type { Hex32 } from "@medexchain/chain";
import { expect } from "chai";
import { Person } from "../cli/support/medex.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { type ByHand, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";

describe("an audit of receipts that people kept", function () {
  this.timeout(120_000);
  let world: ByHand;
  let record: Hex32;
  before(async () => {
    world = await startByHand();
    record = await world.anchor();
  });
  after(() => world?.[Symbol.asyncDispose]());

  const sources = () => [sourceOf("a", world.chainA.deployment), sourceOf("b", world.chainB.deployment)];
  const grant = async (): Promise<Hex32> => {
    const asked = await world.ask(record);
    await world.deliver(asked);
    await world.authorize(asked.requestId);
    await world.reEncrypt(asked.requestId);
    await world.answer(asked.requestId);
    return asked.requestId;
  };
  const receiptOf = async (requestId: Hex32): Promise<Receipt> => {
    await using directory = await temporaryDirectory();
    await using opened = await openAudit({ sources: sources(), directory: directory.path });
    return opened.receipt(requestId);
  };
  const found = async (...receipts: unknown[]) => {
    const given = receipts.map((json, number) => ({ name: `${number}.json`, json }));
    const { findings } = await audit(sources(), { receipts: given });
    return codesOf(findings);
  };

  it("passes what is in the ledger, warns of what is no proof, and leaves unchecked what is of another ledger", async () => {
    const requestId = await grant();
    await world.checkpoint();
    const receipt = await receiptOf(requestId);
    await grant();
    expect(await found(receipt)).to.deep.equal([]);
    const [entry] = receipt.entries;
    const altered = {
      ...receipt,
      entries: [{ ...entry!, bytes: entry!.bytes.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")) }],
    };
    for (const none of [undefined, {}, { ...receipt, format: "another" }, altered]) {
      expect(await found(none), JSON.stringify(none)?.slice(0, 80)).to.deep.equal(["RECEIPT_INVALID"]);
    }
    for (const other of [
      { ...receipt, chainId: "5" },
      { ...receipt, ledger: `0x${"11".repeat(20)}` },
    ]) {
      expect(await found(receipt, other)).to.deep.equal(["CHECK_NOT_DONE"]);
    }
  });

  it("finds that a decision was taken out of the ledger, by medex audit verify --receipts too", async () => {
    const { provider } = world.chainA;
    const snapshot = await provider.send("evm_snapshot", []);
    const requestId = await grant();
    await world.checkpoint();
    const receipt = await receiptOf(requestId);
    await provider.send("evm_revert", [snapshot]);
    await grant();
    expect(await found(receipt)).to.include("RECEIPT_CONTRADICTED");

    await using home = await temporaryDirectory();
    const plain = ({ deployment }: ByHand["chainA"]) => ({
      deployment: { ...deployment, chainId: Number(deployment.chainId) },
    });
    const config = JSON.stringify({ chains: { a: plain(world.chainA), b: plain(world.chainB) } });
    await writeFile(join(home.path, "medex.config.json"), config);
    const folder = join(home.path, "receipts");
    await mkdir(folder);
    await writeFile(join(folder, "grant.json"), JSON.stringify(receipt));
    await writeFile(join(folder, "note.json"), "no JSON");
    const auditor = new Person(home.path, { MEDEX_HOME: home.path });
    const told = await auditor.run(["audit", "verify", "--skip-storage", "--receipts", folder]);
    expect(told.code).to.equal(1);
    expect(told.stdout).to.include("RECEIPT_CONTRADICTED: receipt grant.json");
    expect(told.stdout).to.include("RECEIPT_INVALID: receipt note.json");
  });
});
