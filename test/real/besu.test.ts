/** What of a chain of validators no other has. */
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { until } from "../until.ts";
import { testServers } from "../world/servers.ts";

const PATIENCE_MS = 60_000;

describe("a network of four validators", () => {
  it("goes on making blocks when one of them is killed", async () => {
    const pid = Number(process.env.MEDEX_TEST_BESU_VALIDATOR_PID);
    expect(pid, "MEDEX_TEST_BESU_VALIDATOR_PID").to.be.greaterThan(1);
    const provider = new JsonRpcProvider(testServers.chainA, undefined, { cacheTimeout: -1 });
    try {
      process.kill(pid, "SIGKILL");
      const height = await provider.getBlockNumber();
      await until("there are more blocks", async () => (await provider.getBlockNumber()) > height + 3, PATIENCE_MS);
    } finally {
      provider.destroy();
    }
  });
});
