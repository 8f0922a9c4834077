import { openAudit, requireHistory } from "@medexchain/audit";
import { expect } from "chai";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { type History, makeHistory, sourceOf } from "./support/history.ts";
import { startLyingNode } from "./support/tamper.ts";

describe("an audit that is opened once", function () {
  this.timeout(240_000);
  let history: History;
  before(async () => {
    history = await makeHistory();
  });
  after(() => history?.[Symbol.asyncDispose]());

  it("gives verdict, history and ledgers from one reading: a node is asked for each range and each ledger once", async () => {
    const { devnet } = history;
    await using directory = await temporaryDirectory();
    await using node = await startLyingNode(devnet.chainA, {});
    const asked: string[] = [];
    const { intercept } = node.proxy;
    node.proxy.intercept = async (method, params, forward) => {
      asked.push(`${method} ${JSON.stringify(params)}`);
      return intercept?.(method, params, forward);
    };
    const sources = [sourceOf("a", node.deployment), sourceOf("b", devnet.chainB)];
    await using audit = await openAudit({ sources, directory: directory.path });
    const verdict = await audit.verify();
    expect([...requireHistory(audit).entries()]).to.have.length(3);
    expect(verdict.chains.map(({ entries }) => entries)).to.deep.equal([3n, 0n]);
    expect(verdict.chains[0]?.ledgerHead).to.match(/^0x[0-9a-f]{64}$/);
    const ofLogs = asked.filter((call) => call.startsWith("eth_getLogs"));
    expect(ofLogs).not.to.deep.equal([]);
    expect(new Set(ofLogs).size).to.equal(ofLogs.length);
    const ofState = asked.filter((call) => call.startsWith("eth_call"));
    expect(new Set(ofState).size).to.equal(ofState.length);
  });
});
