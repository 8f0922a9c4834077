/** As crash.test.ts, of a job that ends the process at once, before it can say anything. */
import { expectParkedAfterDeaths } from "./support/crash-runs.ts";
import { ON_SERVER } from "./support/databases.ts";

if (!ON_SERVER) {
  describe("relayer: a job that kills the process", () => {
    it("is parked after some runs, and holds up nobody", () =>
      expectParkedAfterDeaths("kill", { code: null, signal: "SIGKILL" }));
  });
}
