import type { StandingConsents } from "@medexchain/contracts";
import { expect } from "chai";
import { encodeBytes32String, ZeroAddress } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, digestOf, domainOf, type StandingConsent, sign } from "./support/messages.ts";
import {
  anchorOf,
  anotherRequest,
  COLLEAGUE,
  certify,
  DAY,
  DOCTOR,
  epochOf,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  now,
  PATIENT,
  PRIVATE_FRAGMENT,
  pendingRequest,
  RECORD,
  SEALED_REKEY,
  type SignedRequest,
  submit,
  type World,
} from "./support/world.ts";

const TREAT = encodeBytes32String("TREAT");
const LABS = digest("salt: labs");
const GENETICS = digest("salt: genetics");

describe("StandingConsents", () => {
  let world: World;
  let a: Chain;
  let consents: StandingConsents;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a } = world);
    consents = a.consents.connect(a.actors.patient);
    await a.records.connect(a.actors.patient).setPolicy(PATIENT, a.consents);
  });

  const consentOf = async (changes: Partial<StandingConsent> = {}): Promise<StandingConsent> => ({
    owner: PATIENT,
    document: digest("salt and document"),
    hospitals: [HOSPITAL_B],
    members: [],
    purposes: [TREAT],
    records: [],
    classes: [],
    from: await now(a),
    until: (await now(a)) + DAY,
    maxAccessCount: 2n,
    ...changes,
  });
  const idOf = async (consent: StandingConsent) => digestOf(await domainOf(a, "consents"), "StandingConsent", consent);
  const signed = async (consent: StandingConsent, by = a.actors.patient) =>
    sign(by, await domainOf(a, "consents"), "StandingConsent", consent);
  /** The patient signs, and somebody carries it. */
  const given = async (changes: Partial<StandingConsent> = {}): Promise<StandingConsent> => {
    const consent = await consentOf(changes);
    await a.consents.connect(a.actors.stranger).give(consent, await signed(consent));
    return consent;
  };
  const accessOf = async ({ request }: SignedRequest, classes: string[] = []) => ({
    sourceChainId: world.b.chainId,
    request,
    classes,
    sealedRekey: SEALED_REKEY,
    privateFragment: PRIVATE_FRAGMENT,
    epoch: await epochOf(a),
  });
  const answer = async (consent: StandingConsent, of: SignedRequest, classes: string[] = [], by = consents) =>
    by.approve(consent, await accessOf(of, classes));

  it("approves what the owner consented to; Algorithm₁ counts it, and the ledger logs it, as any other", async () => {
    const consent = await given();
    const pending = await pendingRequest(world);
    const consentId = await idOf(consent);
    await expect(answer(consent, pending))
      .to.emit(a.consents, "ConsentUsed")
      .withArgs(consentId, pending.requestId, Decision.Granted, 1n, [])
      .and.to.emit(a.grants, "Approved")
      .withArgs(
        pending.requestId,
        await a.consents.getAddress(),
        SEALED_REKEY,
        PRIVATE_FRAGMENT,
        await epochOf(a),
        "0x",
      );
    expect((await a.grants.grant(pending.requestId)).state).to.equal(RequestState.Authorized);
    expect(await a.ledger.recordAccessCountOf(RECORD, DOCTOR)).to.equal(1n);
    await submit(world, pending.requestId);
    expect((await a.grants.grant(pending.requestId)).state).to.equal(RequestState.Granted);
  });

  it("tells with the consent all that it says, so that nobody else needs to keep it, and takes it once", async () => {
    const consent = await consentOf({ hospitals: [HOSPITAL_A], members: [DOCTOR], records: [RECORD], classes: [LABS] });
    const signature = await signed(consent);
    const carried = () => a.consents.connect(a.actors.stranger).give(consent, signature);
    await expect(carried())
      .to.emit(a.consents, "ConsentGiven")
      .withArgs(await idOf(consent), PATIENT, a.actors.patient.address, Object.values(consent), signature);
    await expect(carried()).not.to.emit(a.consents, "ConsentGiven");
    expect(await a.consents.consentIdOf(consent)).to.equal(await idOf(consent));
  });

  it("refuses a consent that the owner did not sign, or that says too little or too much", async () => {
    const { stranger } = a.actors;
    const consent = await consentOf();
    const forged = a.consents.give(consent, await signed(consent, stranger));
    await expectRefusal(forged, a.consents, "StandingConsentsInvalidSignature", await idOf(consent));
    const elsewhere = a.consents.give(await consentOf({ owner: DOCTOR }), await signed(consent));
    await expectRefusal(elsewhere, a.consents, "StandingConsentsUnauthorized", DOCTOR, a.actors.administrator.address);
    const many = Array.from({ length: 33 }, (_, i) => digest(String(i)));
    const nothing = `0x${"00".repeat(32)}`;
    const wrong: Partial<StandingConsent>[] = [
      { hospitals: [] },
      { hospitals: many },
      { members: many },
      { hospitals: [HOSPITAL_B, nothing] },
      { members: [nothing] },
      { purposes: [] },
      { purposes: many },
      { purposes: [nothing] },
      { records: many },
      { classes: many },
      { document: nothing },
      { maxAccessCount: 0n },
      { from: consent.until, until: consent.until },
    ];
    for (const changes of wrong) {
      const incomplete = await consentOf(changes);
      const attempt = a.consents.give(incomplete, await signed(incomplete));
      await expectRefusal(attempt, a.consents, "StandingConsentsIncomplete", await idOf(incomplete));
    }
    const past = await consentOf({ from: 1n, until: 2n });
    const late = a.consents.give(past, await signed(past));
    await expectRefusal(late, a.consents, "StandingConsentsOutOfPeriod", await idOf(past), 1n, 2n);
  });

  it("refuses what is not covered: recipient, purpose, record, classes of data, time", async () => {
    const pending = await pendingRequest(world);
    const { from, until } = await consentOf();
    const cases: [Partial<StandingConsent>, string[], string, ...unknown[]][] = [
      [{ hospitals: [HOSPITAL_A], members: [COLLEAGUE] }, [], "StandingConsentsOtherRecipient", DOCTOR],
      // A member by a hospital's id is not its members, nor the other way round.
      [{ hospitals: [], members: [HOSPITAL_B] }, [], "StandingConsentsOtherRecipient", DOCTOR],
      [{ hospitals: [DOCTOR] }, [], "StandingConsentsOtherRecipient", DOCTOR],
      [{ purposes: [encodeBytes32String("ETREAT")] }, [], "StandingConsentsOtherPurpose", TREAT],
      [{ records: [digest("another record")] }, [], "StandingConsentsOtherRecord", RECORD],
      [{ classes: [LABS] }, [LABS, GENETICS], "StandingConsentsOtherClasses"],
      [{ classes: [LABS] }, [], "StandingConsentsOtherClasses"],
      [{}, [LABS], "StandingConsentsOtherClasses"],
      [{ from: from + DAY, until: until + DAY }, [], "StandingConsentsOutOfPeriod", from + DAY, until + DAY],
    ];
    for (const [changes, classes, error, ...args] of cases) {
      const consent = await given({ from, until, ...changes });
      await expectRefusal(answer(consent, pending, classes), a.consents, error, await idOf(consent), ...args);
    }
    const consent = await given({ from, until });
    await a.time.setNextBlockTimestamp(until);
    const late = answer(consent, pending);
    await expectRefusal(late, a.consents, "StandingConsentsOutOfPeriod", await idOf(consent), from, until);
    const unknown = await consentOf({ document: digest("of another") });
    await expectRefusal(answer(unknown, pending), a.consents, "StandingConsentsUnknown", await idOf(unknown));
  });

  it("covers nobody else's records, nor what was not asked so", async () => {
    const pending = await pendingRequest(world);
    const other = await certify(a, a.actors.operatorA, {
      ...world.patient.certificate,
      pseudonym: digest("another patient"),
      account: a.actors.stranger.address,
    });
    await a.hospitals.enrolMember(other.certificate, other.signature);
    const owner = await a.hospitals.memberIdOf(HOSPITAL_A, digest("another patient"));
    const consent = await consentOf({ owner });
    await a.consents.give(consent, await signed(consent, a.actors.stranger));
    const asOther = a.consents.connect(a.actors.stranger);
    await a.records.connect(a.actors.stranger).setPolicy(owner, a.consents);
    const attempt = answer(consent, pending, [], asOther);
    await expectRefusal(attempt, a.consents, "StandingConsentsOtherRecord", await idOf(consent), RECORD);
    // A purpose that the doctor did not sign makes another request, which nobody delivered.
    const own = await given({ purposes: [encodeBytes32String("ETREAT")] });
    const altered = { ...pending, request: { ...pending.request, purpose: encodeBytes32String("ETREAT") } };
    await expect(answer(own, altered)).to.be.revertedWithCustomError(a.grants, "AccessGrantsUnknownRequest");
  });

  it("is used by nobody but the account that signed it: who else could waste its counts with useless keys", async () => {
    const consent = await given();
    const pending = await pendingRequest(world);
    for (const caller of [a.actors.stranger, a.actors.doctor, a.actors.relayer1, a.actors.administrator]) {
      const attempt = answer(consent, pending, [], a.consents.connect(caller));
      await expectRefusal(attempt, a.consents, "StandingConsentsUnauthorized", PATIENT, caller.address);
    }
  });

  it("counts over all recipients together, to the last one, of whom one in a block wins", async () => {
    const consent = await given({ maxAccessCount: 1n, hospitals: [], members: [DOCTOR, COLLEAGUE] });
    const consentId = await idOf(consent);
    const first = await pendingRequest(world);
    const second = await anotherRequest(world, {}, "colleague");
    const accesses = [await accessOf(first), await accessOf(second)];
    const { provider } = a.ethers;
    await provider.send("evm_setAutomine", [false]);
    const sent = [];
    for (const access of accesses) sent.push(await consents.approve(consent, access, { gasLimit: 1_000_000 }));
    await provider.send("evm_mine", []);
    await provider.send("evm_setAutomine", [true]);
    const receipts = await Promise.all(sent.map(({ hash }) => provider.getTransactionReceipt(hash)));
    expect(new Set(receipts.map((receipt) => receipt?.blockNumber)).size).to.equal(1);
    expect(receipts.map((receipt) => receipt?.status)).to.deep.equal([1, 0]);
    await expectRefusal(answer(consent, second), a.consents, "StandingConsentsExhausted", consentId, 1n);
    expect((await a.consents.stateOf(consentId)).used).to.equal(1n);
  });

  it("does not count what Algorithm₁ refuses, which is logged all the same", async () => {
    const consent = await given();
    const pending = await pendingRequest(world);
    await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 0n);
    await expect(answer(consent, pending))
      .to.emit(a.consents, "ConsentUsed")
      .withArgs(await idOf(consent), pending.requestId, Decision.HospitalLimitReached, 0n, []);
    expect(await a.ledger.length()).to.equal(1n);
  });

  it("ends for good when its owner revokes it, also while the hospital is suspended, and by nobody else", async () => {
    const consent = await given();
    const consentId = await idOf(consent);
    const pending = await pendingRequest(world);
    const { stranger, operatorA } = a.actors;
    for (const caller of [stranger, operatorA]) {
      const attempt = a.consents.connect(caller).revoke(consentId);
      await expectRefusal(attempt, a.consents, "StandingConsentsUnauthorized", PATIENT, caller.address);
    }
    await a.hospitals.suspendHospital(HOSPITAL_A);
    await expect(consents.revoke(consentId))
      .to.emit(a.consents, "ConsentRevoked")
      .withArgs(consentId, PATIENT, a.actors.patient.address);
    await expect(consents.revoke(consentId)).not.to.emit(a.consents, "ConsentRevoked");
    await a.hospitals.reinstateHospital(HOSPITAL_A);
    await expectRefusal(answer(consent, pending), a.consents, "StandingConsentsRevoked", consentId);
    await expectRefusal(given(consent), a.consents, "StandingConsentsRevoked", consentId);
    expect((await a.grants.grant(pending.requestId)).state).to.equal(RequestState.Pending);
    await expectRefusal(consents.revoke(digest("none")), a.consents, "StandingConsentsUnknown", digest("none"));
  });

  it("lets its owner take back what was approved by it and is not granted yet", async () => {
    const consent = await given();
    const pending = await pendingRequest(world);
    await answer(consent, pending);
    await consents.revoke(await idOf(consent));
    await a.grants.connect(a.actors.patient).withdraw(pending.requestId);
    expect((await a.grants.grant(pending.requestId)).decision).to.equal(Decision.Withdrawn);
  });

  it("ends with the account that signed it, even where the next one names the contract again", async () => {
    const consent = await given();
    const pending = await pendingRequest(world);
    const { stranger, patient, operatorA } = a.actors;
    const next = await certify(a, operatorA, { ...world.patient.certificate, account: stranger.address, serial: 2n });
    await a.hospitals.enrolMember(next.certificate, next.signature);
    await a.records.connect(stranger).setPolicy(PATIENT, a.consents);
    for (const caller of [patient, stranger]) {
      const attempt = answer(consent, pending, [], a.consents.connect(caller));
      await expectRefusal(attempt, a.consents, "StandingConsentsUnauthorized", PATIENT, caller.address);
    }
  });

  it("binds nobody who did not name the contract", async () => {
    const consent = await given();
    const pending = await pendingRequest(world);
    await a.records.connect(a.actors.patient).setPolicy(PATIENT, ZeroAddress);
    await expect(answer(consent, pending)).to.be.revertedWithCustomError(a.grants, "AccessGrantsUnauthorizedPolicy");
    expect((await a.consents.stateOf(await idOf(consent))).used).to.equal(0n);
  });

  it("is not used once more from within its use", async () => {
    const { ethers } = a;
    const reentrant = await ethers.deployContract("ReentrantGrants", [a.hospitals, a.records]);
    const itself = (await ethers.deployContract("StandingConsents", [reentrant])) as unknown as StandingConsents; // of that name
    const pseudonym = digest("reentrant");
    const owner = await a.hospitals.memberIdOf(HOSPITAL_A, pseudonym);
    const { certificate, signature } = await certify(a, a.actors.operatorA, {
      ...world.patient.certificate,
      pseudonym,
      account: await reentrant.getAddress(),
    });
    await a.hospitals.enrolMember(certificate, signature);
    const salt = digest("salt");
    await a.records.anchorFor(anchorOf({ owner, salt }), (await now(a)) + DAY, "0x");
    const consent = await consentOf({ owner, maxAccessCount: 1n });
    await itself.give(consent, "0x");
    const recordId = await a.records.recordIdOf(owner, salt);
    const { request } = await pendingRequest(world, { recordId });
    await reentrant.getFunction("approve").send(itself, consent, await accessOf({ request } as SignedRequest));
    expect(await reentrant.getFunction("approvals").staticCall()).to.equal(1n);
    const refusal: string = await reentrant.getFunction("refusal").staticCall();
    expect(itself.interface.parseError(refusal)?.name).to.equal("StandingConsentsExhausted");
    expect((await itself.stateOf(await itself.consentIdOf(consent))).used).to.equal(1n);
  });
});
