import { sealedHeader } from "@medexchain/chain";
import type { QbftClient } from "@medexchain/contracts";
import { expect } from "chai";
import { getBytes, ZeroAddress, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { answerOf, digest } from "./support/messages.ts";
import {
  blockOf,
  deployClient,
  ledgerProof,
  peakProofs,
  proofOfMessage,
  provePeaks,
  sealBlock,
  updateTo,
  validatorsOf,
} from "./support/sealing.ts";
import {
  type Attestations,
  anotherRequest,
  approve,
  attest,
  attestCheckpoint,
  attestCorrection,
  authorizedRequest,
  carryRequest,
  carryResponse,
  fileRequest,
  grantedRequest,
  loadWorld,
  pendingRequest,
  refusal,
  responseOf,
  type SignedRequest,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

const ATTESTED = 0n;
const PROVEN = 1n;
const BOTH = 2n;
const NONE = { epoch: 0n, expiry: 0n, by: [] };
const NO_EXTENSION = { base: 0n, root: ZeroHash, proof: [] };

describe("Mailbox", () => {
  const validators = validatorsOf("validator", 4);
  let world: World;
  let a: Chain;
  let b: Chain;
  /** On B, of A. */
  let client: QbftClient;
  let grants: string;
  let requests: string;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
    grants = await a.grants.getAddress();
    requests = await b.requests.getAddress();
    client = await deployClient(b, a, validators);
    await b.mailbox.setClient(a.chainId, client);
  });

  const setPolicy = (policy: bigint) => b.mailbox.setPolicy(a.chainId, policy);
  /** What A answered, with the proof that it did, under its latest header. */
  const provenResponse = async ({ requestId }: SignedRequest, attestations: Attestations = NONE) => {
    const response = await responseOf(world, requestId);
    const proof = await proofOfMessage(a, grants, await b.requests.answerDigest(response));
    return { response, attestations, proof };
  };
  const proveSent = async () => provePeaks(b.mailbox, a, grants, await updateTo(client, a, { validators }));
  const deliver = (item: Awaited<ReturnType<typeof provenResponse>>) =>
    b.mailbox.connect(b.actors.stranger).deliverResponseProven(b.requests, a.chainId, item);
  const stateOf = async ({ requestId }: SignedRequest) => (await b.requests.status(requestId)).state;

  /** A's ledger at the end of a block. */
  const checkpointAt = async (number: bigint) => {
    const at = { blockTag: number };
    return {
      chainId: a.chainId,
      ledger: await a.ledger.getAddress(),
      entryCount: await a.ledger.length(at),
      blockNumber: number,
      blockTime: BigInt((await blockOf(a, Number(number))).timestamp!),
      head: await a.ledger.head(at),
      root: await a.ledger.root(at),
    };
  };

  describe("with the policy Proven", () => {
    beforeEach(() => setPolicy(PROVEN));

    it("takes an answer that A's validators sealed, without any relayer", async () => {
      const granted = await grantedRequest(world);
      await proveSent();
      const item = await provenResponse(granted);
      await expect(deliver(item)).to.emit(b.requests, "ResponseDelivered");
      expect(await stateOf(granted)).to.equal(RequestState.Granted);
    });

    it("refuses the attested path, alone and in a batch, and corrections", async () => {
      const granted = await grantedRequest(world);
      const response = await responseOf(world, granted.requestId);
      const attestations = await attest(world, response);
      const attempt = () => b.requests.deliverResponse(a.chainId, response, attestations);
      await expectRefusal(attempt(), b.mailbox, "ProvenLanesUnproven", a.chainId, b.actors.administrator.address);
      await expect(b.requests.deliverResponses(a.chainId, [{ response, attestations }])).to.emit(
        b.requests,
        "BatchItemSkipped",
      );
      await setPolicy(ATTESTED);
      await attempt();
      await setPolicy(PROVEN);
      await b.relayers.addRelayer(b.actors.stranger);
      const other = { ...response, contents: digest("other contents") };
      const correction = await attestCorrection(world, await b.requests.answerDigest(response), other);
      const correct = b.requests.correctResponse(a.chainId, other, correction);
      await expectRefusal(correct, b.mailbox, "ProvenLanesUnproven", a.chainId, b.actors.administrator.address);
    });

    it("corrects by a proof what was falsely attested before, and nothing that was proven", async () => {
      const granted = await grantedRequest(world);
      const { requestId } = granted;
      const truth = await responseOf(world, requestId);
      const lie = refusal(requestId, Decision.DeniedByOwner, truth.decidedAt);
      await setPolicy(ATTESTED);
      await carryResponse(world, lie);
      await setPolicy(PROVEN);
      await proveSent();
      const item = await provenResponse(granted);
      const correct = (changed: typeof item) =>
        b.mailbox.connect(b.actors.stranger).correctResponseProven(b.requests, a.chainId, changed);
      const other = { ...truth, contents: digest("other contents") };
      await expectRefusal(
        correct({ ...item, response: other }),
        b.mailbox,
        "MailboxUnprovenMessage",
        a.chainId,
        grants,
        answerOf(other),
      );
      await expect(correct(item)).to.emit(b.requests, "ResponseCorrected");
      const { state, answeredIn } = await b.requests.status(requestId);
      expect([state, answeredIn]).to.deep.equal([RequestState.Granted, 0n]);
      await expectRefusal(correct(item), b.requests, "AccessRequestsProven", requestId);
      await setPolicy(ATTESTED);
      await b.relayers.addRelayer(b.actors.stranger);
      const correction = await attestCorrection(world, answerOf(truth), lie);
      const replaced = b.requests.correctResponse(a.chainId, lie, correction);
      await expectRefusal(replaced, b.requests, "AccessRequestsProven", requestId);
    });

    it("proves many answers under one header, and skips what is not proven", async () => {
      const signed = [await grantedRequest(world)];
      for (let i = 0; i < 4; i++) {
        const next = await anotherRequest(world);
        await a.grants.connect(a.actors.patient).deny(next.requestId);
        signed.push(next);
      }
      await proveSent();
      const items = await Promise.all(signed.map((each) => provenResponse(each)));
      items[2]!.response.decidedAt += 1n;
      await expect(b.mailbox.deliverResponsesProven(b.requests, a.chainId, items))
        .to.emit(b.mailbox, "BatchItemSkipped")
        .withArgs(2, signed[2]!.requestId, (reason: string) =>
          reason.startsWith(b.mailbox.interface.getError("MailboxUnprovenMessage")!.selector),
        );
      const states = await Promise.all(signed.map(stateOf));
      const { Granted, Denied, Pending } = RequestState;
      expect(states).to.deep.equal([Granted, Denied, Pending, Denied, Denied]);
    });

    it("refuses a message that was sent after the header, until a later one is there", async () => {
      const first = await grantedRequest(world);
      await proveSent();
      const second = await anotherRequest(world);
      await a.grants.connect(a.actors.patient).deny(second.requestId);
      const item = await provenResponse(second);
      await expectRefusal(
        deliver(item),
        b.mailbox,
        "MailboxUnprovenMessage",
        a.chainId,
        grants,
        await b.requests.answerDigest(item.response),
      );
      await proveSent();
      await deliver(await provenResponse(second));
      await deliver(await provenResponse(first));
    });

    it("refuses a path or an index that is another's, or longer than any", async () => {
      const granted = await grantedRequest(world);
      const denied = await anotherRequest(world);
      await a.grants.connect(a.actors.patient).deny(denied.requestId);
      await proveSent();
      const item = await provenResponse(granted);
      const other = await provenResponse(denied);
      const message = await b.requests.answerDigest(item.response);
      const wrong = [
        other.proof,
        { ...item.proof, index: item.proof.index + 1 },
        { ...item.proof, path: [] },
        { ...item.proof, path: [...item.proof.path, ZeroHash] },
        { ...item.proof, path: Array.from({ length: 65 }, () => ZeroHash) },
      ];
      for (const proof of wrong) {
        await expectRefusal(
          deliver({ ...item, proof }),
          b.mailbox,
          "MailboxUnprovenMessage",
          a.chainId,
          grants,
          message,
        );
      }
      await deliver(item);
    });

    it("takes no attestations, which nobody would check", async () => {
      const granted = await grantedRequest(world);
      await proveSent();
      const response = await responseOf(world, granted.requestId);
      const item = await provenResponse(granted, await attest(world, response));
      await expectRefusal(deliver(item), b.mailbox, "MailboxNeedlessAttestations", a.chainId);
    });

    it("believes nothing more once validators contradicted themselves, what was proven before neither", async () => {
      const granted = await grantedRequest(world);
      const header = await updateTo(client, a, { validators });
      await provePeaks(b.mailbox, a, grants, header);
      const item = await provenResponse(granted);
      const forged = sealBlock({ ...(await blockOf(a, Number(header.number))), stateRoot: ZeroHash }, { validators });
      const { header: rlp, seals } = sealedHeader(forged);
      await client.update(rlp, [...seals]);
      const frozen = [a.chainId, await client.getAddress()];
      await expectRefusal(deliver(item), b.mailbox, "ProvenLanesFrozen", ...frozen);
      const again = provePeaks(b.mailbox, a, grants, header);
      await expectRefusal(again, b.mailbox, "ProvenLanesFrozen", ...frozen);
    });

    it("forgets what another client, or another peer, proved", async () => {
      const granted = await grantedRequest(world);
      await proveSent();
      const item = await provenResponse(granted);
      const message = await b.requests.answerDigest(item.response);
      const refused = () =>
        expectRefusal(deliver(item), b.mailbox, "MailboxUnprovenMessage", a.chainId, grants, message);
      const peer = await a.mailbox.getAddress();
      await b.mailbox.setPeer(a.chainId, b.actors.stranger);
      await refused();
      await b.mailbox.setPeer(a.chainId, peer);
      await b.mailbox.setClient(a.chainId, await deployClient(b, a, validators));
      await refused();
      await b.mailbox.setClient(a.chainId, client);
      await deliver(item);
    });

    it("stands still while the lane is paused, or the suite stopped", async () => {
      const granted = await grantedRequest(world);
      await proveSent();
      const item = await provenResponse(granted);
      await b.mailbox.pauseLane(a.chainId);
      await expectRefusal(deliver(item), b.mailbox, "LanesPaused", a.chainId);
      await b.mailbox.resumeLane(a.chainId);
      await b.manager.stop();
      await expectRefusal(deliver(item), b.mailbox, "LanesPaused", a.chainId);
    });
  });

  describe("with the policy Both", () => {
    beforeEach(() => setPolicy(BOTH));

    it("takes an answer that is proven and attested, and neither alone", async () => {
      const granted = await grantedRequest(world);
      const response = await responseOf(world, granted.requestId);
      const attestations = await attest(world, response);
      const alone = b.requests.deliverResponse(a.chainId, response, attestations);
      await expectRefusal(alone, b.mailbox, "ProvenLanesUnproven", a.chainId, b.actors.administrator.address);
      await proveSent();
      await expectRefusal(deliver(await provenResponse(granted)), b.relayers, "RelayerSetWrongExpiry", 0n);
      await deliver(await provenResponse(granted, attestations));
      expect(await stateOf(granted)).to.equal(RequestState.Granted);
      // Whatever relayers say of it later: it was proven.
      expect((await b.requests.status(granted.requestId)).answeredIn).to.equal(0n);
    });

    it("takes a correction that is proven, and attested under a later epoch", async () => {
      const granted = await grantedRequest(world);
      const truth = await responseOf(world, granted.requestId);
      const lie = refusal(granted.requestId, Decision.DeniedByOwner, truth.decidedAt);
      await setPolicy(ATTESTED);
      await carryResponse(world, lie);
      await setPolicy(BOTH);
      await proveSent();
      const correct = async (attestations: Attestations) =>
        b.mailbox.correctResponseProven(b.requests, a.chainId, await provenResponse(granted, attestations));
      const { epoch, expiry, by } = await attestCorrection(world, answerOf(lie), truth);
      const wrongEpoch = [granted.requestId, epoch, epoch] as const;
      await expectRefusal(correct({ epoch, expiry, by }), b.requests, "AccessRequestsWrongEpoch", ...wrongEpoch);
      await b.relayers.addRelayer(b.actors.stranger);
      const later = await attestCorrection(world, answerOf(lie), truth);
      await expectRefusal(
        correct({ ...later, by: later.by.slice(1) }),
        b.relayers,
        "RelayerSetTooFewAttestations",
        1n,
        2n,
      );
      await correct(later);
      expect(await stateOf(granted)).to.equal(RequestState.Granted);
    });

    it("takes requests and checkpoints that are proven and attested, and neither alone", async () => {
      await authorizedRequest(world);
      const clientOnA = await deployClient(a, b, validators);
      await a.mailbox.setClient(b.chainId, clientOnA);
      await a.mailbox.setPolicy(b.chainId, BOTH);
      const made = await signRequest(world);
      await fileRequest(world, made);
      const { request, requestId, signature } = made;
      const by = a.actors.stranger.address;
      await expectRefusal(carryRequest(world, made), a.mailbox, "ProvenLanesUnproven", b.chainId, by);
      await provePeaks(a.mailbox, b, requests, await updateTo(clientOnA, b, { validators }));
      const proof = await proofOfMessage(b, requests, requestId);
      await a.mailbox.deliverRequestProven(a.grants, b.chainId, { request, signature, proof });
      expect((await a.grants.grant(requestId)).state).to.equal(RequestState.Pending);
      const { number } = await updateTo(client, a, { validators });
      const checkpoint = await checkpointAt(number);
      const ledger = await ledgerProof(a, 1, number);
      const submitted = (attestations: Attestations) =>
        b.mailbox.submitCheckpointProven(b.checkpoints, checkpoint, NO_EXTENSION, attestations, ledger);
      const attested = await attestCheckpoint(world, checkpoint);
      const alone = b.checkpoints.submitCheckpoint(checkpoint, NO_EXTENSION, attested);
      const carrier = b.actors.administrator.address;
      await expectRefusal(alone, b.mailbox, "ProvenLanesUnproven", a.chainId, carrier);
      await expectRefusal(submitted(NONE), b.relayers, "RelayerSetWrongExpiry", 0n);
      await submitted(attested);
      expect((await b.checkpoints.latest(a.chainId, checkpoint.ledger)).root).to.equal(checkpoint.root);
    });
  });

  describe("with the policy Attested", () => {
    it("takes the attested path, and what is proven only if it is attested, too", async () => {
      const granted = await grantedRequest(world);
      await proveSent();
      await expectRefusal(deliver(await provenResponse(granted)), b.relayers, "RelayerSetWrongExpiry", 0n);
      await carryResponse(world, await responseOf(world, granted.requestId));
    });
  });

  describe("requests", () => {
    let clientOnA: QbftClient;
    beforeEach(async () => {
      clientOnA = await deployClient(a, b, validators);
      await a.mailbox.setClient(b.chainId, clientOnA);
      await a.mailbox.setPolicy(b.chainId, PROVEN);
    });
    const provenRequest = async ({ request, requestId, signature }: SignedRequest) => ({
      request,
      signature,
      proof: await proofOfMessage(b, requests, requestId),
    });

    it("are taken only if B's validators sealed that they were made there, and their doctors signed them", async () => {
      const made = await signRequest(world);
      await fileRequest(world, made);
      await expectRefusal(
        carryRequest(world, made),
        a.mailbox,
        "ProvenLanesUnproven",
        b.chainId,
        a.actors.stranger.address,
      );
      await provePeaks(a.mailbox, b, requests, await updateTo(clientOnA, b, { validators }));
      const item = await provenRequest(made);
      const unsigned = { ...item, signature: "0x" };
      const attempt = a.mailbox.deliverRequestProven(a.grants, b.chainId, unsigned);
      await expectRefusal(attempt, a.grants, "AccessGrantsInvalidSignature", made.requestId);
      await a.mailbox.deliverRequestProven(a.grants, b.chainId, item);
      expect((await a.grants.grant(made.requestId)).state).to.equal(RequestState.Pending);
    });

    it("are skipped in a batch if they were never made, and the others taken", async () => {
      const made = await signRequest(world);
      const unmade = await signRequest(world);
      await fileRequest(world, made);
      await provePeaks(a.mailbox, b, requests, await updateTo(clientOnA, b, { validators }));
      const item = await provenRequest(made);
      const { request, signature } = unmade;
      await expect(a.mailbox.deliverRequestsProven(a.grants, b.chainId, [{ ...item, request, signature }, item]))
        .to.emit(a.mailbox, "BatchItemSkipped")
        .withArgs(0, unmade.requestId, (reason: string) => reason.length > 2);
      expect((await a.grants.grant(made.requestId)).state).to.equal(RequestState.Pending);
      expect((await a.grants.grant(unmade.requestId)).state).to.equal(RequestState.None);
    });
  });

  describe("checkpoints", () => {
    beforeEach(async () => {
      await setPolicy(PROVEN);
      await authorizedRequest(world);
      for (let i = 0; i < 2; i++) await approve(world, (await anotherRequest(world)).requestId);
    });

    it("are taken if the ledger's storage was so at the end of a block that validators sealed", async () => {
      const { number } = await updateTo(client, a, { validators });
      const checkpoint = await checkpointAt(number);
      expect(checkpoint.entryCount).to.equal(3n);
      const proof = await ledgerProof(a, 3, number);
      await expectRefusal(
        b.checkpoints.submitCheckpoint(checkpoint, NO_EXTENSION, NONE),
        b.mailbox,
        "ProvenLanesUnproven",
        a.chainId,
        b.actors.administrator.address,
      );
      await b.mailbox.submitCheckpointProven(b.checkpoints, checkpoint, NO_EXTENSION, NONE, proof);
      expect((await b.checkpoints.latest(a.chainId, checkpoint.ledger)).root).to.equal(checkpoint.root);
    });

    it("are refused with another head, length, root or time than the ledger's", async () => {
      const { number } = await updateTo(client, a, { validators });
      const checkpoint = await checkpointAt(number);
      const proof = await ledgerProof(a, 3, number);
      const changes = [
        { head: digest("head") },
        { root: digest("root") },
        { entryCount: 2n },
        { entryCount: 7n },
        { blockTime: checkpoint.blockTime - 1n },
      ];
      const submitted = (changed: object, withProof = proof) =>
        b.mailbox.submitCheckpointProven(b.checkpoints, { ...checkpoint, ...changed }, NO_EXTENSION, NONE, withProof);
      for (const change of changes) {
        await expectRefusal(submitted(change), b.mailbox, "MailboxWrongCheckpoint", a.chainId, number);
      }
      const swapped = { ...proof, peaks: proof.peaks.toReversed() };
      await expect(submitted({}, swapped)).to.be.revertedWithCustomError(b.mailbox, "TrieProofTraversalError");
      const unknown = submitted({ blockNumber: number - 1n });
      await expectRefusal(unknown, client, "QbftClientUnknownBlock", number - 1n);
    });
  });

  describe("proofs of peaks", () => {
    it("need a header that the client keeps, and the peer's storage", async () => {
      await grantedRequest(world);
      const { number } = await updateTo(client, a, { validators });
      const { account, peaks } = await peakProofs(a, grants, number);
      const prove = (changes: { account?: string[]; peaks?: typeof peaks; at?: bigint }) =>
        b.mailbox.provePeaks(a.chainId, changes.at ?? number, changes.account ?? account, changes.peaks ?? peaks);
      await expectRefusal(prove({ at: number + 1n }), client, "QbftClientUnknownBlock", number + 1n);
      const refused = (changes: Parameters<typeof prove>[0]) => expect(prove(changes)).to.be.revert(b.ethers);
      await refused({ account: account.slice(1) });
      await refused({ account: [] });
      await refused({ account: [...account, account[0]!] });
      await refused({ peaks: peaks.map((each) => ({ ...each, height: each.height + 1 })) });
      await refused({ peaks: peaks.map((each) => ({ ...each, sender: requests })) });
      await refused({ peaks: peaks.map((each) => ({ ...each, proof: each.proof.slice(0, -1) })) });
      const longest = `0x${"00".repeat(1_025)}`;
      await expectRefusal(prove({ account: [longest] }), b.mailbox, "StorageProofsMalformed");
      await expectRefusal(
        prove({ account: Array.from({ length: 65 }, () => "0x") }),
        b.mailbox,
        "StorageProofsMalformed",
      );
      await expect(prove({})).to.emit(b.mailbox, "PeakProven");
      await expect(prove({})).not.to.emit(b.mailbox, "PeakProven");
    });
  });

  describe("what is sent", () => {
    it("is in its sender's own range, which others cannot reach", async () => {
      await pendingRequest(world);
      const before = await b.mailbox.messageCount(requests);
      await b.mailbox.connect(b.actors.stranger).sendMessage(digest("message"));
      expect(await b.mailbox.messageCount(requests)).to.equal(before);
      expect(await b.mailbox.messageCount(b.actors.stranger)).to.equal(1n);
    });

    it("is each request that is made, and each answer that is given", async () => {
      const granted = await grantedRequest(world);
      const [made] = await b.mailbox.queryFilter(b.mailbox.filters.MessageSent(requests));
      expect(made?.args.message).to.equal(granted.requestId);
      const [given] = await a.mailbox.queryFilter(a.mailbox.filters.MessageSent(grants));
      const response = await responseOf(world, granted.requestId);
      expect(given?.args.message).to.equal(await b.requests.answerDigest(response));
    });

    it("stays provable at a peak that a later message changed", async () => {
      const granted = await authorizedRequest(world);
      await submit(world, granted.requestId);
      await setPolicy(PROVEN);
      await proveSent();
      const early = await provenResponse(granted);
      const next = await anotherRequest(world);
      await a.grants.connect(a.actors.patient).deny(next.requestId);
      await proveSent();
      expect(getBytes(early.proof.path[0] ?? ZeroHash)).to.have.length(32);
      await deliver(early);
    });
  });

  describe("policies and clients", () => {
    it("are announced at each change, with what was before", async () => {
      const { mailbox } = b;
      await expect(setPolicy(BOTH)).to.emit(mailbox, "LanePolicySet").withArgs(a.chainId, BOTH, ATTESTED);
      await expect(setPolicy(BOTH)).not.to.emit(mailbox, "LanePolicySet");
      await expect(setPolicy(ATTESTED)).to.emit(mailbox, "LanePolicySet").withArgs(a.chainId, ATTESTED, BOTH);
      await expect(mailbox.setClient(a.chainId, ZeroAddress))
        .to.emit(mailbox, "ClientSet")
        .withArgs(a.chainId, ZeroAddress, client);
    });

    it("ask for a client of that chain before they ask for proofs, and let nothing pass without one", async () => {
      const { mailbox } = b;
      await expectRefusal(mailbox.setPolicy(7n, PROVEN), mailbox, "ProvenLanesWrongClient", 7n, ZeroAddress);
      await expectRefusal(
        mailbox.setClient(7n, client),
        mailbox,
        "ProvenLanesWrongClient",
        7n,
        await client.getAddress(),
      );
      await setPolicy(PROVEN);
      const granted = await grantedRequest(world);
      await proveSent();
      const item = await provenResponse(granted);
      await mailbox.setClient(a.chainId, ZeroAddress);
      await expectRefusal(deliver(item), mailbox, "ProvenLanesWrongClient", a.chainId, ZeroAddress);
    });
  });
});
