import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { PEOPLE } from "../world/people.ts";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, digestOf, domainOf, idOf, type MemberCertificate, sign, tuple } from "./support/messages.ts";
import {
  type Certified,
  certify,
  DAY,
  DOCTOR,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  now,
  PATIENT,
  type World,
} from "./support/world.ts";

describe("HospitalRegistry: members", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const NURSE = idOf(HOSPITAL_B, digest("nurse"));
  const nurseCertificate = async (changes: Partial<MemberCertificate> = {}): Promise<MemberCertificate> => ({
    hospitalId: HOSPITAL_B,
    pseudonym: digest("nurse"),
    account: b.actors.stranger.address,
    keyDigest: digest("keys of nurse"),
    serial: 1n,
    notAfter: (await now(b)) + DAY,
    ...changes,
  });
  const certifyNurse = async (changes: Partial<MemberCertificate> = {}): Promise<Certified> =>
    certify(b, b.actors.operatorB, await nurseCertificate(changes));
  const enrol = (chain: Chain, { certificate, signature }: Certified) =>
    chain.hospitals.connect(chain.actors.stranger).enrolMember(certificate, signature);
  const importTo = (chain: Chain, { certificate, signature }: Certified) =>
    chain.hospitals.connect(chain.actors.stranger).importMember(certificate, signature);

  it("enrols a member of a local hospital, whoever carries the certificate", async () => {
    const nurse = await certifyNurse();
    expect(await b.hospitals.enrolMember.staticCall(nurse.certificate, nurse.signature)).to.equal(NURSE);
    await expect(enrol(b, nurse))
      .to.emit(b.hospitals, "MemberEnrolled")
      .withArgs(NURSE, HOSPITAL_B, tuple(nurse.certificate), nurse.signature);
    const member = await b.hospitals.member(NURSE);
    expect(member.hospitalId).to.equal(HOSPITAL_B);
    expect(member.account).to.equal(nurse.certificate.account);
    expect(member.serial).to.equal(1n);
    expect(member.suspended).to.equal(false);
    expect(member.notAfter).to.equal(nurse.certificate.notAfter);
    expect(member.keyDigest).to.equal(nurse.certificate.keyDigest);
    expect(await b.hospitals.activeMember(NURSE)).to.deep.equal([nurse.certificate.account, HOSPITAL_B, b.chainId]);
  });

  it("imports a member of a foreign hospital with the same certificate", async () => {
    const nurse = await certifyNurse();
    await expect(importTo(a, nurse))
      .to.emit(a.hospitals, "MemberImported")
      .withArgs(NURSE, HOSPITAL_B, tuple(nurse.certificate), nurse.signature);
    expect(await a.hospitals.activeMember(NURSE)).to.deep.equal([nurse.certificate.account, HOSPITAL_B, b.chainId]);
  });

  it("names members by their hospital, so that no hospital can take another's", async () => {
    const pseudonym = digest(PEOPLE.doctor.pseudonym);
    expect(await a.hospitals.memberIdOf(HOSPITAL_B, pseudonym)).to.equal(DOCTOR);
    expect(await a.hospitals.memberIdOf(HOSPITAL_A, pseudonym)).to.equal(idOf(HOSPITAL_A, pseudonym));
    expect(await a.hospitals.memberIdOf(HOSPITAL_A, pseudonym)).not.to.equal(DOCTOR);
  });

  it("hashes a certificate as EIP-712 under the domain of the home chain, on both chains", async () => {
    const certificate = await nurseCertificate();
    const expected = digestOf(await domainOf(b, "hospitals"), "MemberCertificate", certificate);
    expect(await b.hospitals.certificateDigest(certificate)).to.equal(expected);
    expect(await a.hospitals.certificateDigest(certificate)).to.equal(expected);
  });

  it("enrols only at home and imports only from abroad", async () => {
    const nurse = await certifyNurse();
    await expectRefusal(enrol(a, nurse), a.hospitals, "HospitalRegistryForeignHospital", HOSPITAL_B, b.chainId);
    await expectRefusal(importTo(b, nurse), b.hospitals, "HospitalRegistryLocalHospital", HOSPITAL_B);
  });

  it("refuses a certificate of a hospital that it does not know", async () => {
    const hospitalId = digest("Hospital C");
    const nurse = await certifyNurse({ hospitalId });
    for (const attempt of [() => enrol(b, nurse), () => importTo(a, nurse)]) {
      await expectRefusal(attempt(), a.hospitals, "HospitalRegistryUnknownHospital", hospitalId);
    }
    await expectRefusal(
      a.hospitals.certificateDigest(nurse.certificate),
      a.hospitals,
      "HospitalRegistryUnknownHospital",
      hospitalId,
    );
  });

  it("refuses a certificate of a suspended hospital, on the chain where it is suspended", async () => {
    const nurse = await certifyNurse();
    await a.hospitals.suspendHospital(HOSPITAL_B);
    await expectRefusal(importTo(a, nurse), a.hospitals, "HospitalRegistryInactiveHospital", HOSPITAL_B);
    await expect(enrol(b, nurse)).to.emit(b.hospitals, "MemberEnrolled");
    await b.hospitals.suspendHospital(HOSPITAL_B);
    const renewal = await certifyNurse({ serial: 2n });
    await expectRefusal(enrol(b, renewal), b.hospitals, "HospitalRegistryInactiveHospital", HOSPITAL_B);
  });

  it("refuses a certificate that someone else signed, another hospital's operator among them", async () => {
    const certificate = await nurseCertificate();
    for (const signer of [b.actors.operatorA, b.actors.stranger, b.actors.administrator]) {
      const forged = await certify(b, signer, certificate);
      await expectRefusal(enrol(b, forged), b.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_B);
      await expectRefusal(importTo(a, forged), a.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_B);
    }
  });

  it("refuses a certificate signed under another chain's domain, or another contract's", async () => {
    const certificate = await nurseCertificate();
    const domains = [await domainOf(a, "hospitals"), await domainOf(b, "records")];
    for (const domain of domains) {
      const signature = await sign(b.actors.operatorB, domain, "MemberCertificate", certificate);
      const forged = { certificate, signature };
      await expectRefusal(enrol(b, forged), b.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_B);
      await expectRefusal(importTo(a, forged), a.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_B);
    }
  });

  it("refuses a certificate of which any field was changed", async () => {
    const { certificate, signature } = await certifyNurse();
    const changes: Partial<MemberCertificate>[] = [
      { pseudonym: digest("surgeon") },
      { account: b.actors.doctor.address },
      { keyDigest: digest("other keys") },
      { serial: certificate.serial + 1n },
      { notAfter: certificate.notAfter + 1n },
    ];
    for (const change of changes) {
      const changed = { certificate: { ...certificate, ...change }, signature };
      await expectRefusal(enrol(b, changed), b.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_B);
    }
    const moved = { certificate: { ...certificate, hospitalId: HOSPITAL_A }, signature };
    await expectRefusal(enrol(a, moved), a.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_A);
  });

  it("refuses a signature of the wrong length", async () => {
    const { certificate, signature } = await certifyNurse();
    for (const wrong of ["0x", signature.slice(0, -2), `${signature}00`]) {
      const attempt = enrol(b, { certificate, signature: wrong });
      await expectRefusal(attempt, b.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_B);
    }
  });

  it("refuses a certificate whose lane is closed", async () => {
    const nurse = await certifyNurse();
    await a.hospitals.setPeer(b.chainId, ZeroAddress);
    await expectRefusal(importTo(a, nurse), a.hospitals, "LanesUnknownChain", b.chainId);
  });

  it("refuses a certificate for no account", async () => {
    const nurse = await certifyNurse({ account: ZeroAddress });
    await expectRefusal(enrol(b, nurse), b.hospitals, "HospitalRegistryInvalidAccount", ZeroAddress);
  });

  it("refuses a serial of zero, the same certificate again, and an earlier serial", async () => {
    const zero = await certifyNurse({ serial: 0n });
    await expectRefusal(enrol(b, zero), b.hospitals, "HospitalRegistryStaleSerial", NURSE, 0n, 0n);
    const third = await certifyNurse({ serial: 3n });
    await enrol(b, third);
    await expectRefusal(enrol(b, third), b.hospitals, "HospitalRegistryStaleSerial", NURSE, 3n, 3n);
    const second = await certifyNurse({ serial: 2n });
    await expectRefusal(enrol(b, second), b.hospitals, "HospitalRegistryStaleSerial", NURSE, 3n, 2n);
  });

  it("renews a member with a later serial: new account, new keys", async () => {
    await enrol(b, await certifyNurse());
    await enrol(b, await certifyNurse({ serial: 2n, account: b.actors.doctor.address, keyDigest: digest("new keys") }));
    const member = await b.hospitals.member(NURSE);
    expect(member.account).to.equal(b.actors.doctor.address);
    expect(member.keyDigest).to.equal(digest("new keys"));
    expect(member.serial).to.equal(2n);
  });

  it("refuses a certificate from the second on that it expires", async () => {
    const notAfter = (await now(b)) + 100n;
    const nurse = await certifyNurse({ notAfter });
    await nextBlockAt(b, notAfter);
    await expectRefusal(enrol(b, nurse), b.hospitals, "HospitalRegistryExpiredCertificate", NURSE, notAfter);
  });

  it("accepts a certificate one second before that", async () => {
    const notAfter = (await now(b)) + 100n;
    const nurse = await certifyNurse({ notAfter });
    await nextBlockAt(b, notAfter - 1n);
    await expect(enrol(b, nurse)).to.emit(b.hospitals, "MemberEnrolled");
  });

  it("takes a member for inactive from the second on that its certificate expires", async () => {
    const notAfter = (await now(b)) + 100n;
    const nurse = await certifyNurse({ notAfter });
    await enrol(b, nurse);
    await b.time.increaseTo(notAfter - 1n);
    expect((await b.hospitals.activeMember(NURSE, { blockTag: "latest" })).account).to.equal(nurse.certificate.account);
    await b.time.increaseTo(notAfter);
    expect(await b.hospitals.activeMember(NURSE)).to.deep.equal([ZeroAddress, HOSPITAL_B, b.chainId]);
  });

  it("takes a member for inactive while it, or its hospital, is suspended", async () => {
    const operator = a.hospitals.connect(a.actors.operatorB);
    const accountOf = async () => (await a.hospitals.activeMember(DOCTOR)).account;
    await expect(operator.suspendMember(DOCTOR)).to.emit(a.hospitals, "MemberSuspended").withArgs(DOCTOR);
    expect(await accountOf()).to.equal(ZeroAddress);
    await expect(operator.suspendMember(DOCTOR)).not.to.emit(a.hospitals, "MemberSuspended");
    await expect(operator.reinstateMember(DOCTOR)).to.emit(a.hospitals, "MemberReinstated").withArgs(DOCTOR);
    await expect(operator.reinstateMember(DOCTOR)).not.to.emit(a.hospitals, "MemberReinstated");
    expect(await accountOf()).to.equal(a.actors.doctor.address);
    await a.hospitals.suspendHospital(HOSPITAL_B);
    expect(await accountOf()).to.equal(ZeroAddress);
    await a.hospitals.reinstateHospital(HOSPITAL_B);
    expect(await accountOf()).to.equal(a.actors.doctor.address);
  });

  it("keeps a suspended member suspended when its certificate is renewed", async () => {
    await b.hospitals.connect(b.actors.operatorB).suspendMember(DOCTOR);
    const renewal = await certify(b, b.actors.operatorB, { ...world.doctor.certificate, serial: 2n });
    await enrol(b, renewal);
    expect((await b.hospitals.activeMember(DOCTOR)).account).to.equal(ZeroAddress);
  });

  it("refuses to suspend a member that it does not know", async () => {
    const operator = b.hospitals.connect(b.actors.operatorB);
    await expectRefusal(operator.suspendMember(NURSE), b.hospitals, "HospitalRegistryUnknownMember", NURSE);
    await expectRefusal(operator.reinstateMember(NURSE), b.hospitals, "HospitalRegistryUnknownMember", NURSE);
  });

  it("revokes certificates of a member that it never saw, so that they cannot be imported", async () => {
    const operator = a.hospitals.connect(a.actors.operatorB);
    const stolen = await certifyNurse();
    await expect(operator.revokeCertificates(HOSPITAL_B, digest("nurse"), 1n))
      .to.emit(a.hospitals, "CertificatesRevoked")
      .withArgs(NURSE, HOSPITAL_B, 1n);
    await expectRefusal(importTo(a, stolen), a.hospitals, "HospitalRegistryStaleSerial", NURSE, 1n, 1n);
    expect((await a.hospitals.activeMember(NURSE)).account).to.equal(ZeroAddress);
    await importTo(a, await certifyNurse({ serial: 2n }));
    expect((await a.hospitals.activeMember(NURSE)).account).to.equal(b.actors.stranger.address);
  });

  it("revokes the certificate that holds, once, and no later one by an earlier serial", async () => {
    const operator = b.hospitals.connect(b.actors.operatorB);
    await enrol(b, await certifyNurse({ serial: 3n }));
    await expect(operator.revokeCertificates(HOSPITAL_B, digest("nurse"), 2n)).not.to.emit(
      b.hospitals,
      "CertificatesRevoked",
    );
    expect((await b.hospitals.activeMember(NURSE)).account).to.equal(b.actors.stranger.address);
    await operator.revokeCertificates(HOSPITAL_B, digest("nurse"), 3n);
    expect((await b.hospitals.activeMember(NURSE)).account).to.equal(ZeroAddress);
    await expect(operator.revokeCertificates(HOSPITAL_B, digest("nurse"), 3n)).not.to.emit(
      b.hospitals,
      "CertificatesRevoked",
    );
  });

  it("lets the operator revoke while its hospital is suspended, so that nothing stolen holds when it is reinstated", async () => {
    await enrol(b, await certifyNurse());
    await b.hospitals.suspendHospital(HOSPITAL_B);
    await b.hospitals.connect(b.actors.operatorB).revokeCertificates(HOSPITAL_B, digest("nurse"), 1n);
    await b.hospitals.reinstateHospital(HOSPITAL_B);
    expect((await b.hospitals.activeMember(NURSE)).account).to.equal(ZeroAddress);
    const unknown = digest("Hospital C");
    const attempt = b.hospitals.revokeCertificates(unknown, digest("nurse"), 1n);
    await expectRefusal(attempt, b.hospitals, "HospitalRegistryUnknownHospital", unknown);
  });

  it("bars a member for ever by revoking every serial", async () => {
    const last = 2n ** 64n - 1n;
    await a.hospitals.connect(a.actors.operatorB).revokeCertificates(HOSPITAL_B, digest("nurse"), last);
    const nurse = await certifyNurse({ serial: last });
    await expectRefusal(importTo(a, nurse), a.hospitals, "HospitalRegistryStaleSerial", NURSE, last, last);
  });

  it("keeps a member that it never saw suspended once its certificates were revoked", async () => {
    const operator = a.hospitals.connect(a.actors.operatorB);
    await operator.revokeCertificates(HOSPITAL_B, digest("nurse"), 1n);
    await operator.suspendMember(NURSE);
    await importTo(a, await certifyNurse({ serial: 2n }));
    expect((await a.hospitals.activeMember(NURSE)).account).to.equal(ZeroAddress);
  });

  it("accepts no certificate of an operator that has handed its hospital over", async () => {
    const nurse = await certifyNurse();
    await b.hospitals.connect(b.actors.operatorB).rotateOperator(HOSPITAL_B, b.actors.stranger);
    await expectRefusal(enrol(b, nurse), b.hospitals, "HospitalRegistryInvalidSignature", HOSPITAL_B);
    const reissued = await certify(b, b.actors.stranger, nurse.certificate);
    await expect(enrol(b, reissued)).to.emit(b.hospitals, "MemberEnrolled");
  });

  it("answers nobody for a member that it does not know", async () => {
    expect((await a.hospitals.activeMember(NURSE)).account).to.equal(ZeroAddress);
    expect((await a.hospitals.member(PATIENT)).account).to.equal(a.actors.patient.address);
  });
});
