import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { requestStates } from "../../audit/store/request-states.ts";
import { openStore } from "../../audit/store/store.ts";

describe("the state of a request by its events", () => {
  it("is told by an event without data too: RequestExpired has none", () => {
    const directory = mkdtempSync(join(tmpdir(), "medex-states-"));
    const store = openStore(directory, []);
    try {
      const insert = store.prepare("INSERT INTO log VALUES (1, 1, ?, 0, ?, 'requests', ?, ?, ?, ?)");
      const [waiting, ended] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
      const empty = Buffer.alloc(0);
      const logs = [
        ["AccessRequested", waiting, Buffer.alloc(320)],
        ["AccessRequested", ended, Buffer.alloc(320)],
        ["RequestExpired", ended, empty],
      ] as const;
      for (const [position, [event, id, data]] of logs.entries()) insert.run(position, empty, event, empty, data, id);
      const states = requestStates(store, 1n);
      expect(states(waiting).source).to.equal("Pending");
      expect(states(ended).source).to.equal("Expired");
    } finally {
      store.close();
      rmSync(directory, { recursive: true });
    }
  });
});
