import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { contentsOf, digest, digestOf, domainOf, sign, tuple } from "./support/messages.ts";
import {
  anchorOf,
  anchorRecord,
  anotherRequest,
  approve,
  attestReEncryption,
  authorizedRequest,
  COLLEAGUE,
  certify,
  DOCTOR,
  grantedRequest,
  HOSPITAL_A,
  HOSPITAL_B,
  HOSPITAL_LIMIT,
  loadWorld,
  nextBlockAt,
  now,
  PRIVATE_FRAGMENT,
  pendingRequest,
  RE_ENCRYPTION,
  RECORD,
  RECORD_LIMIT,
  refusal,
  responseOf,
  SEALED_REKEY,
  submit,
  THRESHOLD,
  type World,
} from "./support/world.ts";

describe("AccessGrants: the owner's decision and what follows", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const stateOf = async (requestId: string) => (await a.grants.grant(requestId)).state;

  /** Asserts that a transaction ended a request with this decision: answered, and nothing but the decision in it. */
  async function expectRefused(transaction: Promise<unknown>, requestId: string, sequence: bigint, decision: bigint) {
    const mined = await transaction;
    await expect(mined)
      .to.emit(a.grants, "ResponseReady")
      .withArgs(sequence, requestId, b.chainId, tuple(refusal(requestId, decision, await now(a))));
    expect((await a.grants.grant(requestId)).decision).to.equal(decision);
  }

  describe("authorize (M2, M3)", () => {
    it("asks the relayers to re-encrypt, when the owner approves within both limits", async () => {
      const { requestId } = await pendingRequest(world);
      const asPatient = a.grants.connect(a.actors.patient);
      expect(await asPatient.authorize.staticCall(requestId, SEALED_REKEY, PRIVATE_FRAGMENT)).to.equal(
        Decision.Granted,
      );
      await expect(approve(world, requestId))
        .to.emit(a.grants, "ReEncryptionRequested")
        .withArgs(1n, requestId, RECORD, SEALED_REKEY);
      const grant = await a.grants.grant(requestId);
      expect(grant.state).to.equal(RequestState.Authorized);
      expect(grant.key).to.equal(SEALED_REKEY);
      expect(grant.privateFragment).to.equal(PRIVATE_FRAGMENT);
      expect(grant.decidedAt).to.equal(0n);
      expect(grant.updatedAt).to.equal(BigInt(await a.ethers.provider.getBlockNumber()));
    });

    it("refuses an approval by anyone but the owner", async () => {
      const { requestId } = await pendingRequest(world);
      const { administrator, operatorA, doctor, relayer1, stranger } = a.actors;
      for (const caller of [administrator, operatorA, doctor, relayer1, stranger]) {
        const other = a.grants.connect(caller);
        const attempts = [
          () => other.authorize(requestId, SEALED_REKEY, PRIVATE_FRAGMENT),
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
      const carried = a.grants.connect(stranger).authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, "0x");
      await expectRefusal(carried, a.grants, "AccessGrantsUnauthorizedOwner", requestId, stranger.address);
    });

    it("refuses an approval without the re-encryption key or the private fragment", async () => {
      const { requestId } = await pendingRequest(world);
      const asPatient = a.grants.connect(a.actors.patient);
      for (const [rekey, fragment] of [
        [ZeroHash, PRIVATE_FRAGMENT],
        [SEALED_REKEY, ZeroHash],
      ] as const) {
        const attempt = asPatient.authorize(requestId, rekey, fragment);
        await expectRefusal(attempt, a.grants, "AccessGrantsMissingDigest", requestId);
      }
    });

    it("refuses, logs and answers where the record was revoked since the delivery", async () => {
      const { requestId } = await pendingRequest(world);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      await expectRefused(approve(world, requestId), requestId, 1n, Decision.RecordRevoked);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
      expect(await a.ledger.length()).to.equal(1n);
    });

    it("refuses, logs and answers where the requester is no longer active", async () => {
      const { requestId } = await pendingRequest(world);
      await a.hospitals.connect(a.actors.operatorB).suspendMember(DOCTOR);
      await expectRefused(approve(world, requestId), requestId, 1n, Decision.RequesterInactive);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(0n);
    });
  });

  describe("authorizeFor and denyFor", () => {
    const authorization = (requestId: string) => ({
      requestId,
      sealedRekey: SEALED_REKEY,
      privateFragment: PRIVATE_FRAGMENT,
    });
    const authorizeFor = (requestId: string, signature: string) =>
      a.grants.connect(a.actors.stranger).authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, signature);
    const denyFor = (requestId: string, signature: string) =>
      a.grants.connect(a.actors.stranger).denyFor(requestId, signature);

    it("take the owner's signature, whoever carries it, and only once", async () => {
      const first = await pendingRequest(world);
      const domain = await domainOf(a, "grants");
      const approval = await sign(a.actors.patient, domain, "Authorization", authorization(first.requestId));
      await expect(authorizeFor(first.requestId, approval))
        .to.emit(a.grants, "ReEncryptionRequested")
        .withArgs(1n, first.requestId, RECORD, SEALED_REKEY);
      await expectRefusal(
        authorizeFor(first.requestId, approval),
        a.grants,
        "AccessGrantsWrongState",
        first.requestId,
        RequestState.Authorized,
      );
      const second = await anotherRequest(world);
      const denial = await sign(a.actors.patient, domain, "Denial", { requestId: second.requestId });
      await expectRefused(denyFor(second.requestId, denial), second.requestId, 2n, Decision.DeniedByOwner);
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
      await expectRefused(denial, requestId, 1n, Decision.DeniedByOwner);
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
      await expectRefused(approve(world, requestId), requestId, 1n, Decision.HospitalLimitReached);
    });
  });

  describe("submitReEncryption (M4)", () => {
    it("grants, and answers with everything that the requester fetches", async () => {
      const { requestId } = await authorizedRequest(world);
      const transaction = await submit(world, requestId);
      const response = {
        ...refusal(requestId, Decision.Granted, await now(a)),
        contents: contentsOf(anchorOf()),
        reEncryption: RE_ENCRYPTION,
        privateFragment: PRIVATE_FRAGMENT,
      };
      await expect(transaction).to.emit(a.grants, "ResponseReady").withArgs(2n, requestId, b.chainId, tuple(response));
      expect(await a.grants.responseOf(requestId)).to.deep.equal(tuple(response));
      const grant = await a.grants.grant(requestId);
      expect([grant.state, grant.decision, grant.key, grant.decidedAt]).to.deep.equal([
        RequestState.Granted,
        Decision.Granted,
        RE_ENCRYPTION,
        response.decidedAt,
      ]);
    });

    it("counts the access once, at the approval", async () => {
      const { requestId } = await authorizedRequest(world);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      await submit(world, requestId);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      expect(await a.ledger.length()).to.equal(1n);
    });

    it("is a registered relayer's alone", async () => {
      const { requestId } = await authorizedRequest(world);
      const { patient, doctor, operatorA, administrator, stranger, relayer3 } = a.actors;
      await a.relayers.removeRelayer(relayer3);
      for (const caller of [patient, doctor, operatorA, administrator, stranger, relayer3]) {
        const attempt = a.grants.connect(caller).submitReEncryption(requestId, RE_ENCRYPTION, []);
        await expectRefusal(attempt, a.relayers, "RelayerSetUnknownRelayer", caller.address);
      }
    });

    it("needs as many relayers as must attest, and the caller is one of them", async () => {
      const { requestId } = await authorizedRequest(world);
      const asRelayer = a.grants.connect(a.actors.relayer1);
      const alone = asRelayer.submitReEncryption(requestId, RE_ENCRYPTION, []);
      await expectRefusal(alone, a.relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      const twice = await attestReEncryption(world, requestId, ["relayer1"]);
      const attempt = asRelayer.submitReEncryption(requestId, RE_ENCRYPTION, twice);
      await expectRefusal(attempt, a.relayers, "RelayerSetDuplicateAttestation", a.actors.relayer1.address);
      await a.relayers.setThreshold(1n);
      await asRelayer.submitReEncryption(requestId, RE_ENCRYPTION, []);
      expect(await stateOf(requestId)).to.equal(RequestState.Granted);
    });

    it("refuses an attestation of another digest, another request, another contract or another chain", async () => {
      const { requestId } = await authorizedRequest(world);
      const { relayer1, relayer2 } = a.actors;
      const message = { requestId, reEncryption: RE_ENCRYPTION };
      const domain = await domainOf(a, "grants");
      const signatures = [
        await sign(relayer2, domain, "ReEncryption", { ...message, reEncryption: digest("other") }),
        await sign(relayer2, domain, "ReEncryption", { ...message, requestId: digest("other") }),
        await sign(relayer2, await domainOf(a, "requests"), "ReEncryption", message),
        await sign(relayer2, await domainOf(b, "grants"), "ReEncryption", message),
      ];
      for (const signature of signatures) {
        const attestations = [{ relayer: relayer2.address, signature }];
        const attempt = a.grants.connect(relayer1).submitReEncryption(requestId, RE_ENCRYPTION, attestations);
        await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", relayer2.address);
      }
      const expected = digestOf(domain, "ReEncryption", message);
      expect(await a.grants.reEncryptionDigest(requestId, RE_ENCRYPTION)).to.equal(expected);
    });

    it("refuses an empty digest", async () => {
      const { requestId } = await authorizedRequest(world);
      const attempt = a.grants.connect(a.actors.relayer1).submitReEncryption(requestId, ZeroHash, []);
      await expectRefusal(attempt, a.grants, "AccessGrantsMissingDigest", requestId);
    });

    it("grants nothing of a record that was revoked since the approval", async () => {
      const { requestId } = await authorizedRequest(world);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      await expectRefused(submit(world, requestId), requestId, 2n, Decision.RecordRevoked);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
      expect((await responseOf(world, requestId)).reEncryption).to.equal(ZeroHash);
      expect(await a.ledger.length()).to.equal(2n);
    });

    it("grants nothing to a requester that was suspended since the approval", async () => {
      const { requestId } = await authorizedRequest(world);
      await a.hospitals.suspendHospital(HOSPITAL_B);
      await expectRefused(submit(world, requestId), requestId, 2n, Decision.RequesterInactive);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
    });

    it("answers the same after the record is revoked: what was granted stays granted", async () => {
      const { requestId } = await grantedRequest(world);
      const before = await responseOf(world, requestId);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      expect(await responseOf(world, requestId)).to.deep.equal(before);
    });
  });

  describe("the expiry second", () => {
    it("is too late for the owner and the relayer, and the first for expire", async () => {
      const signed = await pendingRequest(world);
      const other = await anotherRequest(world, { expiry: signed.request.expiry });
      await approve(world, other.requestId);
      const { requestId } = signed;
      const { expiry } = signed.request;
      const asPatient = a.grants.connect(a.actors.patient);
      const tooLate: [string, () => Promise<unknown>][] = [
        [requestId, () => approve(world, requestId)],
        [requestId, () => asPatient.authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, "0x")],
        [requestId, () => asPatient.deny(requestId)],
        [requestId, () => asPatient.denyFor(requestId, "0x")],
        [other.requestId, () => submit(world, other.requestId)],
      ];
      for (const [id, attempt] of tooLate) {
        await nextBlockAt(a, expiry);
        await expectRefusal(attempt(), a.grants, "AccessGrantsExpired", id, expiry);
      }
      await nextBlockAt(a, expiry);
      await expectRefused(a.grants.connect(a.actors.stranger).expire(requestId), requestId, 2n, Decision.Expired);
      expect(await stateOf(requestId)).to.equal(RequestState.Expired);
    });

    it("is one second after the last for the owner and the relayer, and too early for expire", async () => {
      const { requestId, request } = await authorizedRequest(world);
      const { expiry } = request;
      const other = await anotherRequest(world, { expiry });
      await nextBlockAt(a, expiry - 1n);
      const early = a.grants.expire(requestId);
      await expectRefusal(early, a.grants, "AccessGrantsNotExpired", requestId, expiry);
      await nextBlockAt(a, expiry - 1n);
      await approve(world, other.requestId);
      await nextBlockAt(a, expiry - 1n);
      await submit(world, requestId);
      expect(await stateOf(requestId)).to.equal(RequestState.Granted);
      expect(await stateOf(other.requestId)).to.equal(RequestState.Authorized);
    });

    it("ends an approved request too, and the access that was counted stays counted", async () => {
      const { requestId, request } = await authorizedRequest(world);
      await nextBlockAt(a, request.expiry);
      await expectRefused(a.grants.expire(requestId), requestId, 2n, Decision.Expired);
      expect(await stateOf(requestId)).to.equal(RequestState.Expired);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      expect(await a.ledger.length()).to.equal(2n);
    });
  });

  describe("the states of a request", () => {
    const expired = async () => {
      const signed = await pendingRequest(world);
      await nextBlockAt(a, signed.request.expiry);
      await a.grants.expire(signed.requestId);
      return signed;
    };
    const denied = async () => {
      const signed = await pendingRequest(world);
      await a.grants.connect(a.actors.patient).deny(signed.requestId);
      return signed;
    };
    const refused = async () => {
      const signed = await pendingRequest(world);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      await approve(world, signed.requestId);
      return signed;
    };
    /** Brings a fresh request to a state by legal steps. */
    const reach: Record<string, () => Promise<{ requestId: string }>> = {
      Pending: () => pendingRequest(world),
      Authorized: () => authorizedRequest(world),
      Granted: () => grantedRequest(world),
      Denied: denied,
      Refused: refused,
      Expired: expired,
    };
    const calls: Record<string, { from: string[]; call: (requestId: string) => Promise<unknown> }> = {
      authorize: { from: ["Pending"], call: (requestId) => approve(world, requestId) },
      authorizeFor: {
        from: ["Pending"],
        call: (requestId) => a.grants.authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, "0x"),
      },
      deny: { from: ["Pending"], call: (requestId) => a.grants.connect(a.actors.patient).deny(requestId) },
      denyFor: { from: ["Pending"], call: (requestId) => a.grants.denyFor(requestId, "0x") },
      submitReEncryption: { from: ["Authorized"], call: (requestId) => submit(world, requestId) },
      expire: { from: ["Pending", "Authorized"], call: (requestId) => a.grants.expire(requestId) },
    };
    for (const [name, { from, call }] of Object.entries(calls)) {
      for (const [state, reached] of Object.entries(reach)) {
        if (from.includes(state)) continue;
        it(`refuse ${name} in state ${state}`, async () => {
          const { requestId } = await reached();
          const expected = RequestState[state as keyof typeof RequestState]; // the keys of `reach` are states
          await expectRefusal(call(requestId), a.grants, "AccessGrantsWrongState", requestId, expected);
        });
      }
      it(`refuse ${name} where there is no request`, async () => {
        await expectRefusal(call(digest("none")), a.grants, "AccessGrantsUnknownRequest", digest("none"));
      });
    }
  });
});
