import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { RecordStatus } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, domainOf, idOf, type RecordAnchor, sign } from "./support/messages.ts";
import {
  anchorOf,
  anchorRecord,
  certify,
  DOCTOR,
  HOSPITAL_A,
  loadWorld,
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

  const eventOf = (anchor: RecordAnchor) => [
    idOf(anchor.owner, anchor.salt),
    anchor.owner,
    anchor.capsule,
    anchor.publicFragment,
    anchor.privateFragment,
    anchor.maxAccessCount,
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
        anchor.capsule,
        anchor.publicFragment,
        anchor.privateFragment,
        await now(a),
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
    it("anchors several records at once, and their ids come back in order", async () => {
      const anchors = ["1", "2", "3"].map((salt) => anchorOf({ salt: digest(salt) }));
      const asPatient = a.records.connect(a.actors.patient);
      const ids = anchors.map((anchor) => idOf(PATIENT, anchor.salt));
      expect(await asPatient.anchorBatch.staticCall(anchors)).to.deep.equal(ids);
      const transaction = await asPatient.anchorBatch(anchors);
      for (const anchor of anchors) {
        await expect(transaction)
          .to.emit(a.records, "RecordAnchored")
          .withArgs(...eventOf(anchor));
      }
    });

    it("anchors all of a batch or nothing", async () => {
      const asPatient = a.records.connect(a.actors.patient);
      const anchors = [anchorOf(), anchorOf({ salt: digest("2"), owner: DOCTOR })];
      await expectRefusal(asPatient.anchorBatch(anchors), a.records, "RecordRegistryForeignOwner", DOCTOR, b.chainId);
      expect((await a.records.record(RECORD)).status).to.equal(RecordStatus.None);
    });
  });

  describe("anchorFor", () => {
    const anchorFor = (anchor: RecordAnchor, signature: string) =>
      a.records.connect(a.actors.stranger).anchorFor(anchor, signature);

    it("anchors a record with its owner's signature, whoever carries it", async () => {
      const anchor = anchorOf();
      const signature = await sign(a.actors.patient, await domainOf(a, "records"), "RecordAnchor", anchor);
      await expect(anchorFor(anchor, signature))
        .to.emit(a.records, "RecordAnchored")
        .withArgs(...eventOf(anchor));
    });

    it("refuses the same signature a second time", async () => {
      const anchor = anchorOf();
      const signature = await sign(a.actors.patient, await domainOf(a, "records"), "RecordAnchor", anchor);
      await anchorFor(anchor, signature);
      await expectRefusal(anchorFor(anchor, signature), a.records, "RecordRegistryAlreadyAnchored", RECORD);
    });

    it("refuses another's signature, another chain's domain, and another contract's", async () => {
      const anchor = anchorOf();
      const signatures = [
        await sign(a.actors.stranger, await domainOf(a, "records"), "RecordAnchor", anchor),
        await sign(a.actors.operatorA, await domainOf(a, "records"), "RecordAnchor", anchor),
        await sign(a.actors.patient, await domainOf(b, "records"), "RecordAnchor", anchor),
        await sign(a.actors.patient, await domainOf(a, "grants"), "RecordAnchor", anchor),
      ];
      for (const signature of signatures) {
        await expectRefusal(anchorFor(anchor, signature), a.records, "RecordRegistryInvalidSignature", PATIENT);
      }
    });

    it("refuses an anchor of which any field was changed", async () => {
      const signature = await sign(a.actors.patient, await domainOf(a, "records"), "RecordAnchor", anchorOf());
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
      const signature = await sign(a.actors.doctor, await domainOf(a, "records"), "RecordAnchor", anchor);
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
      await expect(asPatient.setMaxAccessCount(RECORD, 9n)).to.emit(a.records, "RecordLimitSet").withArgs(RECORD, 9n);
      await expect(asPatient.setMaxAccessCount(RECORD, 9n)).not.to.emit(a.records, "RecordLimitSet");
      expect((await a.records.record(RECORD)).maxAccessCount).to.equal(9n);
    });

    it("revoke it, once and for good", async () => {
      await anchorRecord(world);
      const asPatient = a.records.connect(a.actors.patient);
      await expect(asPatient.revoke(RECORD)).to.emit(a.records, "RecordRevoked").withArgs(RECORD);
      await expect(asPatient.revoke(RECORD)).not.to.emit(a.records, "RecordRevoked");
      expect((await a.records.record(RECORD)).status).to.equal(RecordStatus.Revoked);
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
