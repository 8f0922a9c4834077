import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { look } from "../../cli/check/look.ts";
import { checkTangle } from "../../cli/check/services.ts";

describe("medex check", () => {
  /** A node of the Tangle that answers only when `answer` is called. */
  async function startSlowNode() {
    const waiting: ServerResponse[] = [];
    let isOpen = false;
    const end = (response: ServerResponse) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify(INFO));
    const server = createServer((_request, response) => {
      if (isOpen) end(response);
      else waiting.push(response);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      answer: () => {
        isOpen = true;
        for (const response of waiting.splice(0)) end(response);
      },
      [Symbol.dispose]: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }

  it("tells a slow Tangle from one that is down", async () => {
    using node = await startSlowNode();
    // It answers only after it was found to be slow, which a limit on the check would have ended.
    const slow = await look("Tangle", () => checkTangle({ url: node.url }), { onSlow: node.answer });
    expect(slow).to.include({ ok: true, slow: true });
    expect(slow.detail).to.include("proof-of-work score 1500").and.include("slow");
    const quick = await look("Tangle", () => checkTangle({ url: node.url }), { slowAfterMs: 60_000 });
    expect(quick).to.include({ ok: true, slow: false });
  }).timeout(60_000);

  it("waits for a Tangle as long as the configuration says", async () => {
    using node = await startSlowNode();
    const found = await look("Tangle", () => checkTangle({ url: node.url, timeoutMs: 50 }));
    expect(found).to.include({ ok: false, slow: false });
    expect(found.detail).to.include("50 ms").and.include("[SERVICE_UNREACHABLE]");
  }).timeout(60_000);
});

/** TIP-26's node info, as small as the SDK takes it. */
const INFO = {
  name: "HORNET",
  version: "2.0.0",
  status: {
    isHealthy: true,
    latestMilestone: { index: 1, timestamp: 1, milestoneId: `0x${"00".repeat(32)}` },
    confirmedMilestone: { index: 1, timestamp: 1, milestoneId: `0x${"00".repeat(32)}` },
    pruningIndex: 0,
  },
  supportedProtocolVersions: [2],
  protocol: {
    version: 2,
    networkName: "test",
    bech32Hrp: "tst",
    minPowScore: 1500,
    belowMaxDepth: 15,
    rentStructure: { vByteCost: 0, vByteFactorData: 1, vByteFactorKey: 10 },
    tokenSupply: "1813620509061365",
  },
  pendingProtocolParameters: [],
  baseToken: { name: "TestCoin", tickerSymbol: "TEST", unit: "TEST", decimals: 0, useMetricPrefix: false },
  metrics: { blocksPerSecond: 1, referencedBlocksPerSecond: 1, referencedRate: 100 },
  features: [],
};
