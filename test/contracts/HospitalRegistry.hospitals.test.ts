import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { PEOPLE } from "../world/people.ts";
import { HospitalStatus } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest } from "./support/messages.ts";
import {
  DOCTOR,
  HOSPITAL_A,
  HOSPITAL_B,
  HOSPITAL_LIMIT,
  loadWorld,
  PATIENT,
  REQUESTS_PER_HOUR,
  type World,
} from "./support/world.ts";

describe("HospitalRegistry: hospitals", () => {
  const HOSPITAL_C = digest("Hospital C");
  let world: World;

  beforeEach(async () => {
    world = await loadWorld();
  });

  it("registers a hospital as active, with a limit of zero", async () => {
    const { hospitals, chainId, actors } = world.a;
    await expect(hospitals.registerHospital(HOSPITAL_C, chainId, actors.stranger, digest("parameters"), 7n))
      .to.emit(hospitals, "HospitalRegistered")
      .withArgs(HOSPITAL_C, chainId, actors.stranger.address, digest("parameters"), 7n);
    const hospital = await hospitals.hospital(HOSPITAL_C);
    expect(hospital.operator).to.equal(actors.stranger.address);
    expect(hospital.homeChainId).to.equal(chainId);
    expect(hospital.status).to.equal(HospitalStatus.Active);
    expect(hospital.maxAccessCount).to.equal(0n);
    expect(hospital.parametersDigest).to.equal(digest("parameters"));
  });

  it("knows nothing of a hospital that was not registered", async () => {
    const hospital = await world.a.hospitals.hospital(HOSPITAL_C);
    expect(hospital.status).to.equal(HospitalStatus.Unregistered);
    expect(hospital.operator).to.equal(ZeroAddress);
  });

  it("refuses to register a hospital twice, even while it is suspended", async () => {
    const { hospitals, chainId, actors } = world.a;
    const again = () => hospitals.registerHospital(HOSPITAL_B, chainId, actors.stranger, ZeroHash, 1n);
    await expectRefusal(again(), hospitals, "HospitalRegistryAlreadyRegistered", HOSPITAL_B);
    await hospitals.suspendHospital(HOSPITAL_B);
    await expectRefusal(again(), hospitals, "HospitalRegistryAlreadyRegistered", HOSPITAL_B);
  });

  it("refuses a hospital with no operator or no home chain", async () => {
    const { hospitals, chainId, actors } = world.a;
    await expectRefusal(
      hospitals.registerHospital(HOSPITAL_C, chainId, ZeroAddress, ZeroHash, 1n),
      hospitals,
      "HospitalRegistryInvalidOperator",
      ZeroAddress,
    );
    await expectRefusal(
      hospitals.registerHospital(HOSPITAL_C, 0n, actors.stranger, ZeroHash, 1n),
      hospitals,
      "HospitalRegistryInvalidChain",
      0n,
    );
  });

  it("suspends and reinstates a hospital, once per change", async () => {
    const { hospitals } = world.a;
    await expect(hospitals.suspendHospital(HOSPITAL_B)).to.emit(hospitals, "HospitalSuspended").withArgs(HOSPITAL_B);
    await expect(hospitals.suspendHospital(HOSPITAL_B)).not.to.emit(hospitals, "HospitalSuspended");
    expect((await hospitals.hospital(HOSPITAL_B)).status).to.equal(HospitalStatus.Suspended);
    await expect(hospitals.reinstateHospital(HOSPITAL_B)).to.emit(hospitals, "HospitalReinstated").withArgs(HOSPITAL_B);
    await expect(hospitals.reinstateHospital(HOSPITAL_B)).not.to.emit(hospitals, "HospitalReinstated");
    expect((await hospitals.hospital(HOSPITAL_B)).status).to.equal(HospitalStatus.Active);
  });

  it("refuses to suspend or reinstate a hospital that it does not know", async () => {
    const { hospitals } = world.a;
    for (const change of [hospitals.suspendHospital, hospitals.reinstateHospital]) {
      await expectRefusal(change(HOSPITAL_C), hospitals, "HospitalRegistryUnknownHospital", HOSPITAL_C);
    }
  });

  it("lets an operator hand the hospital to another account, and from then on that account only", async () => {
    const { hospitals, actors } = world.a;
    const old = hospitals.connect(actors.operatorA);
    await expect(old.rotateOperator(HOSPITAL_A, actors.stranger))
      .to.emit(hospitals, "OperatorRotated")
      .withArgs(HOSPITAL_A, actors.stranger.address, actors.operatorA.address, actors.operatorA.address);
    await expectRefusal(
      old.setMaxAccessCount(HOSPITAL_A, 9n),
      hospitals,
      "HospitalRegistryUnauthorizedOperator",
      HOSPITAL_A,
      actors.operatorA.address,
    );
    const successor = hospitals.connect(actors.stranger);
    await expect(successor.rotateOperator(HOSPITAL_A, actors.stranger)).not.to.emit(hospitals, "OperatorRotated");
    await expectRefusal(
      successor.rotateOperator(HOSPITAL_A, ZeroAddress),
      hospitals,
      "HospitalRegistryInvalidOperator",
      ZeroAddress,
    );
  });

  it("lets an operator publish new parameters and limits, once per change", async () => {
    const { hospitals, actors } = world.a;
    const operator = hospitals.connect(actors.operatorA);
    await expect(operator.setParameters(HOSPITAL_A, digest("next")))
      .to.emit(hospitals, "ParametersSet")
      .withArgs(HOSPITAL_A, digest("next"));
    await expect(operator.setParameters(HOSPITAL_A, digest("next"))).not.to.emit(hospitals, "ParametersSet");
    await expect(operator.setMaxAccessCount(HOSPITAL_A, HOSPITAL_LIMIT + 1n))
      .to.emit(hospitals, "MaxAccessCountSet")
      .withArgs(HOSPITAL_A, HOSPITAL_LIMIT + 1n);
    await expect(operator.setMaxAccessCount(HOSPITAL_A, HOSPITAL_LIMIT + 1n)).not.to.emit(
      hospitals,
      "MaxAccessCountSet",
    );
    const hospital = await hospitals.hospital(HOSPITAL_A);
    expect(hospital.parametersDigest).to.equal(digest("next"));
    expect(hospital.maxAccessCount).to.equal(HOSPITAL_LIMIT + 1n);
  });

  it("refuses an operator's calls to everyone else, the administrator and other operators among them", async () => {
    const { hospitals, actors } = world.a;
    for (const caller of [actors.administrator, actors.operatorB, actors.stranger]) {
      const other = hospitals.connect(caller);
      const calls = [
        () => other.rotateOperator(HOSPITAL_A, caller),
        () => other.setParameters(HOSPITAL_A, ZeroHash),
        () => other.setMaxAccessCount(HOSPITAL_A, 99n),
        () => other.suspendMember(PATIENT),
        () => other.reinstateMember(PATIENT),
        () => other.revokeCertificates(HOSPITAL_A, digest(PEOPLE.patient.pseudonym), 1n),
      ];
      for (const call of calls) {
        await expectRefusal(call(), hospitals, "HospitalRegistryUnauthorizedOperator", HOSPITAL_A, caller.address);
      }
    }
  });

  it("takes the operator's power while the hospital is suspended", async () => {
    const { hospitals, actors } = world.a;
    await hospitals.suspendHospital(HOSPITAL_A);
    const operator = hospitals.connect(actors.operatorA);
    const calls = [
      () => operator.rotateOperator(HOSPITAL_A, actors.stranger),
      () => operator.setParameters(HOSPITAL_A, ZeroHash),
      () => operator.setMaxAccessCount(HOSPITAL_A, 99n),
      () => operator.suspendMember(PATIENT),
      () => operator.reinstateMember(PATIENT),
    ];
    for (const call of calls) {
      await expectRefusal(call(), hospitals, "HospitalRegistryInactiveHospital", HOSPITAL_A);
    }
  });

  it("replaces an operator whose key is lost, even while the hospital is suspended, and that key rules no more", async () => {
    const { hospitals, actors } = world.a;
    await hospitals.suspendHospital(HOSPITAL_A);
    await expect(hospitals.replaceOperator(HOSPITAL_A, actors.stranger))
      .to.emit(hospitals, "OperatorRotated")
      .withArgs(HOSPITAL_A, actors.stranger.address, actors.operatorA.address, actors.administrator.address);
    await expect(hospitals.replaceOperator(HOSPITAL_A, actors.stranger)).not.to.emit(hospitals, "OperatorRotated");
    await hospitals.reinstateHospital(HOSPITAL_A);
    await expectRefusal(
      hospitals.connect(actors.operatorA).setMaxAccessCount(HOSPITAL_A, 9n),
      hospitals,
      "HospitalRegistryUnauthorizedOperator",
      HOSPITAL_A,
      actors.operatorA.address,
    );
    await hospitals.connect(actors.stranger).setMaxAccessCount(HOSPITAL_A, 9n);
    const nobody = hospitals.replaceOperator(HOSPITAL_A, ZeroAddress);
    await expectRefusal(nobody, hospitals, "HospitalRegistryInvalidOperator", ZeroAddress);
    const unknown = hospitals.replaceOperator(HOSPITAL_C, actors.stranger);
    await expectRefusal(unknown, hospitals, "HospitalRegistryUnknownHospital", HOSPITAL_C);
  });

  it("lets an operator set how many requests of one member are taken in an hour, once per change", async () => {
    const { hospitals, actors } = world.a;
    const operator = hospitals.connect(actors.operatorB);
    expect((await hospitals.activeRequester(DOCTOR)).maxRequestsPerMember).to.equal(REQUESTS_PER_HOUR / 2n);
    await expect(operator.setMaxRequestsPerMember(HOSPITAL_B, 7n))
      .to.emit(hospitals, "MaxRequestsPerMemberSet")
      .withArgs(HOSPITAL_B, 7n);
    await expect(operator.setMaxRequestsPerMember(HOSPITAL_B, 7n)).not.to.emit(hospitals, "MaxRequestsPerMemberSet");
    expect((await hospitals.activeRequester(DOCTOR)).maxRequestsPerMember).to.equal(7n);
    const { operatorA } = actors;
    const other = hospitals.connect(operatorA).setMaxRequestsPerMember(HOSPITAL_B, 9n);
    await expectRefusal(other, hospitals, "HospitalRegistryUnauthorizedOperator", HOSPITAL_B, operatorA.address);
  });

  it("sets how many requests of a hospital's members are taken in an hour, once per change", async () => {
    const { hospitals } = world.a;
    await expect(hospitals.setMaxRequestsPerHour(HOSPITAL_B, 7n))
      .to.emit(hospitals, "MaxRequestsPerHourSet")
      .withArgs(HOSPITAL_B, 7n);
    await expect(hospitals.setMaxRequestsPerHour(HOSPITAL_B, 7n)).not.to.emit(hospitals, "MaxRequestsPerHourSet");
    expect((await hospitals.hospital(HOSPITAL_B)).maxRequestsPerHour).to.equal(7n);
    const unknown = hospitals.setMaxRequestsPerHour(HOSPITAL_C, 7n);
    await expectRefusal(unknown, hospitals, "HospitalRegistryUnknownHospital", HOSPITAL_C);
  });

  it("refuses an operator's calls for a hospital that it does not know", async () => {
    const { hospitals } = world.a;
    await expectRefusal(
      hospitals.setMaxAccessCount(HOSPITAL_C, 1n),
      hospitals,
      "HospitalRegistryUnknownHospital",
      HOSPITAL_C,
    );
  });
});
