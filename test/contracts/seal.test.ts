import { expect } from "chai";
import { ZeroAddress } from "ethers";
import type { Chain } from "./support/chain.ts";
import { RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, domainOf, sign } from "./support/messages.ts";
import {
  anchorOf,
  anotherRequest,
  approve,
  authorizedRequest,
  carryRequest,
  carryResponse,
  certify,
  DAY,
  fileRequest,
  HOSPITAL_A,
  loadWorld,
  nextBlockAt,
  now,
  PATIENT,
  pendingRequest,
  RECORD,
  responseOf,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

const { Granted, Denied, Refused, Expired } = RequestState;

describe("a sealed suite", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const sealed = (call: Promise<unknown>, { manager } = a) => expectRefusal(call, manager, "SuiteManagerSealed");
  const stateOf = async (requestId: string) => (await a.grants.grant(requestId)).state;

  it("is sealed by the administrator alone, once", async () => {
    await expect(a.manager.connect(a.actors.stranger).seal()).to.be.revertedWithCustomError(
      a.manager,
      "AccessManagerUnauthorizedAccount",
    );
    expect(await a.manager.isSealed()).to.equal(false);
    await expect(a.manager.seal()).to.emit(a.manager, "SuiteSealed");
    await expect(a.manager.seal()).not.to.emit(a.manager, "SuiteSealed");
    expect(await a.manager.isSealed()).to.equal(true);
  });

  it("takes no request on either side", async () => {
    const signed = await signRequest(world);
    await b.manager.seal();
    await sealed(fileRequest(world, signed), b);
    await a.manager.seal();
    await sealed(carryRequest(world, signed));
  });

  it("takes no hospital, certificate, record or limit", async () => {
    const { requestId } = await pendingRequest(world);
    const { patient, operatorA } = a.actors;
    await a.manager.seal();
    const asOperator = a.hospitals.connect(operatorA);
    await sealed(a.hospitals.registerHospital(digest("Hospital C"), a.chainId, operatorA, digest("PK"), 1n));
    await sealed(a.hospitals.setMaxRequestsPerHour(HOSPITAL_A, 9n));
    await sealed(asOperator.setMaxAccessCount(HOSPITAL_A, 9n));
    await sealed(asOperator.setMaxRequestsPerMember(HOSPITAL_A, 9n));
    await sealed(asOperator.setParameters(HOSPITAL_A, digest("other parameters")));
    const renewed = await certify(a, operatorA, { ...world.patient.certificate, serial: 2n });
    await sealed(a.hospitals.enrolMember(renewed.certificate, renewed.signature));
    const doctor = await certify(b, b.actors.operatorB, { ...world.doctor.certificate, serial: 2n });
    await sealed(a.hospitals.importMember(doctor.certificate, doctor.signature));
    const anchor = anchorOf({ salt: digest("another") });
    await sealed(a.records.connect(patient).anchor(anchor));
    await sealed(a.records.connect(patient).setMaxAccessCount(RECORD, 9n));
    const expiry = (await now(a)) + DAY;
    const domain = await domainOf(a, "records");
    await sealed(
      a.records.anchorFor(anchor, expiry, await sign(patient, domain, "RecordAnchor", { ...anchor, expiry })),
    );
    const limit = { recordId: RECORD, maxAccessCount: 9n, nonce: 0n, expiry };
    await sealed(a.records.setMaxAccessCountFor(RECORD, 9n, expiry, await sign(patient, domain, "AccessLimit", limit)));
    expect(await stateOf(requestId)).to.equal(RequestState.Pending);
  });

  it("lets end what is under way, each as its people decide, and counts what is left", async () => {
    const granted = await authorizedRequest(world);
    const approved = await anotherRequest(world);
    const denied = await anotherRequest(world);
    const withdrawn = await anotherRequest(world);
    const expired = await anotherRequest(world);
    const refused = await anotherRequest(world);
    await approve(world, refused.requestId);
    expect(await a.grants.openCount()).to.equal(6n);
    await a.manager.seal();
    await b.manager.seal();
    expect(await a.grants.hasEnded()).to.equal(false);

    const asPatient = a.grants.connect(a.actors.patient);
    await submit(world, granted.requestId);
    await carryResponse(world, await responseOf(world, granted.requestId));
    const { answer } = await b.requests.status(granted.requestId);
    await b.requests.connect(b.actors.doctor).acknowledge(granted.requestId, answer, 1n);
    await approve(world, approved.requestId);
    await submit(world, approved.requestId);
    await asPatient.deny(denied.requestId);
    await asPatient.withdraw(withdrawn.requestId);
    expect(await a.grants.openCount()).to.equal(2n);
    await a.records.connect(a.actors.patient).revoke(RECORD);
    await submit(world, refused.requestId);
    expect(await a.grants.openCount()).to.equal(1n);
    expect(await a.grants.hasEnded()).to.equal(false);
    await nextBlockAt(a, expired.request.expiry);
    await a.grants.expire(expired.requestId);

    const ended = [granted, approved, denied, withdrawn, refused, expired];
    const states = await Promise.all(ended.map(({ requestId }) => stateOf(requestId)));
    expect(states).to.deep.equal([Granted, Granted, Denied, Denied, Refused, Expired]);
    expect(await a.grants.openCount()).to.equal(0n);
    expect(await a.grants.hasEnded()).to.equal(true);
  });

  it("has not ended unless it is sealed, even without a request", async () => {
    expect(await a.grants.openCount()).to.equal(0n);
    expect(await a.grants.hasEnded()).to.equal(false);
  });

  it("still takes what protects: suspensions, revocations and new operators", async () => {
    await a.manager.seal();
    await a.hospitals.suspendHospital(HOSPITAL_A);
    await a.hospitals.reinstateHospital(HOSPITAL_A);
    await a.hospitals.replaceOperator(HOSPITAL_A, a.actors.stranger);
    const asOperator = a.hospitals.connect(a.actors.stranger);
    await asOperator.suspendMember(PATIENT);
    await asOperator.reinstateMember(PATIENT);
    await asOperator.revokeCertificates(HOSPITAL_A, world.patient.certificate.pseudonym, 1n);
    expect((await a.hospitals.member(PATIENT)).account).to.equal(ZeroAddress);
  });

  it("stays ended once that is final, even under a manager that takes its seal back", async () => {
    const turncoat = await a.ethers.deployContract("TurncoatManager");
    await a.manager.updateAuthority(await a.grants.getAddress(), await turncoat.getAddress());
    const address = await a.grants.getAddress();
    await expectRefusal(a.grants.end(), a.grants, "PredecessorOpen", address);
    await turncoat.getFunction("seal")();
    const signed = await signRequest(world);
    await turncoat.getFunction("unseal")();
    expect(await a.grants.hasEnded()).to.equal(false);
    await turncoat.getFunction("seal")();
    await a.grants.connect(a.actors.stranger).end();
    await turncoat.getFunction("unseal")();
    expect(await a.grants.hasEnded()).to.equal(true);
    await sealed(carryRequest(world, signed));
  });

  it("cannot be led to another manager, by no way that there was before", async () => {
    const { target: manager } = a.manager;
    const elsewhere = await b.ethers.getContractFactory("SuiteManager");
    const { data } = await elsewhere.getDeployTransaction(a.actors.administrator);
    const receipt = await (await a.actors.administrator.sendTransaction({ data })).wait();
    const other = receipt?.contractAddress ?? "";
    const target = await a.grants.getAddress();
    const lead = a.grants.interface.encodeFunctionData("setAuthority", [other]);
    const update = a.manager.interface.encodeFunctionData("updateAuthority", [target, other]);
    const snapshot = await a.takeSnapshot();
    // Before the seal each of these works.
    for (const way of [
      () => a.manager.updateAuthority(target, other),
      () => a.manager.execute(target, lead),
      () => a.manager.execute(manager, update),
      () => a.manager.multicall([update]),
    ]) {
      await snapshot.restore();
      await way();
      expect(await a.grants.authority()).to.equal(other);
      await snapshot.restore();
      await a.manager.seal();
      await sealed(way());
      expect(await a.grants.authority()).to.equal(manager);
    }
  });
});
