import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { type AccessResponse, answerOf, digest, digestOf, domainOf, sign, tuple } from "./support/messages.ts";
import {
  type Attestations,
  anotherRequest,
  attest,
  carryResponse,
  DAY,
  grantedRequest,
  loadWorld,
  nextBlockAt,
  now,
  pendingRequest,
  type RelayerName,
  refusal,
  responseOf,
  THRESHOLD,
  type World,
} from "./support/world.ts";

describe("AccessRequests: the way back", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const stateOf = async ({ requestId }: { requestId: string }) => (await b.requests.status(requestId)).state;
  const deliver = async (response: AccessResponse, attestations: Attestations) =>
    b.requests.connect(b.actors.stranger).deliverResponse(a.chainId, response, attestations);

  describe("deliverResponse (M6)", () => {
    it("takes the response of A with the attestations of two relayers of three", async () => {
      const { requestId } = await grantedRequest(world);
      const response = await responseOf(world, requestId);
      const attestations = await attest(world, response);
      await expect(deliver(response, attestations))
        .to.emit(b.requests, "ResponseDelivered")
        .withArgs(requestId, a.chainId, tuple(response), tuple({ ...attestations, by: attestations.by.map(tuple) }));
      const status = await b.requests.status(requestId);
      expect(status.state).to.equal(RequestState.Granted);
      expect(status.respondedAt).to.equal(BigInt(await b.ethers.provider.getBlockNumber()));
      expect([status.answeredIn, status.answer]).to.deep.equal([attestations.epoch, answerOf(response)]);
    });

    it("hashes the response together with the chain and contract that it comes from", async () => {
      const { requestId } = await grantedRequest(world);
      const response = await responseOf(world, requestId);
      const source = await a.grants.getAddress();
      const message = { sourceChainId: a.chainId, source, ...response, epoch: 7n, expiry: 8n };
      const expected = digestOf(await domainOf(b, "requests"), "AccessResponse", message);
      expect(await b.requests.responseDigest(a.chainId, response, 7n, 8n)).to.equal(expected);
      const unknown = b.requests.responseDigest(999n, response, 7n, 8n);
      await expectRefusal(unknown, b.requests, "LanesUnknownChain", 999n);
    });

    const outcomes = [
      ["Denied", Decision.DeniedByOwner, RequestState.Denied],
      ["Refused", Decision.HospitalLimitReached, RequestState.Refused],
      ["Refused", Decision.RecordLimitReached, RequestState.Refused],
      ["Refused", Decision.RecordUnknown, RequestState.Refused],
      ["Refused", Decision.RecordRevoked, RequestState.Refused],
      ["Refused", Decision.RequesterInactive, RequestState.Refused],
      ["Refused", Decision.OwnerInactive, RequestState.Refused],
      ["Denied", Decision.Withdrawn, RequestState.Denied],
    ] as const;
    for (const [name, decision, state] of outcomes) {
      it(`brings a pending request to ${name} by decision ${decision}`, async () => {
        const signed = await pendingRequest(world);
        await carryResponse(world, refusal(signed.requestId, decision, await now(a)));
        expect(await stateOf(signed)).to.equal(state);
      });
    }

    it("refuses a response with no decision", async () => {
      const { requestId } = await pendingRequest(world);
      const attempt = carryResponse(world, refusal(requestId, Decision.None, await now(a)));
      await expectRefusal(attempt, b.requests, "AccessRequestsInvalidResponse", requestId);
    });

    it("refuses too few attestations, duplicates, disorder and strangers", async () => {
      const { requestId } = await grantedRequest(world);
      const response = await responseOf(world, requestId);
      const { by, ...terms } = await attest(world, response);
      const [low, high] = by;
      const { relayers } = b;
      const alone = deliver(response, { ...terms, by: [low!] });
      await expectRefusal(alone, relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      for (const wrong of [
        [low!, low!],
        [high!, low!],
      ]) {
        const attempt = deliver(response, { ...terms, by: wrong });
        await expectRefusal(attempt, relayers, "RelayerSetUnorderedAttestation", low!.relayer);
      }
      const names: RelayerName[] = ["relayer1", "stranger"];
      await expectRefusal(
        deliver(response, await attest(world, response, names)),
        relayers,
        "RelayerSetUnknownRelayer",
        b.actors.stranger.address,
      );
      expect(await stateOf({ requestId })).to.equal(RequestState.Pending);
    });

    it("refuses attestations that have expired, or would hold for longer than any may", async () => {
      const { requestId, request } = await grantedRequest(world);
      const response = await responseOf(world, requestId);
      const at = request.expiry - 60n;
      for (const [expiry, holds] of [
        [at, false],
        [at + 31n * DAY + 1n, false],
        [at + 31n * DAY, true],
        [at + 1n, true],
      ] as const) {
        const attestations = await attest(world, response, ["relayer1", "relayer2"], { expiry });
        const snapshot = await b.takeSnapshot();
        await nextBlockAt(b, at);
        if (holds) await deliver(response, attestations);
        else await expectRefusal(deliver(response, attestations), b.relayers, "RelayerSetWrongExpiry", expiry);
        await snapshot.restore();
      }
    });

    it("takes no answer that too few attested under a threshold that was lowered since", async () => {
      const { requestId } = await pendingRequest(world);
      const lie = refusal(requestId, Decision.DeniedByOwner, await now(a));
      const alone = await attest(world, lie, ["relayer1"]);
      const both = await attest(world, lie);
      await b.relayers.setThreshold(1n);
      await expectRefusal(deliver(lie, alone), b.relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      const later = (await now(b)) + 3600n;
      const snapshot = await b.takeSnapshot();
      await nextBlockAt(b, later);
      const current = await b.relayers.epoch();
      // Whoever had enough of them then is late too, once the grace is over.
      for (const old of [alone, both])
        await expectRefusal(deliver(lie, old), b.relayers, "RelayerSetWrongEpoch", old.epoch, current);
      await snapshot.restore();
      await deliver(lie, both);
    });

    it("refuses a response of which any field was changed", async () => {
      const { requestId } = await grantedRequest(world);
      const response = await responseOf(world, requestId);
      const attestations = await attest(world, response);
      const changes: Partial<AccessResponse>[] = [
        refusal(requestId, Decision.DeniedByOwner, response.decidedAt),
        { decidedAt: response.decidedAt + 1n },
        { contents: digest("other") },
        { reEncryption: digest("other") },
        { privateFragment: digest("other") },
      ];
      for (const change of changes) {
        const attempt = deliver({ ...response, ...change }, attestations);
        await expectRefusal(attempt, b.relayers, "RelayerSetInvalidAttestation", attestations.by[0]!.relayer);
      }
      const other = await anotherRequest(world, { issuedAt: (await now(b)) - 1n });
      const attempt = deliver({ ...response, requestId: other.requestId }, attestations);
      await expectRefusal(attempt, b.relayers, "RelayerSetInvalidAttestation", attestations.by[0]!.relayer);
    });

    it("refuses attestations under another chain's domain, another contract's, or of another source", async () => {
      const { requestId } = await grantedRequest(world);
      const response = await responseOf(world, requestId);
      const source = await a.grants.getAddress();
      const signedBy = async (domain: Awaited<ReturnType<typeof domainOf>>, sourceChainId: bigint, from: string) => {
        const { by, ...terms } = await attest(world, response);
        const message = { sourceChainId, source: from, ...response, ...terms };
        const signers = [b.actors.relayer1, b.actors.relayer2];
        const anew = by.map(async ({ relayer }) => {
          const signer = signers.find(({ address }) => address === relayer)!;
          return { relayer, signature: await sign(signer, domain, "AccessResponse", message) };
        });
        return { ...terms, by: await Promise.all(anew) };
      };
      const wrong = [
        await signedBy(await domainOf(a, "requests"), a.chainId, source),
        await signedBy(await domainOf(b, "grants"), a.chainId, source),
        await signedBy(await domainOf(b, "requests"), b.chainId, source),
        await signedBy(await domainOf(b, "requests"), a.chainId, b.actors.stranger.address),
      ];
      for (const attestations of wrong) {
        const attempt = deliver(response, attestations);
        await expectRefusal(attempt, b.relayers, "RelayerSetInvalidAttestation", attestations.by[0]!.relayer);
      }
      await expect(deliver(response, await signedBy(await domainOf(b, "requests"), a.chainId, source))).to.emit(
        b.requests,
        "ResponseDelivered",
      );
    });

    it("refuses a response from a chain to which the request did not go", async () => {
      const { requestId } = await grantedRequest(world);
      const response = await responseOf(world, requestId);
      const attempt = b.requests.deliverResponse(b.chainId, response, await attest(world, response));
      await expectRefusal(attempt, b.requests, "AccessRequestsWrongSource", requestId, b.chainId);
    });

    it("refuses a response to a request that is not known", async () => {
      const attempt = carryResponse(world, refusal(digest("none"), Decision.DeniedByOwner, await now(a)));
      await expectRefusal(attempt, b.requests, "AccessRequestsUnknownRequest", digest("none"));
    });

    it("takes a grant that was decided in time and arrives after the expiry", async () => {
      const signed = await grantedRequest(world);
      await nextBlockAt(b, signed.request.expiry + 1_000n);
      await carryResponse(world, await responseOf(world, signed.requestId));
      expect(await stateOf(signed)).to.equal(RequestState.Granted);
    });

    const grantAt = (requestId: string, decidedAt: bigint): AccessResponse => ({
      ...refusal(requestId, Decision.Granted, decidedAt),
      contents: digest("contents"),
      reEncryption: digest("re-encryption"),
      privateFragment: digest("private fragment"),
    });

    it("refuses an answer that was decided at the expiry second, and takes one decided a second before", async () => {
      const { request, requestId } = await pendingRequest(world);
      await nextBlockAt(b, request.expiry);
      for (const late of [
        grantAt(requestId, request.expiry),
        refusal(requestId, Decision.DeniedByOwner, request.expiry),
      ]) {
        const attempt = carryResponse(world, late);
        await expectRefusal(attempt, b.requests, "AccessRequestsExpired", requestId, request.expiry);
      }
      await carryResponse(world, grantAt(requestId, request.expiry - 1n));
      expect(await stateOf({ requestId })).to.equal(RequestState.Granted);
    });

    it("takes an expiry that was decided from the expiry second on, and no earlier one", async () => {
      const { request, requestId } = await pendingRequest(world);
      await nextBlockAt(b, request.expiry);
      const early = carryResponse(world, refusal(requestId, Decision.Expired, request.expiry - 1n));
      await expectRefusal(early, b.requests, "AccessRequestsInvalidResponse", requestId);
      await carryResponse(world, refusal(requestId, Decision.Expired, request.expiry));
      expect(await stateOf({ requestId })).to.equal(RequestState.Expired);
    });

    it("refuses a grant of which a digest is missing, and a refusal that carries one", async () => {
      const { requestId } = await pendingRequest(world);
      const decidedAt = await now(a);
      for (const digestName of ["contents", "reEncryption", "privateFragment"] as const) {
        for (const wrong of [
          { ...grantAt(requestId, decidedAt), [digestName]: ZeroHash },
          { ...refusal(requestId, Decision.DeniedByOwner, decidedAt), [digestName]: digest("something") },
        ]) {
          const attempt = carryResponse(world, wrong);
          await expectRefusal(attempt, b.requests, "AccessRequestsInvalidResponse", requestId);
        }
      }
      expect(await stateOf({ requestId })).to.equal(RequestState.Pending);
    });

    it("refuses an answer from before the request was issued, by more than clocks may differ", async () => {
      const { request, requestId } = await pendingRequest(world);
      for (const decidedAt of [1n, request.issuedAt - 301n]) {
        const attempt = carryResponse(world, grantAt(requestId, decidedAt));
        await expectRefusal(attempt, b.requests, "AccessRequestsInvalidResponse", requestId);
      }
      await carryResponse(world, grantAt(requestId, request.issuedAt - 300n));
      expect(await stateOf({ requestId })).to.equal(RequestState.Granted);
    });

    it("refuses an answer from the future, by more than clocks may differ, until its time has come", async () => {
      const { requestId } = await pendingRequest(world);
      const at = (await now(b)) + 1_000n;
      const response = grantAt(requestId, at + 301n);
      const attestations = await attest(world, response);
      await nextBlockAt(b, at);
      const early = deliver(response, attestations);
      await expectRefusal(early, b.requests, "AccessRequestsFutureResponse", requestId, at + 301n);
      await nextBlockAt(b, at + 1n);
      await deliver(response, attestations);
      expect(await stateOf({ requestId })).to.equal(RequestState.Granted);
    });

    it("takes an answer that was given in time though the request was ended here for want of one", async () => {
      for (const [give, state] of [
        [grantAt, RequestState.Granted],
        [(id: string, at: bigint) => refusal(id, Decision.Withdrawn, at), RequestState.Denied],
      ] as const) {
        world = await loadWorld();
        const { request, requestId } = await pendingRequest(world);
        await nextBlockAt(b, request.expiry + 3_600n);
        await b.requests.expire(requestId);
        const late = carryResponse(world, refusal(requestId, Decision.Expired, request.expiry));
        await expectRefusal(late, b.requests, "AccessRequestsWrongState", requestId, RequestState.Expired);
        await carryResponse(world, give(requestId, request.expiry - 1n));
        expect(await stateOf({ requestId })).to.equal(state);
      }
    });

    it("keeps an expiry that A itself answered, whatever comes after", async () => {
      const { request, requestId } = await pendingRequest(world);
      await nextBlockAt(b, request.expiry);
      await carryResponse(world, refusal(requestId, Decision.Expired, request.expiry));
      const attempt = carryResponse(world, grantAt(requestId, request.expiry - 1n));
      await expectRefusal(attempt, b.requests, "AccessRequestsWrongState", requestId, RequestState.Expired);
    });
  });
});
