import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Acknowledgement, Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { type AccessResponse, answerOf, digest, domainOf, sign, tuple } from "./support/messages.ts";
import {
  type Attestations,
  anotherRequest,
  attest,
  attestCorrection,
  carryResponse,
  grantedRequest,
  loadWorld,
  nextBlockAt,
  now,
  refusal,
  responseOf,
  type SignedRequest,
  type World,
} from "./support/world.ts";

describe("AccessRequests: corrections", () => {
  let world: World;
  let a: Chain;
  let b: Chain;
  /** A request that A granted. */
  let granted: SignedRequest;
  let truth: AccessResponse;
  /** What two bad relayers said of it. */
  let lie: AccessResponse;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
    granted = await grantedRequest(world);
    truth = await responseOf(world, granted.requestId);
    lie = refusal(granted.requestId, Decision.DeniedByOwner, truth.decidedAt);
  });

  const correct = async (response: AccessResponse, attestations: Attestations) =>
    b.requests.connect(b.actors.stranger).correctResponse(a.chainId, response, attestations);
  const status = () => b.requests.status(granted.requestId);
  /** The lie is delivered, and one of those who attested it is removed. */
  const lied = async () => {
    await carryResponse(world, lie);
    await b.relayers.removeRelayer(b.actors.relayer1);
  };

  it("replace a false answer, under a later epoch, and keep both in the log", async () => {
    await lied();
    expect((await status()).state).to.equal(RequestState.Denied);
    const attestations = await attestCorrection(world, answerOf(lie), truth);
    await expect(correct(truth, attestations))
      .to.emit(b.requests, "ResponseCorrected")
      .withArgs(
        granted.requestId,
        a.chainId,
        answerOf(lie),
        tuple(truth),
        tuple({ ...attestations, by: attestations.by.map(tuple) }),
      );
    const held = await status();
    expect(held.state).to.equal(RequestState.Granted);
    expect(held.respondedAt).to.equal(BigInt(await b.ethers.provider.getBlockNumber()));
    expect([held.answeredIn, held.answer]).to.deep.equal([attestations.epoch, answerOf(truth)]);
    const [delivered] = await b.requests.queryFilter(b.requests.filters.ResponseDelivered(granted.requestId));
    expect(tuple(delivered!.args.response)).to.deep.equal(tuple(lie));
  });

  it("sign a statement of their own, which names what they replace", async () => {
    const source = await a.grants.getAddress();
    await lied();
    const attestations = await attestCorrection(world, answerOf(lie), truth);
    const { epoch, expiry, by } = attestations;
    expect(await b.requests.answerDigest(truth)).to.equal(answerOf(truth));
    const message = { sourceChainId: a.chainId, source, replaced: answerOf(lie), ...truth, epoch, expiry };
    const signature = await sign(b.actors.relayer2, await domainOf(b, "requests"), "AccessCorrection", message);
    expect(by.find(({ relayer }) => relayer === b.actors.relayer2.address)!.signature).to.equal(signature);
    // Neither a first answer's attestations, nor a correction's of something else.
    for (const other of [
      await attest(world, truth, ["relayer2", "relayer3"]),
      await attestCorrection(world, answerOf(truth), truth),
      await attestCorrection(world, ZeroHash, truth),
    ]) {
      await expectRefusal(correct(truth, other), b.relayers, "RelayerSetInvalidAttestation", other.by[0]!.relayer);
    }
    // And nobody answers with a correction's.
    await b.requests.correctResponse(a.chainId, truth, attestations);
  });

  it("are no first answers", async () => {
    await b.relayers.removeRelayer(b.actors.relayer1);
    const attestations = await attestCorrection(world, ZeroHash, truth);
    const pending = correct(truth, attestations);
    await expectRefusal(pending, b.requests, "AccessRequestsWrongState", granted.requestId, RequestState.Pending);
    const asAnswer = b.requests.deliverResponse(a.chainId, truth, attestations);
    await expectRefusal(asAnswer, b.relayers, "RelayerSetInvalidAttestation", attestations.by[0]!.relayer);
    await nextBlockAt(b, granted.request.expiry + 3_600n);
    await b.requests.expire(granted.requestId);
    const ended = correct(truth, attestations);
    await expectRefusal(ended, b.requests, "AccessRequestsWrongState", granted.requestId, RequestState.Expired);
    const unknown = correct({ ...truth, requestId: digest("none") }, attestations);
    await expectRefusal(unknown, b.requests, "AccessRequestsUnknownRequest", digest("none"));
  });

  it("need the epoch of now, which must be later than that of the answer that holds", async () => {
    await carryResponse(world, lie);
    const first = await b.relayers.epoch();
    const same = correct(truth, await attestCorrection(world, answerOf(lie), truth));
    await expectRefusal(same, b.requests, "AccessRequestsWrongEpoch", granted.requestId, first, first);
    await b.relayers.addRelayer(b.actors.stranger);
    const inGrace = await attestCorrection(world, answerOf(lie), truth);
    await b.relayers.removeRelayer(b.actors.stranger);
    const late = correct(truth, inGrace);
    await expectRefusal(late, b.requests, "AccessRequestsWrongEpoch", granted.requestId, first + 1n, first);
    await correct(truth, await attestCorrection(world, answerOf(lie), truth));
    expect((await status()).answeredIn).to.equal(first + 2n);
  });

  it("need as many relayers as the threshold says, who are relayers still", async () => {
    await lied();
    const few = await attestCorrection(world, answerOf(lie), truth, ["relayer2"]);
    await expectRefusal(correct(truth, few), b.relayers, "RelayerSetTooFewAttestations", 1n, 2n);
    const removed = await attestCorrection(world, answerOf(lie), truth, ["relayer1", "relayer2"]);
    await expectRefusal(correct(truth, removed), b.relayers, "RelayerSetUnknownRelayer", b.actors.relayer1.address);
  });

  it("must differ from the answer that holds, and be as plausible as a first one", async () => {
    await lied();
    const held = answerOf(lie);
    const attempt = async (response: AccessResponse) =>
      correct(response, await attestCorrection(world, held, response));
    const { requestId } = granted;
    await expectRefusal(attempt(lie), b.requests, "AccessRequestsSameResponse", requestId);
    await expectRefusal(
      attempt({ ...truth, contents: ZeroHash }),
      b.requests,
      "AccessRequestsInvalidResponse",
      requestId,
    );
    const late = { ...truth, decidedAt: granted.request.expiry };
    await expectRefusal(attempt(late), b.requests, "AccessRequestsExpired", requestId, granted.request.expiry);
    const future = { ...truth, decidedAt: (await now(b)) + 1_000n };
    await expectRefusal(attempt(future), b.requests, "AccessRequestsFutureResponse", requestId, future.decidedAt);
    const elsewhere = b.requests.correctResponse(b.chainId, truth, await attestCorrection(world, held, truth));
    await expectRefusal(elsewhere, b.requests, "AccessRequestsWrongSource", requestId, b.chainId);
  });

  it("wait while the lane is paused", async () => {
    await lied();
    const attestations = await attestCorrection(world, answerOf(lie), truth);
    await b.requests.pauseLane(a.chainId);
    await expectRefusal(correct(truth, attestations), b.requests, "LanesPaused", a.chainId);
    await b.requests.resumeLane(a.chainId);
    await correct(truth, attestations);
  });

  it("may be corrected in turn, each under a later epoch, and none twice", async () => {
    await lied();
    const back = await attestCorrection(world, answerOf(lie), truth);
    await correct(truth, back);
    await b.relayers.addRelayer(b.actors.relayer1);
    const again = await attestCorrection(world, answerOf(truth), lie, ["relayer1", "relayer2"]);
    await correct(lie, again);
    expect((await status()).state).to.equal(RequestState.Denied);
    const replay = correct(truth, back);
    const [epoch, held] = [back.epoch, again.epoch];
    await expectRefusal(replay, b.requests, "AccessRequestsWrongEpoch", granted.requestId, epoch, held);
    await b.relayers.removeRelayer(b.actors.relayer1);
    await correct(truth, await attestCorrection(world, answerOf(lie), truth));
    expect((await status()).state).to.equal(RequestState.Granted);
    const corrections = await b.requests.queryFilter(b.requests.filters.ResponseCorrected(granted.requestId));
    expect(corrections.map(({ args }) => args.replaced)).to.deep.equal([lie, truth, lie].map(answerOf));
  });

  it("may end as expired what was falsely granted", async () => {
    const { request, requestId } = await anotherRequest(world);
    const grant = { ...truth, requestId, decidedAt: request.issuedAt };
    await carryResponse(world, grant);
    await b.relayers.removeRelayer(b.actors.relayer1);
    await nextBlockAt(b, request.expiry);
    const expired = refusal(requestId, Decision.Expired, request.expiry);
    await correct(expired, await attestCorrection(world, answerOf(grant), expired));
    const { state, respondedAt } = await b.requests.status(requestId);
    expect([state, respondedAt > 0n]).to.deep.equal([RequestState.Expired, true]);
  });

  it("open the acknowledgement again, of the answer that holds and of no other", async () => {
    const wrong = { ...truth, reEncryption: digest("something else") };
    await carryResponse(world, wrong);
    const asDoctor = b.requests.connect(b.actors.doctor);
    const domain = await domainOf(b, "requests");
    const signed = async (answer: string) =>
      sign(b.actors.doctor, domain, "Acknowledgement", {
        requestId: granted.requestId,
        answer,
        acknowledgement: Acknowledgement.Disputed,
      });
    const old = await signed(answerOf(wrong));
    await asDoctor.acknowledge(granted.requestId, answerOf(wrong), Acknowledgement.Disputed);
    await b.relayers.removeRelayer(b.actors.relayer1);
    await correct(truth, await attestCorrection(world, answerOf(wrong), truth));
    expect((await status()).acknowledgement).to.equal(Acknowledgement.None);
    // What was said of the false answer is not said of the true one, whoever carries it.
    for (const attempt of [
      () => asDoctor.acknowledge(granted.requestId, answerOf(wrong), Acknowledgement.Disputed),
      () => b.requests.acknowledgeFor(granted.requestId, answerOf(wrong), Acknowledgement.Disputed, old),
    ]) {
      await expectRefusal(attempt(), b.requests, "AccessRequestsOtherAnswer", granted.requestId, answerOf(truth));
    }
    const attempt = b.requests.acknowledgeFor(granted.requestId, answerOf(truth), Acknowledgement.Disputed, old);
    await expectRefusal(attempt, b.requests, "AccessRequestsInvalidSignature", granted.requestId);
    await asDoctor.acknowledge(granted.requestId, answerOf(truth), Acknowledgement.Opened);
    const said = await b.requests.queryFilter(b.requests.filters.Acknowledged(granted.requestId));
    expect(said.map(({ args }) => [args.answer, args.acknowledgement])).to.deep.equal([
      [answerOf(wrong), Acknowledgement.Disputed],
      [answerOf(truth), Acknowledgement.Opened],
    ]);
  });
});
