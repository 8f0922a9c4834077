import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { RecordStatus } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { contentsOf, digest, domainOf, errorData, idOf, type RecordAnchor, sign } from "./support/messages.ts";
import {
  anchorOf,
  anchorRecord,
  certify,
  DAY,
  DOCTOR,
  HOSPITAL_A,
  loadWorld,
  nextBlockAt,
  now,
  PATIENT,
  RECORD,
  RECORD_LIMIT,
  type World,
} from "./support/world.ts";

describe("RecordRegistry", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const eventOf = (anchor: RecordAnchor, expiry = 0n, signature = "0x") => [
    idOf(anchor.owner, anchor.salt),
    anchor.owner,
    a.actors.patient.address,
    anchor.capsule,
    anchor.publicFragment,
    anchor.privateFragment,
    anchor.maxAccessCount,
    anchor.salt,
    expiry,
    signature,
  ];

  describe("anchor", () => {
    it("anchors a record of the caller, under an id that only its owner can take", async () => {
      const anchor = anchorOf();
      const asPatient = a.records.connect(a.actors.patient);
      expect(await asPatient.anchor.staticCall(anchor)).to.equal(RECORD);
      await expect(asPatient.anchor(anchor))
        .to.emit(a.records, "RecordAnchored")
        .withArgs(...eventOf(anchor));
      expect(await a.records.record(RECORD)).to.deep.equal([
        PATIENT,
        contentsOf(anchor),
        BigInt(await a.ethers.provider.getBlockNumber()),
        0n,
        RECORD_LIMIT,
        RecordStatus.Active,
      ]);
      expect(await a.records.recordIdOf(PATIENT, anchor.salt)).to.equal(RECORD);
    });

    it("refuses an anchor in another's name", async () => {
      for (const caller of [a.actors.stranger, a.actors.operatorA, a.actors.administrator, a.actors.doctor]) {
        const attempt = a.records.connect(caller).anchor(anchorOf());
        await expectRefusal(attempt, a.records, "RecordRegistryUnauthorizedOwner", PATIENT, caller.address);
      }
    });

    it("refuses an owner that is unknown, suspended, or of a suspended hospital", async () => {
      const asPatient = a.records.connect(a.actors.patient);
      const refused = (owner: string) =>
        expectRefusal(
          asPatient.anchor(anchorOf({ owner })),
          a.records,
          "RecordRegistryUnauthorizedOwner",
          owner,
          a.actors.patient.address,
        );
      await refused(digest("nobody"));
      await a.hospitals.connect(a.actors.operatorA).suspendMember(PATIENT);
      await refused(PATIENT);
      await a.hospitals.connect(a.actors.operatorA).reinstateMember(PATIENT);
      await a.hospitals.suspendHospital(HOSPITAL_A);
      await refused(PATIENT);
    });

    it("refuses an owner whose home is another chain", async () => {
      const asPatient = b.records.connect(b.actors.patient);
      await expectRefusal(asPatient.anchor(anchorOf()), b.records, "RecordRegistryForeignOwner", PATIENT, a.chainId);
    });

    it("refuses to anchor a record twice, even after it was revoked", async () => {
      const asPatient = a.records.connect(a.actors.patient);
      await asPatient.anchor(anchorOf());
      const again = () => asPatient.anchor(anchorOf({ capsule: digest("other") }));
      await expectRefusal(again(), a.records, "RecordRegistryAlreadyAnchored", RECORD);
      await asPatient.revoke(RECORD);
      await expectRefusal(again(), a.records, "RecordRegistryAlreadyAnchored", RECORD);
    });

    it("refuses a record of which a digest is missing", async () => {
      const asPatient = a.records.connect(a.actors.patient);
      for (const missing of ["capsule", "publicFragment", "privateFragment"]) {
        const attempt = asPatient.anchor(anchorOf({ [missing]: ZeroHash }));
        await expectRefusal(attempt, a.records, "RecordRegistryMissingDigest", RECORD);
      }
    });
  });

  describe("anchorBatch", () => {
    it("anchors several records at once", async () => {
      const anchors = ["1", "2", "3"].map((salt) => anchorOf({ salt: digest(salt) }));
      const asPatient = a.records.connect(a.actors.patient);
      const transaction = await asPatient.anchorBatch(anchors);
      for (const anchor of anchors) {
        await expect(transaction)
          .to.emit(a.records, "RecordAnchored")
          .withArgs(...eventOf(anchor));
      }
    });

    it("reports and skips what is not the caller's, and anchors the rest", async () => {
      const anchors = [anchorOf({ owner: DOCTOR }), anchorOf(), anchorOf(), anchorOf({ salt: digest("2") })];
      const transaction = await a.records.connect(a.actors.patient).anchorBatch(anchors);
      await expect(transaction)
        .to.emit(a.records, "BatchItemSkipped")
        .withArgs(
          0n,
          idOf(DOCTOR, anchorOf().salt),
          errorData(a.records, "RecordRegistryForeignOwner", [DOCTOR, b.chainId]),
        );
      await expect(transaction)
        .to.emit(a.records, "BatchItemSkipped")
        .withArgs(2n, RECORD, errorData(a.records, "RecordRegistryAlreadyAnchored", [RECORD]));
      const page = await a.records.records([RECORD, idOf(PATIENT, digest("2")), idOf(DOCTOR, anchorOf().salt)]);
      const { Active, None } = RecordStatus;
      expect(page.map(({ status }) => status)).to.deep.equal([Active, Active, None]);
    });
  });

  describe("anchorFor", () => {
    let expiry: bigint;
    beforeEach(async () => {
      expiry = (await now(a)) + DAY;
    });
    const anchorFor = (anchor: RecordAnchor, signature: string, until = expiry) =>
      a.records.connect(a.actors.stranger).anchorFor(anchor, until, signature);
    const signAnchor = async (anchor = anchorOf(), signer = a.actors.patient, domain = domainOf(a, "records")) =>
      sign(signer, await domain, "RecordAnchor", { ...anchor, expiry });

    it("anchors a record with its owner's signature, whoever carries it", async () => {
      const anchor = anchorOf();
      const signature = await signAnchor(anchor);
      await expect(anchorFor(anchor, signature))
        .to.emit(a.records, "RecordAnchored")
        .withArgs(...eventOf(anchor, expiry, signature));
    });

    it("refuses the same signature a second time", async () => {
      const signature = await signAnchor();
      await anchorFor(anchorOf(), signature);
      await expectRefusal(anchorFor(anchorOf(), signature), a.records, "RecordRegistryAlreadyAnchored", RECORD);
    });

    it("refuses a signature from its expiry second on, and takes it one second before", async () => {
      const signature = await signAnchor();
      const other = anchorOf({ salt: digest("other") });
      const signedToo = await signAnchor(other);
      await nextBlockAt(a, expiry - 1n);
      await anchorFor(anchorOf(), signature);
      await nextBlockAt(a, expiry);
      const late = anchorFor(other, signedToo);
      const recordId = idOf(PATIENT, other.salt);
      await expectRefusal(late, a.records, "RecordRegistryExpiredSignature", recordId, expiry);
      const extended = anchorFor(other, signedToo, expiry + DAY);
      await expectRefusal(extended, a.records, "RecordRegistryInvalidSignature", PATIENT);
    });

    it("refuses another's signature, another chain's domain, and another contract's", async () => {
      const signatures = [
        await signAnchor(anchorOf(), a.actors.stranger),
        await signAnchor(anchorOf(), a.actors.operatorA),
        await signAnchor(anchorOf(), a.actors.patient, domainOf(b, "records")),
        await signAnchor(anchorOf(), a.actors.patient, domainOf(a, "grants")),
      ];
      for (const signature of signatures) {
        await expectRefusal(anchorFor(anchorOf(), signature), a.records, "RecordRegistryInvalidSignature", PATIENT);
      }
    });

    it("refuses an anchor of which any field was changed", async () => {
      const signature = await signAnchor();
      const changes: Partial<RecordAnchor>[] = [
        { salt: digest("other") },
        { capsule: digest("other") },
        { publicFragment: digest("other") },
        { privateFragment: digest("other") },
        { maxAccessCount: RECORD_LIMIT + 1n },
      ];
      for (const change of changes) {
        const attempt = anchorFor(anchorOf(change), signature);
        await expectRefusal(attempt, a.records, "RecordRegistryInvalidSignature", PATIENT);
      }
    });

    it("refuses an owner that is not active or not at home here", async () => {
      const anchor = anchorOf({ owner: DOCTOR });
      const signature = await signAnchor(anchor, a.actors.doctor);
      await expectRefusal(anchorFor(anchor, signature), a.records, "RecordRegistryForeignOwner", DOCTOR, b.chainId);
      await a.hospitals.connect(a.actors.operatorB).suspendMember(DOCTOR);
      await expectRefusal(
        anchorFor(anchor, signature),
        a.records,
        "RecordRegistryUnauthorizedOwner",
        DOCTOR,
        a.actors.stranger.address,
      );
    });
  });

  describe("the owner's calls on a record", () => {
    it("set its limit, once per change", async () => {
      await anchorRecord(world);
      const asPatient = a.records.connect(a.actors.patient);
      await expect(asPatient.setMaxAccessCount(RECORD, 9n))
        .to.emit(a.records, "RecordLimitSet")
        .withArgs(RECORD, a.actors.patient.address, 9n, 0n, 0n, "0x");
      await expect(asPatient.setMaxAccessCount(RECORD, 9n)).not.to.emit(a.records, "RecordLimitSet");
      expect((await a.records.record(RECORD)).maxAccessCount).to.equal(9n);
    });

    it("revoke it, once and for good", async () => {
      await anchorRecord(world);
      const asPatient = a.records.connect(a.actors.patient);
      await expect(asPatient.revoke(RECORD))
        .to.emit(a.records, "RecordRevoked")
        .withArgs(RECORD, a.actors.patient.address, 0n, 0n, "0x");
      await expect(asPatient.revoke(RECORD)).not.to.emit(a.records, "RecordRevoked");
      expect((await a.records.record(RECORD)).status).to.equal(RecordStatus.Revoked);
    });

    const signLimit = async (maxAccessCount: bigint, nonce: bigint, expiry: bigint, signer = a.actors.patient) =>
      sign(signer, await domainOf(a, "records"), "AccessLimit", { recordId: RECORD, maxAccessCount, nonce, expiry });
    const signRevocation = async (nonce: bigint, expiry: bigint, signer = a.actors.patient) =>
      sign(signer, await domainOf(a, "records"), "Revocation", { recordId: RECORD, nonce, expiry });

    it("may be carried by anyone with the owner's signature, once", async () => {
      await anchorRecord(world);
      const carrier = a.records.connect(a.actors.stranger);
      const expiry = (await now(a)) + DAY;
      const lowered = await signLimit(1n, 0n, expiry);
      await expect(carrier.setMaxAccessCountFor(RECORD, 1n, expiry, lowered))
        .to.emit(a.records, "RecordLimitSet")
        .withArgs(RECORD, a.actors.patient.address, 1n, 0n, expiry, lowered);
      await carrier.setMaxAccessCountFor(RECORD, 9n, expiry, await signLimit(9n, 1n, expiry));
      const replay = carrier.setMaxAccessCountFor(RECORD, 1n, expiry, lowered);
      await expectRefusal(replay, a.records, "RecordRegistryInvalidSignature", PATIENT);
      const revocation = await signRevocation(2n, expiry);
      await expect(carrier.revokeFor(RECORD, expiry, revocation))
        .to.emit(a.records, "RecordRevoked")
        .withArgs(RECORD, a.actors.patient.address, 2n, expiry, revocation);
      const { nonce, status, maxAccessCount } = await a.records.record(RECORD);
      expect([nonce, status, maxAccessCount]).to.deep.equal([3n, RecordStatus.Revoked, 9n]);
    });

    it("make void whatever the owner signed before", async () => {
      await anchorRecord(world);
      const expiry = (await now(a)) + DAY;
      const raised = await signLimit(99n, 0n, expiry);
      const revocation = await signRevocation(0n, expiry);
      await a.records.connect(a.actors.patient).setMaxAccessCount(RECORD, 1n);
      const carrier = a.records.connect(a.actors.stranger);
      const attempts = [
        () => carrier.setMaxAccessCountFor(RECORD, 99n, expiry, raised),
        () => carrier.revokeFor(RECORD, expiry, revocation),
      ];
      for (const attempt of attempts) {
        await expectRefusal(attempt(), a.records, "RecordRegistryInvalidSignature", PATIENT);
      }
    });

    it("are refused with a signature from its expiry second on, and taken one second before", async () => {
      await anchorRecord(world);
      const carrier = a.records.connect(a.actors.stranger);
      const expiry = (await now(a)) + 1_000n;
      const limit = await signLimit(1n, 0n, expiry);
      await nextBlockAt(a, expiry - 1n);
      await carrier.setMaxAccessCountFor(RECORD, 1n, expiry, limit);
      const revocation = await signRevocation(1n, expiry);
      await nextBlockAt(a, expiry);
      const late = carrier.revokeFor(RECORD, expiry, revocation);
      await expectRefusal(late, a.records, "RecordRegistryExpiredSignature", RECORD, expiry);
      await nextBlockAt(a, expiry + 1n);
      const later = carrier.setMaxAccessCountFor(RECORD, 1n, expiry, limit);
      await expectRefusal(later, a.records, "RecordRegistryExpiredSignature", RECORD, expiry);
    });

    it("are refused with a signature of another account, content, chain or contract, and of an unknown record", async () => {
      await anchorRecord(world);
      const carrier = a.records.connect(a.actors.stranger);
      const expiry = (await now(a)) + DAY;
      const limit = { recordId: RECORD, maxAccessCount: 1n, nonce: 0n, expiry };
      const { patient, stranger, operatorA } = a.actors;
      const limits = [
        await signLimit(1n, 0n, expiry, stranger),
        await signLimit(1n, 0n, expiry, operatorA),
        await signLimit(2n, 0n, expiry),
        await signLimit(1n, 0n, expiry + 1n),
        await sign(patient, await domainOf(b, "records"), "AccessLimit", limit),
        await sign(patient, await domainOf(a, "grants"), "AccessLimit", limit),
        await signRevocation(0n, expiry),
      ];
      for (const signature of limits) {
        const attempt = carrier.setMaxAccessCountFor(RECORD, 1n, expiry, signature);
        await expectRefusal(attempt, a.records, "RecordRegistryInvalidSignature", PATIENT);
      }
      for (const signature of [await signRevocation(0n, expiry, stranger), await signLimit(1n, 0n, expiry)]) {
        const attempt = carrier.revokeFor(RECORD, expiry, signature);
        await expectRefusal(attempt, a.records, "RecordRegistryInvalidSignature", PATIENT);
      }
      const unknown = carrier.revokeFor(digest("none"), expiry, "0x");
      await expectRefusal(unknown, a.records, "RecordRegistryUnknownRecord", digest("none"));
    });

    it("are refused to everyone else", async () => {
      await anchorRecord(world);
      for (const caller of [a.actors.stranger, a.actors.operatorA, a.actors.administrator, a.actors.doctor]) {
        const other = a.records.connect(caller);
        for (const attempt of [() => other.setMaxAccessCount(RECORD, 9n), () => other.revoke(RECORD)]) {
          await expectRefusal(attempt(), a.records, "RecordRegistryUnauthorizedOwner", PATIENT, caller.address);
        }
      }
    });

    it("are refused for a record that is not known", async () => {
      const asPatient = a.records.connect(a.actors.patient);
      for (const attempt of [() => asPatient.setMaxAccessCount(RECORD, 9n), () => asPatient.revoke(RECORD)]) {
        await expectRefusal(attempt(), a.records, "RecordRegistryUnknownRecord", RECORD);
      }
    });

    it("revoke it though the hospital is suspended or the certificate has lapsed, itself or by a signature", async () => {
      const { patient, operatorA, stranger } = a.actors;
      const obstacles = [
        async () => a.hospitals.suspendHospital(HOSPITAL_A),
        async () => nextBlockAt(a, world.patient.certificate.notAfter),
      ];
      for (const obstacle of obstacles) {
        world = await loadWorld();
        await anchorRecord(world);
        const other = await anchorRecord(world, { salt: digest("other") });
        await obstacle();
        await expect(a.records.connect(patient).revoke(RECORD)).to.emit(a.records, "RecordRevoked");
        const expiry = (await now(a)) + DAY;
        const message = { recordId: other, nonce: 0n, expiry };
        const signature = await sign(patient, await domainOf(a, "records"), "Revocation", message);
        await a.records.connect(stranger).revokeFor(other, expiry, signature);
        expect((await a.records.record(other)).status).to.equal(RecordStatus.Revoked);
        const raise = a.records.connect(patient).setMaxAccessCount(RECORD, 9n);
        await expectRefusal(raise, a.records, "RecordRegistryUnauthorizedOwner", PATIENT, patient.address);
        expect(await a.hospitals.lastAccount(PATIENT)).to.equal(patient.address);
      }
      world = await loadWorld();
      await anchorRecord(world);
      const asOperator = a.hospitals.connect(operatorA);
      const refused = () =>
        expectRefusal(
          a.records.connect(patient).revoke(RECORD),
          a.records,
          "RecordRegistryUnauthorizedOwner",
          PATIENT,
          patient.address,
        );
      // An account that its own hospital has shut out may be a thief's.
      await asOperator.suspendMember(PATIENT);
      await refused();
      await asOperator.reinstateMember(PATIENT);
      await asOperator.revokeCertificates(HOSPITAL_A, world.patient.certificate.pseudonym, 1n);
      await refused();
    });

    it("pass to the owner's new account when the hospital renews the certificate", async () => {
      await anchorRecord(world);
      const account = a.actors.stranger.address;
      const renewal = await certify(a, a.actors.operatorA, { ...world.patient.certificate, serial: 2n, account });
      await a.hospitals.enrolMember(renewal.certificate, renewal.signature);
      const { patient, stranger } = a.actors;
      const attempt = a.records.connect(patient).revoke(RECORD);
      await expectRefusal(attempt, a.records, "RecordRegistryUnauthorizedOwner", PATIENT, patient.address);
      await expect(a.records.connect(stranger).revoke(RECORD)).to.emit(a.records, "RecordRevoked");
    });
  });
});
