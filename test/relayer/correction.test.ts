import {
  type AccessResponse,
  answerDigestOf,
  correctionDigestOf,
  type Hex32,
  requestStateOf,
  responseDigestOf,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { expect } from "chai";
import type { Wallet } from "ethers";
import { until } from "../until.ts";
import { administrator } from "../world/two-chains.ts";
import { deliverAs, deniedRequest, falseGrant, truthOf } from "./support/answers.ts";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";

interface SignedResponse {
  readonly response: AccessResponse;
  readonly expiry: bigint;
  readonly signature: string;
}

describe("relayer: corrections of false answers", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  let bad: Wallet;
  before(async () => {
    hospitals = stack.use(await startHospitals());
    const { chainA, certificates, people } = hospitals;
    bad = people.relayers[1]!;
    await hospitals.fund(bad.address);
    await transact(chainA, () => hospitals.as(chainA, "patient").hospitals.importMember(...certificates.doctor));
  });
  after(() => stack.disposeAsync());

  const set = () => hospitals.chainB.as(administrator).relayers;
  const denied = () => deniedRequest(hospitals);
  /** A bad relayer answers on chain B that the request was granted. */
  const lie = async (requestId: Hex32): Promise<AccessResponse> => {
    const { decidedAt } = await truthOf(hospitals, requestId);
    const response = falseGrant(requestId, decidedAt);
    await deliverAs(hospitals, [bad], response);
    return response;
  };
  const stateOnB = async (requestId: Hex32) =>
    requestStateOf((await hospitals.chainB.requests.status(requestId)).state);
  const change: NonNullable<Parameters<typeof startTestRelayer>[2]>["change"] = (config) => ({
    ...config,
    reconcileIntervalMs: 200,
  });

  it("are made once a later epoch allows it, and told of until then, across a restart too", async () => {
    await transact(hospitals.chainB, () => set().addRelayer(bad.address));
    const [requestId, other] = [await denied(), await denied()];
    const told = await lie(requestId);
    await lie(other);
    const { config } = stack.use(await testDatabase());
    {
      await using relayer = await startTestRelayer(hospitals, config, { change });
      const failed = await relayer.until(
        "failed",
        ({ code, message }) => code === "ANSWER_FALSE" && message.includes(requestId),
      );
      expect(failed.message).to.include("remove the relayers that attested it");
      await relayer.until("answers-compared", ({ wrong }) => wrong === 2);
      await relayer.until("job-done", (job) => job.kind === "deliver-response" && job.requestId === requestId);
      expect(await stateOnB(requestId)).to.equal("Granted");
    }
    await using relayer = await startTestRelayer(hospitals, config, { change });
    await relayer.until("answers-compared", ({ wrong }) => wrong === 2);
    await transact(hospitals.chainB, () => set().removeRelayer(bad.address));
    await until("both are corrected", async () => {
      const states = await Promise.all([requestId, other].map(stateOnB));
      return states.every((state) => state === "Denied");
    });
    const { chainB } = hospitals;
    const [corrected] = await chainB.requests.queryFilter(chainB.requests.filters.ResponseCorrected(requestId));
    expect(corrected!.args.replaced).to.equal(answerDigestOf(told));
    const compared = relayer.events.length;
    await until("nothing is wrong any more", () =>
      relayer.events
        .slice(compared)
        .some(
          (event) => event.type === "answers-compared" && event.chainId === hospitals.b.chainId && event.wrong === 0,
        ),
    );
  });

  it("correct a false correction in turn", async () => {
    const requestId = await denied();
    const { config } = stack.use(await testDatabase());
    await using relayer = await startTestRelayer(hospitals, config, { change });
    await relayer.until("job-done", (job) => job.kind === "deliver-response" && job.requestId === requestId);
    expect(await stateOnB(requestId)).to.equal("Denied");
    const { chainB } = hospitals;
    // The answers that it has compared are behind it.
    await relayer.until("answers-compared", ({ chainId }) => chainId === hospitals.b.chainId);
    const { answer } = await chainB.requests.status(requestId);
    expect(answer).to.equal(answerDigestOf(await truthOf(hospitals, requestId)));
    await transact(chainB, () => set().addRelayer(bad.address));
    await falselyCorrect(requestId, answer as Hex32);
    expect(await stateOnB(requestId)).to.equal("Granted");
    await relayer.until("failed", ({ code, message }) => code === "ANSWER_FALSE" && message.includes(requestId));
    await transact(chainB, () => set().removeRelayer(bad.address));
    await until("it is corrected back", async () => (await stateOnB(requestId)) === "Denied");
    const { length } = await chainB.requests.queryFilter(chainB.requests.filters.ResponseCorrected(requestId));
    expect(length).to.equal(2);
  });

  it("are not made by a relayer that was suspended, which says so at its start", async () => {
    const { a, b, chainB, people } = hospitals;
    await transact(chainB, () => set().addRelayer(bad.address));
    const terms = { epoch: await chainB.relayers.epoch(), expiry: 4_000_000_000n };
    const contracts = [
      { chainId: b.chainId, address: b.requests },
      { chainId: a.chainId, address: a.grants },
    ] as const;
    const [first, second] = [2n, 6n].map((decision) => {
      const response: AccessResponse = {
        requestId: toHex32(new Uint8Array(32).fill(9)),
        decision,
        decidedAt: 1n,
        contents: ZERO_32,
        reEncryption: ZERO_32,
        privateFragment: ZERO_32,
      };
      const signature = bad.signingKey.sign(responseDigestOf(...contracts, response, terms)).serialized;
      return { response, expiry: terms.expiry, signature };
    }) as [SignedResponse, SignedResponse];
    const { equivocations } = chainB.as(people.doctor.account);
    const { hash } = await transact(chainB, () =>
      equivocations.reportResponses(bad.address, a.chainId, terms.epoch, first, second),
    );
    const { config } = stack.use(await testDatabase());
    await using relayer = await startTestRelayer(hospitals, config, { accountKey: bad.privateKey });
    const warned = await relayer.until(
      "failed",
      ({ where, message }) => where === "standing" && message.includes(hash),
    );
    expect(warned.message).to.include("was suspended");
  });

  /** The bad relayer replaces a true answer. */
  const falselyCorrect = async (requestId: Hex32, replaced: Hex32): Promise<void> => {
    const { a, b, chainB } = hospitals;
    const { decidedAt } = await truthOf(hospitals, requestId);
    const response = falseGrant(requestId, decidedAt);
    const terms = { epoch: await chainB.relayers.epoch(), expiry: decidedAt + 86_400n };
    const contracts = [
      { chainId: b.chainId, address: b.requests },
      { chainId: a.chainId, address: a.grants },
    ] as const;
    const digest = correctionDigestOf(...contracts, replaced, response, terms);
    const by = [{ relayer: bad.address, signature: bad.signingKey.sign(digest).serialized }];
    await transact(chainB, () => chainB.as(bad).requests.correctResponse(a.chainId, response, { ...terms, by }));
  };
});
