import { hex32 } from "@medexchain/chain";
import { expect } from "chai";
import { id } from "ethers";
import { LiveHistory } from "../../web/src/auditing/live-history.ts";
import { failsWith } from "../e2e/support.ts";
import { filed, type GivenChain, startGivenChain } from "./support/chain.ts";

describe("an auditor's live history", () => {
  let given: GivenChain;
  let history: LiveHistory;

  beforeEach(async () => {
    given = await startGivenChain();
    given.head = 20;
    given.logs = [filed(given.chain, 12, "first")];
    history = new LiveHistory([{ name: "chainA", chain: given.chain, fromBlock: 10 }]);
  });
  afterEach(() => given[Symbol.asyncDispose]());

  const refresh = () => history.refresh(() => {});
  const shown = () => history.summaries.map((summary) => summary.id);
  const ids = (...names: string[]) => names.map((name) => hex32(id(name)));

  it("shows what is new each time", async () => {
    await refresh();
    expect(shown()).to.deep.equal(ids("first"));
    given.logs.push(filed(given.chain, 25, "second"));
    given.head = 30;
    await refresh();
    expect(shown()).to.deep.equal(ids("first", "second"));
    expect(history.heads).to.deep.equal([{ name: "chainA", chainId: 7n, block: 30 }]);
  });

  it("loses nothing of a chain whose reading broke off, nor of one beside it that cannot be read", async () => {
    await using other = await startGivenChain();
    other.head = 20;
    other.logs = [filed(other.chain, 15, "elsewhere")];
    other.broken = "eth_getLogs";
    history = new LiveHistory([
      { name: "chainA", chain: given.chain, fromBlock: 10 },
      { name: "chainB", chain: other.chain, fromBlock: 10 },
    ]);
    expect(await refresh().catch((error: unknown) => error)).to.be.instanceOf(Error);
    expect(shown()).to.deep.equal(ids("first"));
    other.broken = undefined;
    await refresh();
    expect(shown()).to.deep.equal(ids("first", "elsewhere"));
  });

  it("says that a node is behind, in place of an empty history", async () => {
    given.head = 9;
    const first = await failsWith("SERVICE_PROTOCOL", refresh);
    expect(first.message).to.include("behind its chain: it is at block 9, and block 10 is known");
    given.head = 20;
    await refresh();
    given.head = 11;
    await failsWith("SERVICE_PROTOCOL", refresh);
    expect(shown()).to.deep.equal(ids("first"));
    given.head = 20;
    await refresh();
  });

  it("takes other blocks than were read before for another chain", async () => {
    await refresh();
    given.salt = "two";
    await failsWith("AUDIT_MISMATCH", refresh);
  });
});
