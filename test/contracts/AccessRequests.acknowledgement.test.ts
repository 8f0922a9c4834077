import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { Acknowledgement } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { answerOf, digest, domainOf, sign } from "./support/messages.ts";
import { answeredRequest, loadWorld, responseOf, type World } from "./support/world.ts";

describe("AccessRequests: the acknowledgement", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const heldAnswer = async (requestId: string) => (await b.requests.status(requestId)).answer;

  describe("acknowledge (M8)", () => {
    const signAcknowledgement = async (
      requestId: string,
      acknowledgement: bigint,
      signer = b.actors.doctor,
      answer?: string,
    ) => {
      const message = { requestId, answer: answer ?? (await heldAnswer(requestId)), acknowledgement };
      return sign(signer, await domainOf(b, "requests"), "Acknowledgement", message);
    };

    it("records once what the requester found", async () => {
      for (const acknowledgement of [Acknowledgement.Opened, Acknowledgement.Disputed]) {
        world = await loadWorld();
        const { requestId } = await answeredRequest(world);
        const answer = answerOf(await responseOf(world, requestId));
        const asDoctor = b.requests.connect(b.actors.doctor);
        await expect(asDoctor.acknowledge(requestId, answer, acknowledgement))
          .to.emit(b.requests, "Acknowledged")
          .withArgs(requestId, b.actors.doctor.address, answer, acknowledgement, "0x");
        expect((await b.requests.status(requestId)).acknowledgement).to.equal(acknowledgement);
        for (const again of [Acknowledgement.Opened, Acknowledgement.Disputed]) {
          const attempt = asDoctor.acknowledge(requestId, answer, again);
          await expectRefusal(attempt, b.requests, "AccessRequestsAlreadyAcknowledged", requestId);
        }
      }
    });

    it("refuses an acknowledgement that says nothing", async () => {
      const { requestId } = await answeredRequest(world);
      const asDoctor = b.requests.connect(b.actors.doctor);
      const attempt = asDoctor.acknowledge(requestId, await heldAnswer(requestId), Acknowledgement.None);
      await expectRefusal(attempt, b.requests, "AccessRequestsInvalidAcknowledgement", requestId);
    });

    it("refuses an acknowledgement by anyone else", async () => {
      const { requestId } = await answeredRequest(world);
      for (const caller of [b.actors.colleague, b.actors.operatorB, b.actors.relayer1, b.actors.administrator]) {
        const attempt = b.requests
          .connect(caller)
          .acknowledge(requestId, await heldAnswer(requestId), Acknowledgement.Opened);
        await expectRefusal(attempt, b.requests, "AccessRequestsUnauthorizedRequester", requestId, caller.address);
      }
    });

    it("takes the requester's signature, whoever carries it, and only once", async () => {
      const { requestId } = await answeredRequest(world);
      const signature = await signAcknowledgement(requestId, Acknowledgement.Disputed);
      const asStranger = b.requests.connect(b.actors.stranger);
      const answer = await heldAnswer(requestId);
      await expect(asStranger.acknowledgeFor(requestId, answer, Acknowledgement.Disputed, signature))
        .to.emit(b.requests, "Acknowledged")
        .withArgs(requestId, b.actors.doctor.address, answer, Acknowledgement.Disputed, signature);
      const replay = asStranger.acknowledgeFor(requestId, answer, Acknowledgement.Disputed, signature);
      await expectRefusal(replay, b.requests, "AccessRequestsAlreadyAcknowledged", requestId);
    });

    it("refuses a signature of someone else, of another answer, or under another domain", async () => {
      const { requestId } = await answeredRequest(world);
      const answer = await heldAnswer(requestId);
      const opened = { requestId, answer, acknowledgement: Acknowledgement.Opened };
      const { doctor, stranger } = b.actors;
      const signatures = [
        await signAcknowledgement(requestId, Acknowledgement.Opened, stranger),
        await signAcknowledgement(requestId, Acknowledgement.Disputed),
        await signAcknowledgement(digest("another request"), Acknowledgement.Opened, doctor, answer),
        await signAcknowledgement(requestId, Acknowledgement.Opened, doctor, digest("another answer")),
        await sign(doctor, await domainOf(a, "requests"), "Acknowledgement", opened),
        await sign(doctor, await domainOf(b, "grants"), "Acknowledgement", opened),
      ];
      for (const signature of signatures) {
        const attempt = b.requests.acknowledgeFor(requestId, answer, Acknowledgement.Opened, signature);
        await expectRefusal(attempt, b.requests, "AccessRequestsInvalidSignature", requestId);
      }
    });
  });
});
