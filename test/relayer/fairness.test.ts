/** One sender's jobs cannot take all places, nor hold up those that were fetched together with them. */
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import type { JobKind } from "@medexchain/relayer";
import { expect } from "chai";
import { insertJobs, jobKey } from "../../relayer/database/jobs.ts";
import { attemptWith, type Handler } from "../../relayer/queue/attempt.ts";
import { sharePlaces } from "../../relayer/queue/places.ts";
import { openTestDatabase } from "./support/databases.ts";

describe("relayer: places", () => {
  it("are half of them for one who comes alone, and fewer for each the more want some", () => {
    const places = sharePlaces(12);
    const takeAll = (sender: string): number => {
      let taken = 0;
      while (places.take(sender)) taken += 1;
      return taken;
    };
    expect(takeAll("flood")).to.equal(6);
    expect(takeAll("another")).to.equal(4);
    const back = places.take("honest");
    expect(back).to.be.a("function");
    expect(places.take("flood")).to.equal(undefined);
    expect(places.take(undefined)).to.be.a("function");
    back?.();
    expect(places.take("honest")).to.be.a("function");
  });

  it("are left for an honest sender while a flood of jobs never ends, and a slow job is told to come again", async () => {
    await using stack = new AsyncDisposableStack();
    const database = await openTestDatabase(stack);
    const subject = (requestId: Hex32, sender: string) =>
      ({ kind: "re-encrypt", chainId: 7n, requestId, sender }) as const;
    const flood = Array.from({ length: 40 }, (_, index) => subject(pseudonymHash(`flood ${index}`), "flood"));
    const honest = subject(pseudonymHash("honest"), "honest");
    await insertJobs(database, [...flood, honest]);

    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const started: string[] = [];
    const handle: Handler = async ({ requestId }) => {
      started.push(requestId);
      if (requestId !== honest.requestId) await gate;
      return "sent";
    };
    const kinds: JobKind[] = ["deliver-request", "re-encrypt", "deliver-response", "expire-grant", "expire-request"];
    const attempts = attemptWith({
      handlers: Object.fromEntries(kinds.map((kind) => [kind, handle])) as Record<JobKind, Handler>, // one of each kind
      database,
      observe: () => undefined,
      concurrency: 16,
      headOf: async () => undefined,
      failedToStore: (error) => {
        throw error;
      },
      by: { run: "this run", crashLimit: 5 },
    });
    const due = [...flood, honest].map((job) => ({ key: jobKey(job), kind: job.kind, sender: job.sender }));
    const ended = await attempts.attempt(due);
    expect(ended.at(-1)).to.equal("finished");
    expect(new Set(ended.slice(0, -1))).to.deep.equal(new Set(["again"]));
    expect(started)
      .to.have.lengthOf(8 + 1)
      .and.include(honest.requestId);

    open();
    await attempts.idle();
    expect(await attempts.attempt(due.slice(0, 8))).to.deep.equal(Array(8).fill("finished"));
    expect(started).to.have.lengthOf(8 + 1); // those that had gone on are not begun again
  });
});
