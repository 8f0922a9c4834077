import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { expectRefused } from "./support/expectRefused.ts";
import { digest, domainOf, sign } from "./support/messages.ts";
import {
  anchorRecord,
  anotherRequest,
  approve,
  COLLEAGUE,
  certify,
  DOCTOR,
  epochOf,
  HOSPITAL_A,
  HOSPITAL_LIMIT,
  loadWorld,
  nextBlockAt,
  PRIVATE_FRAGMENT,
  pendingRequest,
  RECORD,
  RECORD_LIMIT,
  SEALED_REKEY,
  submit,
  type World,
} from "./support/world.ts";

describe("AccessGrants: the owner's decision", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const stateOf = async (requestId: string) => (await a.grants.grant(requestId)).state;

  describe("authorize (M2, M3)", () => {
    it("asks the relayers to re-encrypt, when the owner approves within both limits", async () => {
      const { requestId } = await pendingRequest(world);
      const asPatient = a.grants.connect(a.actors.patient);
      const epoch = await epochOf(a);
      expect(await asPatient.authorize.staticCall(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, epoch)).to.equal(
        Decision.Granted,
      );
      await expect(approve(world, requestId))
        .to.emit(a.grants, "ReEncryptionRequested")
        .withArgs(1n, requestId, RECORD, SEALED_REKEY);
      const grant = await a.grants.grant(requestId);
      expect(grant.state).to.equal(RequestState.Authorized);
      expect(grant.key).to.equal(SEALED_REKEY);
      expect(grant.relayerEpoch).to.equal(epoch);
      expect(grant.privateFragment).to.equal(PRIVATE_FRAGMENT);
      expect(grant.decidedAt).to.equal(0n);
      expect(grant.updatedAt).to.equal(BigInt(await a.ethers.provider.getBlockNumber()));
    });

    it("says who approved, whatever Algorithm₁ then decides", async () => {
      const { requestId } = await pendingRequest(world);
      await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 0n);
      await expect(a.grants.connect(a.actors.patient).authorize(requestId, ZeroHash, ZeroHash, 7n))
        .to.emit(a.grants, "Approved")
        .withArgs(requestId, a.actors.patient.address, ZeroHash, ZeroHash, 7n, "0x");
    });

    it("refuses an approval by anyone but the owner", async () => {
      const { requestId } = await pendingRequest(world);
      const { administrator, operatorA, doctor, relayer1, stranger } = a.actors;
      const epoch = await epochOf(a);
      for (const caller of [administrator, operatorA, doctor, relayer1, stranger]) {
        const other = a.grants.connect(caller);
        const attempts = [
          () => other.authorize(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, epoch),
          () => other.deny(requestId),
        ];
        for (const attempt of attempts) {
          await expectRefusal(attempt(), a.grants, "AccessGrantsUnauthorizedOwner", requestId, caller.address);
        }
      }
    });

    it("refuses an owner that is inactive", async () => {
      const { requestId } = await pendingRequest(world);
      await a.hospitals.suspendHospital(HOSPITAL_A);
      const { patient, stranger } = a.actors;
      await expectRefusal(
        approve(world, requestId),
        a.grants,
        "AccessGrantsUnauthorizedOwner",
        requestId,
        patient.address,
      );
      const carried = a.grants.connect(stranger).authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, 4n, "0x");
      await expectRefusal(carried, a.grants, "AccessGrantsUnauthorizedOwner", requestId, stranger.address);
    });

    it("refuses an approval without the re-encryption key or the private fragment", async () => {
      const { requestId } = await pendingRequest(world);
      const asPatient = a.grants.connect(a.actors.patient);
      for (const [rekey, fragment] of [
        [ZeroHash, PRIVATE_FRAGMENT],
        [SEALED_REKEY, ZeroHash],
      ] as const) {
        const attempt = asPatient.authorize(requestId, rekey, fragment, await epochOf(a));
        await expectRefusal(attempt, a.grants, "AccessGrantsMissingDigest", requestId);
      }
    });

    it("refuses to seal to relayers of another epoch than that of now, even by a number that stands for it", async () => {
      const { requestId } = await pendingRequest(world);
      const current = await epochOf(a);
      for (const epoch of [0n, current - 1n, current + 1n, current + 2n ** 16n]) {
        const attempt = a.grants.connect(a.actors.patient).authorize(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, epoch);
        await expectRefusal(attempt, a.grants, "AccessGrantsWrongEpoch", requestId, epoch, current);
      }
      expect(await stateOf(requestId)).to.equal(RequestState.Pending);
      expect(await a.ledger.length()).to.equal(0n);
    });

    it("refuses, logs and answers where the record was revoked since the delivery", async () => {
      const { requestId } = await pendingRequest(world);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      await expectRefused(world, approve(world, requestId), requestId, 1n, Decision.RecordRevoked);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
      expect(await a.ledger.length()).to.equal(1n);
    });

    it("refuses, logs and answers where the requester is no longer active", async () => {
      const { requestId } = await pendingRequest(world);
      await a.hospitals.connect(a.actors.operatorB).suspendMember(DOCTOR);
      await expectRefused(world, approve(world, requestId), requestId, 1n, Decision.RequesterInactive);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(0n);
    });
  });

  describe("authorizeFor and denyFor", () => {
    let epoch: bigint;
    beforeEach(async () => {
      epoch = await epochOf(a);
    });

    const authorization = (requestId: string) => ({
      requestId,
      sealedRekey: SEALED_REKEY,
      privateFragment: PRIVATE_FRAGMENT,
      epoch,
    });
    const authorizeFor = (requestId: string, signature: string) =>
      a.grants.connect(a.actors.stranger).authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, epoch, signature);
    const denyFor = (requestId: string, signature: string) =>
      a.grants.connect(a.actors.stranger).denyFor(requestId, signature);

    it("take the owner's signature, whoever carries it, and only once", async () => {
      const first = await pendingRequest(world);
      const domain = await domainOf(a, "grants");
      const approval = await sign(a.actors.patient, domain, "Authorization", authorization(first.requestId));
      const approved = await authorizeFor(first.requestId, approval);
      await expect(approved)
        .to.emit(a.grants, "ReEncryptionRequested")
        .withArgs(1n, first.requestId, RECORD, SEALED_REKEY);
      const { address } = a.actors.patient;
      await expect(approved)
        .to.emit(a.grants, "Approved")
        .withArgs(first.requestId, address, SEALED_REKEY, PRIVATE_FRAGMENT, epoch, approval);
      await expectRefusal(
        authorizeFor(first.requestId, approval),
        a.grants,
        "AccessGrantsWrongState",
        first.requestId,
        RequestState.Authorized,
      );
      const second = await anotherRequest(world);
      const denial = await sign(a.actors.patient, domain, "Denial", { requestId: second.requestId });
      const denied = await denyFor(second.requestId, denial);
      await expect(denied).to.emit(a.grants, "Denied").withArgs(second.requestId, address, denial);
      await expectRefused(world, Promise.resolve(denied), second.requestId, 2n, Decision.DeniedByOwner);
      await expectRefusal(
        denyFor(second.requestId, denial),
        a.grants,
        "AccessGrantsWrongState",
        second.requestId,
        RequestState.Denied,
      );
    });

    it("refuse anyone else's signature, another domain's, and one for another request or content", async () => {
      const { requestId } = await pendingRequest(world);
      const other = await anotherRequest(world);
      const { patient, stranger, operatorA } = a.actors;
      const domain = await domainOf(a, "grants");
      const message = authorization(requestId);
      const approvals = [
        await sign(stranger, domain, "Authorization", message),
        await sign(operatorA, domain, "Authorization", message),
        await sign(patient, await domainOf(b, "grants"), "Authorization", message),
        await sign(patient, await domainOf(a, "records"), "Authorization", message),
        await sign(patient, domain, "Authorization", authorization(other.requestId)),
        await sign(patient, domain, "Authorization", { ...message, sealedRekey: digest("other") }),
        await sign(patient, domain, "Authorization", { ...message, privateFragment: digest("other") }),
        await sign(patient, domain, "Authorization", { ...message, epoch: epoch + 1n }),
        await sign(patient, domain, "Denial", { requestId }),
      ];
      for (const signature of approvals) {
        await expectRefusal(authorizeFor(requestId, signature), a.grants, "AccessGrantsInvalidSignature", requestId);
      }
      const denials = [
        await sign(stranger, domain, "Denial", { requestId }),
        await sign(patient, await domainOf(b, "grants"), "Denial", { requestId }),
        await sign(patient, domain, "Denial", { requestId: other.requestId }),
        await sign(patient, domain, "Authorization", message),
      ];
      for (const signature of denials) {
        await expectRefusal(denyFor(requestId, signature), a.grants, "AccessGrantsInvalidSignature", requestId);
      }
      expect(await stateOf(requestId)).to.equal(RequestState.Pending);
    });

    it("take the signature of the owner's new account, and no longer of the old one", async () => {
      const { requestId } = await pendingRequest(world);
      const { patient, stranger, operatorA } = a.actors;
      const certificate = { ...world.patient.certificate, serial: 2n, account: stranger.address };
      const renewal = await certify(a, operatorA, certificate);
      await a.hospitals.enrolMember(renewal.certificate, renewal.signature);
      const domain = await domainOf(a, "grants");
      const old = await sign(patient, domain, "Authorization", authorization(requestId));
      await expectRefusal(authorizeFor(requestId, old), a.grants, "AccessGrantsInvalidSignature", requestId);
      await authorizeFor(requestId, await sign(stranger, domain, "Authorization", authorization(requestId)));
      expect(await stateOf(requestId)).to.equal(RequestState.Authorized);
    });
  });

  describe("deny (M2)", () => {
    it("denies, logs and answers, and counts no access", async () => {
      const { requestId } = await pendingRequest(world);
      const denial = a.grants.connect(a.actors.patient).deny(requestId);
      await expectRefused(world, denial, requestId, 1n, Decision.DeniedByOwner);
      expect(await stateOf(requestId)).to.equal(RequestState.Denied);
      expect(await a.ledger.length()).to.equal(1n);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(0n);
    });
  });

  describe("Algorithm₁ (M3)", () => {
    /** Asks once more and has the owner approve; says what Algorithm₁ decided. */
    async function ask(recordId = RECORD, signer: "doctor" | "colleague" = "doctor"): Promise<bigint> {
      const { requestId } = await anotherRequest(world, { recordId }, signer);
      await approve(world, requestId);
      const grant = await a.grants.grant(requestId);
      return grant.state === RequestState.Authorized ? Decision.Granted : grant.decision;
    }

    it("grants as often as the record's limit says, and refuses the next without reverting", async () => {
      await anchorRecord(world);
      for (let i = 0n; i < RECORD_LIMIT; i++) expect(await ask()).to.equal(Decision.Granted);
      expect(await ask()).to.equal(Decision.RecordLimitReached);
      expect(await a.ledger.recordAccessCountOf(RECORD, DOCTOR)).to.equal(RECORD_LIMIT);
      expect(await a.ledger.length()).to.equal(RECORD_LIMIT + 1n);
    });

    it("grants as often as the hospital's limit says, over all its records", async () => {
      const records = [
        await anchorRecord(world),
        await anchorRecord(world, { salt: digest("second") }),
        await anchorRecord(world, { salt: digest("third") }),
      ];
      for (let i = 0; i < Number(HOSPITAL_LIMIT); i++) expect(await ask(records[i % 2])).to.equal(Decision.Granted);
      expect(await ask(records[2])).to.equal(Decision.HospitalLimitReached);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(HOSPITAL_LIMIT);
      expect(await a.ledger.recordAccessCountOf(records[2]!, DOCTOR)).to.equal(0n);
    });

    it("counts every requester apart", async () => {
      await anchorRecord(world, { maxAccessCount: 1n });
      expect(await ask()).to.equal(Decision.Granted);
      expect(await ask()).to.equal(Decision.RecordLimitReached);
      expect(await ask(RECORD, "colleague")).to.equal(Decision.Granted);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, COLLEAGUE)).to.equal(1n);
    });

    it("names the hospital's limit where both are reached", async () => {
      await anchorRecord(world, { maxAccessCount: 0n });
      await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 0n);
      expect(await ask()).to.equal(Decision.HospitalLimitReached);
    });

    it("grants nothing under a limit of zero, of the record or of the hospital", async () => {
      await anchorRecord(world, { maxAccessCount: 0n });
      expect(await ask()).to.equal(Decision.RecordLimitReached);
      await a.records.connect(a.actors.patient).setMaxAccessCount(RECORD, RECORD_LIMIT);
      await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 0n);
      expect(await ask()).to.equal(Decision.HospitalLimitReached);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(0n);
    });

    it("refuses when a limit is lowered to or under the count, and grants again when it is raised", async () => {
      await anchorRecord(world);
      expect(await ask()).to.equal(Decision.Granted);
      expect(await ask()).to.equal(Decision.Granted);
      const asPatient = a.records.connect(a.actors.patient);
      for (const limit of [2n, 1n]) {
        await asPatient.setMaxAccessCount(RECORD, limit);
        expect(await ask()).to.equal(Decision.RecordLimitReached);
      }
      await asPatient.setMaxAccessCount(RECORD, 3n);
      expect(await ask()).to.equal(Decision.Granted);
    });

    it("revives no denied and no expired request when a limit is raised", async () => {
      const denied = await pendingRequest(world);
      await a.grants.connect(a.actors.patient).deny(denied.requestId);
      const expired = await anotherRequest(world);
      await nextBlockAt(a, expired.request.expiry);
      await a.grants.expire(expired.requestId);
      await a.records.connect(a.actors.patient).setMaxAccessCount(RECORD, 1_000n);
      await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 1_000n);
      for (const [{ requestId }, state] of [
        [denied, RequestState.Denied],
        [expired, RequestState.Expired],
      ] as const) {
        await expectRefusal(approve(world, requestId), a.grants, "AccessGrantsWrongState", requestId, state);
        await expectRefusal(submit(world, requestId), a.grants, "AccessGrantsWrongState", requestId, state);
      }
    });

    it("uses the limit at the approval, not at the delivery", async () => {
      const { requestId } = await pendingRequest(world);
      await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 0n);
      await expectRefused(world, approve(world, requestId), requestId, 1n, Decision.HospitalLimitReached);
    });
  });
});
