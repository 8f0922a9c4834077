import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  anchorRecord,
  approve,
  carryRequest,
  carryResponse,
  fileRequest,
  loadWorld,
  nextBlockAt,
  now,
  RECORD,
  responseOf,
  type SignedRequest,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

/** As test/proofs/spin/make-traces.ts writes them. */
interface Trace {
  seed: number;
  settings: Record<string, number>;
  events: string[];
}

const TRACES: Trace[] = JSON.parse(readFileSync(new URL("../proofs/spin/traces.json", import.meta.url), "utf8"));

/** A tick of the model, in seconds: the response window of `AccessRequests`. */
const TICK = 3_600n;

/** Plays runs of the model in test/proofs/spin/requests.pml on the contracts: they must take and refuse the same calls, and end the same. */
describe("the contracts, by runs of the model of a request's life", () => {
  it("have runs that reach every call and every refusal that the model has", () => {
    const names = new Set(TRACES.flatMap(({ events }) => events.map((event) => event.split(" ")[0])));
    for (const name of ["request", "deliver", "deliverRefused", "authorize", "deny", "withdraw", "submit", "answer"]) {
      expect(names, name).to.include(name);
    }
    for (const name of ["answerRefused", "expireA", "expireB", "pauseA", "resumeA", "pauseB", "resumeB", "revoke"]) {
      expect(names, name).to.include(name);
    }
  });

  for (const { seed, settings, events } of TRACES) {
    it(`do what the model does with seed ${seed} and ${JSON.stringify(settings)}`, async () => {
      const world = await loadWorld();
      const player = await playerOf(world);
      for (const [index, event] of events.entries()) {
        await player(event).catch((cause: unknown) => {
          throw new Error(`event ${index + 1} of ${events.length}, ${event}: ${String(cause)}`, { cause });
        });
      }
    });
  }
});

/** Plays one event. The model's limit of one grant is the record's. */
async function playerOf(world: World): Promise<(event: string) => Promise<unknown>> {
  const { a, b } = world;
  await anchorRecord(world, { maxAccessCount: 1n });
  const start = [await now(a), await now(b)].reduce((x, y) => (x > y ? x : y)) + 100n;
  for (const chain of [a, b]) await chain.time.increaseTo(start);
  const times = { issuedAt: start, expiry: start + TICK };
  const requests: SignedRequest[] = [await signRequest(world, times), await signRequest(world, times)];
  const answers = async (requestId: string) => carryResponse(world, await responseOf(world, requestId));
  return async (event) => {
    const [name, ...numbers] = event.split(" ");
    const [first = 0, onA, onB] = numbers.map(Number);
    const signed = requests[first];
    if (name === "tickA") return a.time.increaseTo(start + BigInt(first) * TICK);
    if (name === "tickB") return b.time.increaseTo(start + BigInt(first) * TICK);
    if (signed === undefined) throw new Error("there is no such request");
    const { requestId } = signed;
    switch (name) {
      case "request":
        return fileRequest(world, signed);
      case "deliver":
        return carryRequest(world, signed);
      case "deliverRefused":
        return expectReverted(carryRequest(world, signed));
      case "authorize":
        return approve(world, requestId);
      case "deny":
        return a.grants.connect(a.actors.patient).deny(requestId);
      case "withdraw":
        return a.grants.connect(a.actors.patient).withdraw(requestId);
      case "submit":
        return submit(world, requestId);
      case "submitRefused":
        return expectReverted(submit(world, requestId));
      case "answer":
        return answers(requestId);
      case "answerRefused":
        return expectReverted(answers(requestId));
      case "expireA":
        return a.grants.expire(requestId);
      case "expireB": {
        // A pause in the model is of whole ticks; here, of these and of the seconds that its blocks take.
        const from = await b.requests.expirableFrom(requestId);
        const time = await now(b);
        expect(from < time + 300n, "what is left to wait is a few blocks' time").to.equal(true);
        if (from > time) await nextBlockAt(b, from);
        return b.requests.expire(requestId);
      }
      case "pauseA":
        return a.grants.pauseLane(b.chainId);
      case "resumeA":
        return a.grants.resumeLane(b.chainId);
      case "pauseB":
        return b.requests.pauseLane(a.chainId);
      case "resumeB":
        return b.requests.resumeLane(a.chainId);
      case "revoke":
        return a.records.connect(a.actors.patient).revoke(RECORD);
      case "end":
        expect(Number((await a.grants.grant(requestId)).state), "on A").to.equal(onA);
        expect(Number((await b.requests.status(requestId)).state), "on B").to.equal(onB);
        return undefined;
      case "attest":
      case "attestReEncryption":
      case "crash":
        return undefined; // nothing on chain
      default:
        throw new Error("the model has an event that this test does not know");
    }
  };
}

async function expectReverted(attempt: Promise<unknown>): Promise<void> {
  const outcome = await attempt.then(
    () => "taken",
    (error: unknown) => String(error),
  );
  expect(outcome).to.match(/revert/i);
}
