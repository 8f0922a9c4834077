import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { expectRefused } from "./support/expectRefused.ts";
import { domainOf, sign } from "./support/messages.ts";
import {
  anchorRecord,
  anotherRequest,
  approve,
  authorizedRequest,
  carryRequest,
  carryResponse,
  certify,
  DAY,
  DOCTOR,
  epochOf,
  grantedRequest,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  PRIVATE_FRAGMENT,
  pendingRequest,
  responseOf,
  SEALED_REKEY,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

describe("AccessGrants: what an owner gives can be taken back", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const stateOf = async (requestId: string) => (await a.grants.grant(requestId)).state;
  const withdraw = (requestId: string) => a.grants.connect(a.actors.patient).withdraw(requestId);

  describe("withdraw", () => {
    it("ends an authorised request, logs and answers it, and keeps the access counted", async () => {
      const { requestId } = await authorizedRequest(world);
      const transaction = await withdraw(requestId);
      await expect(transaction).to.emit(a.grants, "Withdrawn").withArgs(requestId, a.actors.patient.address, "0x");
      await expectRefused(world, Promise.resolve(transaction), requestId, 2n, Decision.Withdrawn);
      const grant = await a.grants.grant(requestId);
      expect(grant.state).to.equal(RequestState.Denied);
      expect(grant.updatedAt).to.equal(BigInt(transaction.blockNumber!));
      expect(await a.ledger.length()).to.equal(2n);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      await expectRefusal(submit(world, requestId), a.grants, "AccessGrantsWrongState", requestId, RequestState.Denied);
      await carryResponse(world, await responseOf(world, requestId));
      expect((await b.requests.status(requestId)).state).to.equal(RequestState.Denied);
    });

    it("overtakes an approval that is signed and under way", async () => {
      const { requestId } = await pendingRequest(world);
      const epoch = await epochOf(a);
      const approval = { requestId, sealedRekey: SEALED_REKEY, privateFragment: PRIVATE_FRAGMENT, epoch };
      const signature = await sign(a.actors.patient, await domainOf(a, "grants"), "Authorization", approval);
      await withdraw(requestId);
      const carried = a.grants.authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, epoch, signature);
      await expectRefusal(carried, a.grants, "AccessGrantsWrongState", requestId, RequestState.Denied);
    });

    it("is refused once the request is concluded, or has expired, or is not known", async () => {
      const granted = await grantedRequest(world);
      const { Granted } = RequestState;
      await expectRefusal(withdraw(granted.requestId), a.grants, "AccessGrantsWrongState", granted.requestId, Granted);
      await expectRefusal(withdraw(ZeroHash), a.grants, "AccessGrantsUnknownRequest", ZeroHash);
      const { request, requestId } = await anotherRequest(world);
      await approve(world, requestId);
      await nextBlockAt(a, request.expiry);
      await expectRefusal(withdraw(requestId), a.grants, "AccessGrantsExpired", requestId, request.expiry);
    });

    it("is the owner's alone, or of whoever carries its signature", async () => {
      const { requestId } = await authorizedRequest(world);
      const other = await anotherRequest(world);
      const { patient, operatorA, doctor, relayer1, stranger } = a.actors;
      for (const caller of [operatorA, doctor, relayer1, stranger]) {
        const attempt = a.grants.connect(caller).withdraw(requestId);
        await expectRefusal(attempt, a.grants, "AccessGrantsUnauthorizedOwner", requestId, caller.address);
      }
      const domain = await domainOf(a, "grants");
      const wrong = [
        await sign(stranger, domain, "Withdrawal", { requestId }),
        await sign(patient, domain, "Withdrawal", { requestId: other.requestId }),
        await sign(patient, domain, "Denial", { requestId }),
        await sign(patient, await domainOf(b, "grants"), "Withdrawal", { requestId }),
      ];
      const carrier = a.grants.connect(stranger);
      for (const signature of wrong) {
        const attempt = carrier.withdrawFor(requestId, signature);
        await expectRefusal(attempt, a.grants, "AccessGrantsInvalidSignature", requestId);
      }
      const signature = await sign(patient, domain, "Withdrawal", { requestId });
      await expect(carrier.withdrawFor(requestId, signature))
        .to.emit(a.grants, "Withdrawn")
        .withArgs(requestId, patient.address, signature);
      expect(await stateOf(requestId)).to.equal(RequestState.Denied);
    });

    it("works, as a denial does, for an owner whose hospital is suspended or whose certificate has lapsed", async () => {
      const asPatient = () => a.grants.connect(a.actors.patient);
      const obstacles = [
        async () => a.hospitals.suspendHospital(HOSPITAL_A),
        async () => nextBlockAt(a, world.patient.certificate.notAfter),
      ];
      for (const obstacle of obstacles) {
        world = await loadWorld();
        const { notAfter } = world.patient.certificate;
        await nextBlockAt(b, notAfter - DAY);
        await nextBlockAt(a, notAfter - DAY);
        await anchorRecord(world);
        const times = { issuedAt: notAfter - DAY, expiry: notAfter + DAY };
        const [first, second] = [await signRequest(world, times), await signRequest(world, times)];
        for (const signed of [first, second]) await carryRequest(world, signed);
        await approve(world, first.requestId);
        await obstacle();
        await withdraw(first.requestId);
        await expect(asPatient().deny(second.requestId))
          .to.emit(a.grants, "Denied")
          .withArgs(second.requestId, a.actors.patient.address, "0x");
        expect(await stateOf(first.requestId)).to.equal(RequestState.Denied);
        expect(await stateOf(second.requestId)).to.equal(RequestState.Denied);
      }
    });

    it("is refused to an account that the hospital has shut out, and open to the one that it put in its place", async () => {
      const { requestId } = await authorizedRequest(world);
      const { patient, stranger, operatorA } = a.actors;
      await a.hospitals.connect(operatorA).revokeCertificates(HOSPITAL_A, world.patient.certificate.pseudonym, 1n);
      await expectRefusal(withdraw(requestId), a.grants, "AccessGrantsUnauthorizedOwner", requestId, patient.address);
      const renewal = await certify(a, operatorA, {
        ...world.patient.certificate,
        serial: 2n,
        account: stranger.address,
      });
      await a.hospitals.enrolMember(renewal.certificate, renewal.signature);
      await a.grants.connect(stranger).withdraw(requestId);
      expect(await stateOf(requestId)).to.equal(RequestState.Denied);
    });
  });

  describe("the owner's standing", () => {
    const losses: Record<string, () => Promise<unknown>> = {
      "hospital is suspended": async () => a.hospitals.suspendHospital(HOSPITAL_A),
      "certificates are revoked": async () =>
        a.hospitals.connect(a.actors.operatorA).revokeCertificates(HOSPITAL_A, world.patient.certificate.pseudonym, 1n),
      "account is suspended": async () =>
        a.hospitals
          .connect(a.actors.operatorA)
          .suspendMember(await a.hospitals.memberIdOf(HOSPITAL_A, world.patient.certificate.pseudonym)),
    };
    for (const [loss, lose] of Object.entries(losses)) {
      it(`rules out a grant of what was approved before the owner's ${loss}`, async () => {
        const { requestId } = await authorizedRequest(world);
        await lose();
        const transaction = await submit(world, requestId);
        await expectRefused(world, Promise.resolve(transaction), requestId, 2n, Decision.OwnerInactive);
        const { state, updatedAt } = await a.grants.grant(requestId);
        expect(state).to.equal(RequestState.Refused);
        expect(updatedAt).to.equal(BigInt(transaction.blockNumber!));
        expect(await a.ledger.length()).to.equal(2n);
      });
    }

    it("is in order again when the hospital is reinstated", async () => {
      const { requestId } = await authorizedRequest(world);
      await a.hospitals.suspendHospital(HOSPITAL_A);
      await a.hospitals.reinstateHospital(HOSPITAL_A);
      await submit(world, requestId);
      expect(await stateOf(requestId)).to.equal(RequestState.Granted);
    });

    it("is not all: the requester's hospital rules a grant out too", async () => {
      const { requestId } = await authorizedRequest(world);
      await a.hospitals.suspendHospital(HOSPITAL_B);
      await expectRefused(world, submit(world, requestId), requestId, 2n, Decision.RequesterInactive);
    });
  });

  describe("a lane whose peer was replaced", () => {
    it("has what came over it neither approved nor granted, even when the former peer is set again", async () => {
      const authorized = await authorizedRequest(world);
      const pending = await anotherRequest(world);
      const peer = await b.requests.getAddress();
      const replaced = async () => {
        for (const [{ requestId }, attempt] of [
          [pending, () => approve(world, pending.requestId)],
          [authorized, () => submit(world, authorized.requestId)],
        ] as const) {
          await expectRefusal(attempt(), a.grants, "AccessGrantsPeerReplaced", requestId);
        }
      };
      await a.grants.setPeer(b.chainId, a.actors.stranger);
      await replaced();
      await a.grants.setPeer(b.chainId, peer);
      await replaced();
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      await a.grants.connect(a.actors.patient).deny(pending.requestId);
      await withdraw(authorized.requestId);
      const { requestId } = await anotherRequest(world);
      await approve(world, requestId);
      await submit(world, requestId);
      expect(await stateOf(requestId)).to.equal(RequestState.Granted);
    });
  });
});
