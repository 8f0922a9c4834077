import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hex32 } from "@medexchain/chain";
import { writeChains } from "@medexchain/config";
import { expect } from "chai";
import { Person } from "../cli/support/medex.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { type ByHand, startByHand } from "./support/by-hand.ts";

describe("medex audit receipt", function () {
  this.timeout(120_000);
  const stack = new AsyncDisposableStack();
  let folder: string;
  let world: ByHand;
  let auditor: Person;
  let requestId: Hex32;
  let root: Hex32;
  before(async () => {
    folder = stack.use(await temporaryDirectory()).path;
    world = stack.use(await startByHand());
    const recordId = await world.anchor();
    const [asked, other] = [await world.ask(recordId), await world.ask(recordId)];
    await world.deliver(asked, other);
    for (const each of [other, asked]) await world.authorize(each.requestId);
    requestId = asked.requestId;
    const entry = ({ deployment }: ByHand["chainA"]) => ({ deployment, fromBlock: 0, confirmations: 0 });
    const config = join(folder, "medex.config.json");
    await writeFile(config, "{}");
    await writeChains(config, { chainA: entry(world.chainA), chainB: entry(world.chainB) });
    auditor = new Person(folder, { MEDEX_HOME: folder });
  });
  after(() => stack.disposeAsync());

  const at = (name: string) => join(folder, name);

  it("is not written before another chain keeps the ledger", async () => {
    await auditor.fails("CHECKPOINT_MISSING", "audit", "receipt", "write", requestId, "--output", at("early.json"));
  });

  it("is written for a request, and holds by the root that the other chain keeps", async () => {
    root = await world.checkpoint();
    const written = await auditor.ok("audit", "receipt", "write", requestId, "--output", at("receipt.json"));
    expect(written).to.include({ requestId, entries: 1, entryCount: 2, root });
    const proven = await auditor.ok("audit", "receipt", "verify", at("receipt.json"), "--root", root);
    expect(proven).to.include({ requestId, root });
    expect(proven).to.have.nested.property("entries[0].decision", "Granted");
    const { stdout } = await auditor.run(["audit", "receipt", "verify", at("receipt.json"), "--root", root]);
    expect(stdout).to.include(`request ${requestId}`).and.include("the receipt holds");
  });

  it("is refused where a byte of it was changed, by another root, and by none", async () => {
    const receipt = await readFile(at("receipt.json"), "utf8");
    const other = `0x${"77".repeat(32)}`;
    await auditor.fails("RECEIPT_INVALID", "audit", "receipt", "verify", at("receipt.json"), "--root", other);
    const doctored = receipt.replaceAll(requestId.slice(2), "77".repeat(32));
    expect(doctored).not.to.equal(receipt);
    await writeFile(at("doctored.json"), doctored);
    await auditor.fails("RECEIPT_INVALID", "audit", "receipt", "verify", at("doctored.json"), "--root", root);
    const { code } = await auditor.run(["audit", "receipt", "verify", at("receipt.json")]);
    expect(code).not.to.equal(0);
  });
});
