import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest } from "./support/messages.ts";
import { HOLDERS, INPUT, openStudies, type StudyWorld, SUM, shareOf } from "./support/studies.ts";
import {
  type Certified,
  COLLEAGUE,
  certify,
  DAY,
  DOCTOR,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  now,
  PATIENT,
} from "./support/world.ts";

const STATES = { proposed: 1n, approved: 2n, open: 3n, summed: 4n, released: 5n };

describe("StudyRegistry", () => {
  let a: Chain;
  let patient: Certified;
  let world: StudyWorld;
  let study: string;

  const toEnd = () => nextBlockAt(a, world.terms.end);
  const refused = (call: Promise<unknown>, error: string, ...args: unknown[]) =>
    expectRefusal(call, world.studies, `StudyRegistry${error}`, ...args);

  beforeEach(async () => {
    ({ a, patient } = await loadWorld());
    world = await openStudies(a);
    study = await world.propose();
  });

  it("takes a study of two hospitals' patients to its release", async () => {
    await world.open(study);
    await expect(world.join(study))
      .to.emit(world.studies, "StudyJoined")
      .withArgs(study, PATIENT, a.actors.patient.address, INPUT, await world.signJoin(study));
    await world.join(study, DOCTOR, a.actors.doctor, digest("input of another"));
    await toEnd();
    await expect(world.compute(study)).to.emit(world.studies, "StudySummed").withArgs(study, SUM, 2n);
    for (const hospital of HOLDERS) await world.partial(study, hospital);
    await expect(world.as(a.actors.relayer1).release(study, digest("outcome")))
      .to.emit(world.studies, "StudyReleased")
      .withArgs(study, digest("outcome"), 2n);
    const { state, sum, outcome, summed, terms: stored } = await world.studies.study(study);
    expect([state, sum, outcome, summed]).to.deep.equal([STATES.released, SUM, digest("outcome"), 2n]);
    expect([...stored.holders]).to.deep.equal(HOLDERS);
  });

  it("takes terms that can be kept, and each study once", async () => {
    await refused(world.propose(), "AlreadyProposed", study);
    await refused(world.propose({ holders: [HOSPITAL_A] }), "InvalidHolders", 1n);
    await refused(world.propose({ holders: [HOSPITAL_A, HOSPITAL_A] }), "RepeatedHolder", HOSPITAL_A);
    await refused(world.propose({ holders: HOLDERS.toReversed() }), "RepeatedHolder", HOLDERS[0]);
    await refused(world.propose({ minimumCohort: 1n }), "InvalidCohort", 1n, 3n);
    await refused(world.propose({ maximumCohort: 100_001n }), "InvalidCohort", 2n, 100_001n);
    await refused(world.propose({ minimumCohort: 4n }), "InvalidCohort", 4n, 3n);
    await refused(
      world.propose({ end: world.terms.joinEnd }),
      "InvalidTimes",
      world.terms.joinEnd,
      world.terms.joinEnd,
    );
    await refused(world.propose({ joinEnd: 1n }), "InvalidTimes", 1n, world.terms.end);
    await refused(world.propose({ epsilonMilli: 0n }), "InvalidEpsilon", 0n);
    await refused(world.propose({ epsilonMilli: 20_001n }), "InvalidEpsilon", 20_001n);
    const many = Array.from({ length: 9 }, (_, i) => toBeHex(i + 1, 32));
    await refused(world.propose({ holders: many }), "InvalidHolders", 9n);
    // What is just within.
    const most = { holders: many.slice(1), maximumCohort: 100_000n, epsilonMilli: 20_000n };
    const largest = await world.propose(most, digest("the largest"));
    expect((await world.studies.study(largest)).state).to.equal(STATES.proposed);
    await refused(
      world.propose({ question: ZeroHash }),
      "InvalidDigest",
      await world.studies.studyIdOf(a.actors.stranger.address, digest("salt"), { ...world.terms, question: ZeroHash }),
    );
  });

  it("opens for patients only when each holder has approved and shown its share", async () => {
    const [first, second] = HOLDERS as [string, string];
    await refused(
      world.operator(first).approve(study, second, INPUT),
      "UnauthorizedOperator",
      second,
      world.operators[first]!.address,
    );
    await refused(world.join(study), "WrongState", study, STATES.proposed);
    await world.operator(first).approve(study, first, world.commitmentOf(study, first));
    await refused(
      world.operator(first).approve(study, first, world.commitmentOf(study, first)),
      "AlreadyDone",
      study,
      first,
    );
    await refused(
      world.operator(first).publishShare(study, first, shareOf(first)),
      "WrongState",
      study,
      STATES.proposed,
    );
    await world.operator(second).approve(study, second, world.commitmentOf(study, second));
    await world.operator(first).publishShare(study, first, shareOf(first));
    await refused(world.join(study), "WrongState", study, STATES.approved);
    await world.operator(second).publishShare(study, second, shareOf(second));
    expect((await world.studies.study(study)).state).to.equal(STATES.open);
  });

  it("takes no share but the one that was committed to, so that none is chosen by the others'", async () => {
    const [first, second] = HOLDERS as [string, string];
    for (const hospital of HOLDERS)
      await world.operator(hospital).approve(study, hospital, world.commitmentOf(study, hospital));
    await world.operator(first).publishShare(study, first, shareOf(first));
    const rogue = digest("the key that the second alone knows, minus the first's share");
    await refused(world.operator(second).publishShare(study, second, rogue), "WrongShare", study, second);
    await refused(world.operator(second).publishShare(study, second, shareOf(first)), "WrongShare", study, second);
  });

  it("lets hospitals decide by their operators, and those who are suspended not at all", async () => {
    await a.hospitals.suspendHospital(HOSPITAL_A);
    await refused(
      world.operator(HOSPITAL_A).approve(study, HOSPITAL_A, INPUT),
      "UnauthorizedOperator",
      HOSPITAL_A,
      world.operators[HOSPITAL_A]!.address,
    );
    const limits = { studies: 9n, epsilonMilli: 9n };
    await refused(
      world.as(a.actors.stranger).setLimits(HOSPITAL_B, limits),
      "UnauthorizedOperator",
      HOSPITAL_B,
      a.actors.stranger.address,
    );
  });

  describe("joining", () => {
    beforeEach(() => world.open(study));

    it("counts each patient once, by its own signature, and never again once it has left", async () => {
      await refused(world.join(study, PATIENT, a.actors.stranger), "InvalidSignature", PATIENT);
      await world.join(study);
      await refused(world.join(study), "AlreadyJoined", study, PATIENT);
      await refused(world.withdraw(study, PATIENT, a.actors.stranger), "InvalidSignature", PATIENT);
      await world.withdraw(study);
      await refused(world.withdraw(study), "NotJoined", study, PATIENT);
      // The first signature is still out there.
      await refused(world.join(study), "AlreadyJoined", study, PATIENT);
      expect((await world.studies.study(study)).cohort).to.equal(0n);
    });

    it("is for active patients of the holders, until joining ends", async () => {
      const nobody = digest("nobody");
      await refused(world.join(study, nobody), "InactivePatient", nobody);
      await a.hospitals.connect(a.actors.operatorA).suspendMember(PATIENT);
      await refused(world.join(study), "InactivePatient", PATIENT);
      await a.hospitals.connect(a.actors.operatorA).reinstateMember(PATIENT);
      await nextBlockAt(a, world.terms.joinEnd);
      await refused(world.join(study), "JoiningEnded", study, world.terms.joinEnd);
    });

    it("is not for patients of a hospital that holds no key of it", async () => {
      const third = digest("Hospital C");
      await a.hospitals.registerHospital(third, a.chainId, a.actors.relayer2, digest("PK_C'"), 1n);
      world.operators[third] = a.actors.relayer2;
      const holders = [HOSPITAL_B, third].toSorted((x, y) => (BigInt(x) < BigInt(y) ? -1 : 1));
      const elsewhere = await world.propose({ holders }, digest("elsewhere"));
      await refused(
        world.operator(HOSPITAL_A).approve(elsewhere, HOSPITAL_A, INPUT),
        "NotHolder",
        elsewhere,
        HOSPITAL_A,
      );
      await world.open(elsewhere, holders);
      await refused(world.join(elsewhere), "ForeignPatient", elsewhere, PATIENT);
    });

    it("is for as many as the terms say, and a place that was left is free again", async () => {
      const small = await world.propose({ maximumCohort: 2n, epsilonMilli: 1n }, digest("small"));
      await world.open(small);
      await world.join(small);
      await world.join(small, DOCTOR, a.actors.doctor);
      const third = () => world.join(small, COLLEAGUE, a.actors.colleague);
      await refused(third(), "CohortFull", small, 2n);
      await world.withdraw(small, DOCTOR, a.actors.doctor);
      await third();
      expect((await world.studies.study(small)).cohort).to.equal(2n);
    });

    it("is limited to so many studies of a year, and to nothing where no limit was set", async () => {
      await world.operator(HOSPITAL_A).setLimits(HOSPITAL_A, { studies: 1n, epsilonMilli: 10_000n });
      await world.join(study);
      const second = await world.propose({}, digest("second"));
      await world.open(second);
      await refused(world.join(second), "StudiesExhausted", PATIENT, 1n);
      await world.operator(HOSPITAL_A).setLimits(HOSPITAL_A, { studies: 0n, epsilonMilli: 0n });
      await refused(world.join(second), "StudiesExhausted", PATIENT, 0n);
    });

    it("is paid from the year's budget, so that two studies whose cohorts differ by one patient cannot both have the rest", async () => {
      await world.join(study);
      await world.join(study, DOCTOR, a.actors.doctor);
      const almostTheSame = await world.propose({}, digest("almost the same"));
      await world.open(almostTheSame);
      // 600 of 1000 are spent, and the second asks for 600 again.
      await refused(world.join(almostTheSame, DOCTOR, a.actors.doctor), "BudgetExhausted", DOCTOR, 600n, 1000n);
      const cheaper = await world.propose({ epsilonMilli: 400n }, digest("cheaper"));
      await world.open(cheaper);
      await world.join(cheaper, DOCTOR, a.actors.doctor);
      expect((await world.studies.usageOf(DOCTOR)).epsilonMilli).to.equal(1000n);
      expect((await world.studies.usageOf(DOCTOR)).studies).to.equal(2n);
    });

    it("costs nothing of the budget that was not released, and begins anew with the year", async () => {
      await world.join(study);
      await world.withdraw(study);
      expect([...(await world.studies.usageOf(PATIENT))].slice(1)).to.deep.equal([1n, 0n]);
      await world.join(study, DOCTOR, a.actors.doctor);
      await a.time.increase(366n * DAY);
      expect([...(await world.studies.usageOf(DOCTOR))].slice(1)).to.deep.equal([0n, 0n]);
    });
  });

  it("returns to who leaves in another year nothing of that year's budget", async () => {
    const year = 365n * DAY;
    const next = ((await now(a)) / year + 1n) * year;
    const certificate = { ...patient.certificate, serial: 2n, notAfter: next + 100n * DAY };
    const renewal = await certify(a, a.actors.operatorA, certificate);
    await a.hospitals.enrolMember(renewal.certificate, renewal.signature);
    const terms = { joinEnd: next + 10n * DAY, end: next + 20n * DAY };
    const before = await world.propose(terms, digest("before"));
    await world.open(before);
    await world.join(before);
    await nextBlockAt(a, next + 1n);
    const after = await world.propose({ ...terms, epsilonMilli: 300n }, digest("after"));
    await world.open(after);
    await world.join(after);
    await world.withdraw(before);
    expect([...(await world.studies.usageOf(PATIENT))]).to.deep.equal([next / year, 1n, 300n]);
    await world.withdraw(after);
    expect([...(await world.studies.usageOf(PATIENT))]).to.deep.equal([next / year, 1n, 0n]);
  });

  describe("releasing", () => {
    beforeEach(async () => {
      await world.open(study);
      await world.join(study);
      await world.join(study, DOCTOR, a.actors.doctor, digest("input of another"));
    });

    it("waits for the study's end, and for a cohort that is large enough", async () => {
      await refused(world.compute(study), "NotEnded", study, world.terms.end);
      await toEnd();
      await refused(world.compute(study, 1n), "CohortTooSmall", study, 1n, 2n);
      await refused(world.compute(study, 3n), "CohortTooLarge", study, 3n, 2n);
      await refused(
        world.as(a.actors.stranger).submitSum(study, SUM, 2n),
        "UnauthorizedComputeNode",
        study,
        a.actors.stranger.address,
      );
      await world.withdraw(study);
      await refused(world.compute(study), "CohortTooLarge", study, 2n, 1n);
    });

    it("is of the sum that stands: a patient who leaves voids it, until the first holder has decrypted", async () => {
      const [first, second] = HOLDERS as [string, string];
      await toEnd();
      await world.compute(study);
      await world.withdraw(study);
      await refused(world.partial(study, first), "WrongState", study, STATES.open);
      const other = await world.propose(
        { joinEnd: world.terms.end + DAY, end: world.terms.end + 2n * DAY, epsilonMilli: 1n },
        digest("other"),
      );
      await world.open(other);
      await world.join(other, DOCTOR, a.actors.doctor);
      await world.operator(HOSPITAL_A).setLimits(HOSPITAL_A, { studies: 9n, epsilonMilli: 1000n });
      await world.join(other);
      await nextBlockAt(a, world.terms.end + 2n * DAY);
      await world.compute(other);
      await refused(world.partial(other, first, digest("another sum")), "OtherSum", other, SUM);
      await world.partial(other, first);
      await refused(world.withdraw(other), "DecryptionBegun", other);
      await refused(world.compute(other, 2n, digest("another sum")), "DecryptionBegun", other);
      await world.partial(other, second);
    });

    it("needs each holder, and each once", async () => {
      const [first, second] = HOLDERS as [string, string];
      await toEnd();
      await world.compute(study);
      await world.partial(study, first);
      await refused(world.partial(study, first), "AlreadyDone", study, first);
      const release = () => world.as(a.actors.relayer1).release(study, digest("outcome"));
      await refused(release(), "PartialsMissing", study, 1n);
      await refused(
        world.operator(first).submitPartial(study, second, SUM, INPUT),
        "UnauthorizedOperator",
        second,
        world.operators[first]!.address,
      );
      await world.partial(study, second);
      await refused(
        world.as(a.actors.stranger).release(study, INPUT),
        "UnauthorizedComputeNode",
        study,
        a.actors.stranger.address,
      );
      await release();
      await refused(release(), "WrongState", study, STATES.released);
    });
  });
});
