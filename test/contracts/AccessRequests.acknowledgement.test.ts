import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { Acknowledgement } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, domainOf, sign } from "./support/messages.ts";
import { answeredRequest, loadWorld, type World } from "./support/world.ts";

describe("AccessRequests: the acknowledgement", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  describe("acknowledge (M8)", () => {
    const signAcknowledgement = async (requestId: string, acknowledgement: bigint, signer = b.actors.doctor) =>
      sign(signer, await domainOf(b, "requests"), "Acknowledgement", { requestId, acknowledgement });

    it("records once what the requester found", async () => {
      for (const acknowledgement of [Acknowledgement.Opened, Acknowledgement.Disputed]) {
        world = await loadWorld();
        const { requestId } = await answeredRequest(world);
        const asDoctor = b.requests.connect(b.actors.doctor);
        await expect(asDoctor.acknowledge(requestId, acknowledgement))
          .to.emit(b.requests, "Acknowledged")
          .withArgs(requestId, b.actors.doctor.address, acknowledgement, "0x");
        expect((await b.requests.status(requestId)).acknowledgement).to.equal(acknowledgement);
        for (const again of [Acknowledgement.Opened, Acknowledgement.Disputed]) {
          const attempt = asDoctor.acknowledge(requestId, again);
          await expectRefusal(attempt, b.requests, "AccessRequestsAlreadyAcknowledged", requestId);
        }
      }
    });

    it("refuses an acknowledgement that says nothing", async () => {
      const { requestId } = await answeredRequest(world);
      const attempt = b.requests.connect(b.actors.doctor).acknowledge(requestId, Acknowledgement.None);
      await expectRefusal(attempt, b.requests, "AccessRequestsInvalidAcknowledgement", requestId);
    });

    it("refuses an acknowledgement by anyone else", async () => {
      const { requestId } = await answeredRequest(world);
      for (const caller of [b.actors.colleague, b.actors.operatorB, b.actors.relayer1, b.actors.administrator]) {
        const attempt = b.requests.connect(caller).acknowledge(requestId, Acknowledgement.Opened);
        await expectRefusal(attempt, b.requests, "AccessRequestsUnauthorizedRequester", requestId, caller.address);
      }
    });

    it("takes the requester's signature, whoever carries it, and only once", async () => {
      const { requestId } = await answeredRequest(world);
      const signature = await signAcknowledgement(requestId, Acknowledgement.Disputed);
      const asStranger = b.requests.connect(b.actors.stranger);
      await expect(asStranger.acknowledgeFor(requestId, Acknowledgement.Disputed, signature))
        .to.emit(b.requests, "Acknowledged")
        .withArgs(requestId, b.actors.doctor.address, Acknowledgement.Disputed, signature);
      const replay = asStranger.acknowledgeFor(requestId, Acknowledgement.Disputed, signature);
      await expectRefusal(replay, b.requests, "AccessRequestsAlreadyAcknowledged", requestId);
    });

    it("refuses a signature of someone else, of another answer, or under another domain", async () => {
      const { requestId } = await answeredRequest(world);
      const opened = { requestId, acknowledgement: Acknowledgement.Opened };
      const { doctor, stranger } = b.actors;
      const signatures = [
        await signAcknowledgement(requestId, Acknowledgement.Opened, stranger),
        await signAcknowledgement(requestId, Acknowledgement.Disputed),
        await signAcknowledgement(digest("another request"), Acknowledgement.Opened),
        await sign(doctor, await domainOf(a, "requests"), "Acknowledgement", opened),
        await sign(doctor, await domainOf(b, "grants"), "Acknowledgement", opened),
      ];
      for (const signature of signatures) {
        const attempt = b.requests.acknowledgeFor(requestId, Acknowledgement.Opened, signature);
        await expectRefusal(attempt, b.requests, "AccessRequestsInvalidSignature", requestId);
      }
    });
  });
});
