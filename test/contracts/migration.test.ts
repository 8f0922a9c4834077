import { merkleTree } from "@medexchain/chain";
import { expect } from "chai";
import { getBytes, hexlify, ZeroHash } from "ethers";
import { type Chain, deploySuccessor } from "./support/chain.ts";
import { Decision, RecordStatus } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, domainOf, idOf, sign } from "./support/messages.ts";
import {
  anchorOf,
  anchorRecord,
  anotherRequest,
  approve,
  COLLEAGUE,
  carryRequest,
  certify,
  DAY,
  DOCTOR,
  HOSPITAL_A,
  HOSPITAL_B,
  HOSPITAL_LIMIT,
  loadWorld,
  nextBlockAt,
  now,
  openLane,
  PATIENT,
  pendingRequest,
  RECORD,
  RECORD_LIMIT,
  REQUESTS_PER_HOUR,
  signRequest,
  submit,
  THRESHOLD,
  type World,
} from "./support/world.ts";

const HOSPITALS = [HOSPITAL_A, HOSPITAL_B];
const MEMBERS = [PATIENT, DOCTOR, COLLEAGUE];

describe("migration to a suite that goes on from another", () => {
  let old: World;
  let a: Chain;
  /** The same people, with the new suite on chain A. */
  let world: World;
  let next: Chain;

  beforeEach(async () => {
    old = await loadWorld();
    a = old.a;
    next = a;
  });

  /** A suite that goes on from the latest: deployed, joined with B, with the same relayers; nothing is taken over yet. */
  async function successor(): Promise<void> {
    next = await deploySuccessor(next);
    world = { ...old, a: next };
    await openLane(next, old.b);
    await openLane(old.b, next);
    const { relayer1, relayer2 } = next.actors;
    for (const relayer of [relayer1, relayer2]) await next.relayers.addRelayer(relayer);
    await next.relayers.setThreshold(THRESHOLD);
  }
  /** By a stranger, as anybody may. */
  async function adopt(): Promise<void> {
    const { stranger } = next.actors;
    await next.hospitals.connect(stranger).adoptHospitals(HOSPITALS);
    await next.hospitals.connect(stranger).adoptMembers(MEMBERS);
    await next.records.connect(stranger).adoptRecords([anchorOf()]);
    await next.ledger.connect(stranger).takeOver();
  }
  const open = async (call: Promise<unknown>) =>
    expectRefusal(call, next.grants, "PredecessorOpen", await a.grants.getAddress());
  const tooEarly = async () => {
    await open(next.hospitals.adoptHospitals(HOSPITALS));
    await open(next.hospitals.adoptMembers(MEMBERS));
    await open(next.records.adoptRecords([anchorOf()]));
    await open(next.ledger.takeOver());
    const { operatorA } = next.actors;
    await open(
      next.hospitals.registerHospital(digest("Hospital C"), a.chainId, operatorA, digest("PK"), REQUESTS_PER_HOUR),
    );
  };
  const entries = async (chain: Chain) => chain.ledger.queryFilter(chain.ledger.filters.AccessLogged());

  it("refuses under the new suite whoever reached the limit under the old one, and goes on with its ledger", async () => {
    await anchorRecord(old);
    for (let i = 0n; i < RECORD_LIMIT; i++) {
      const { requestId } = await anotherRequest(old);
      await approve(old, requestId);
      await submit(old, requestId);
    }
    await a.manager.seal();
    await successor();
    await adopt();
    const head = await a.ledger.head();
    expect(await next.ledger.length()).to.equal(RECORD_LIMIT);
    expect(await next.ledger.head()).to.equal(head);
    expect(await next.ledger.root()).to.equal(await a.ledger.root());
    expect(await next.ledger.peaks()).to.deep.equal(await a.ledger.peaks());

    const over = await anotherRequest(world);
    await approve(world, over.requestId);
    expect((await next.grants.grant(over.requestId)).decision).to.equal(Decision.RecordLimitReached);
    // Of the hospital's limit there is some left.
    await next.records.connect(next.actors.patient).setMaxAccessCount(RECORD, RECORD_LIMIT + 9n);
    for (let i = RECORD_LIMIT; i < HOSPITAL_LIMIT; i++) {
      const { requestId } = await anotherRequest(world);
      await approve(world, requestId);
      await submit(world, requestId);
    }
    expect(await next.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(HOSPITAL_LIMIT);
    expect(await next.ledger.recordAccessCountOf(RECORD, DOCTOR)).to.equal(HOSPITAL_LIMIT);
    const last = await anotherRequest(world);
    await approve(world, last.requestId);
    expect((await next.grants.grant(last.requestId)).decision).to.equal(Decision.HospitalLimitReached);

    const logged = [...(await entries(a)), ...(await entries(next))];
    expect(logged.map(({ args }) => args.index)).to.deep.equal(logged.map((_, i) => BigInt(i)));
    expect(logged.at(-1)?.args.entry.hospitalCount).to.equal(HOSPITAL_LIMIT);
    const tree = merkleTree();
    for (const { data } of logged) tree.append(getBytes(data).subarray(0, 320));
    expect(await next.ledger.root()).to.equal(hexlify(tree.root()));
    expect(await next.ledger.length()).to.equal(BigInt(logged.length));
    expect(await next.ledger.head()).to.equal(logged.at(-1)?.args.head);
    // The old ledger is what it was.
    expect(await a.ledger.head()).to.equal(head);
  });

  it("takes nothing over, and registers nobody, before the old suite is sealed and its last request has ended", async () => {
    const { requestId, request } = await pendingRequest(old);
    await successor();
    await tooEarly();
    await a.manager.seal();
    await tooEarly();
    await approve(old, requestId);
    await tooEarly();
    await nextBlockAt(a, request.expiry);
    await a.grants.expire(requestId);
    await adopt();
    expect(await next.ledger.length()).to.equal(2n);
  });

  it("grants nothing before its ledger has taken over the old one", async () => {
    await anchorRecord(old);
    await a.manager.seal();
    await successor();
    await next.hospitals.adoptHospitals(HOSPITALS);
    await next.hospitals.adoptMembers(MEMBERS);
    await next.records.adoptRecords([anchorOf()]);
    const { requestId } = await anotherRequest(world);
    const call = approve(world, requestId);
    await expectRefusal(call, next.ledger, "AccessLedgerNotContinued", await a.ledger.getAddress());
    const taken = next.ledger.takeOver();
    await expect(taken)
      .to.emit(next.ledger, "Continued")
      .withArgs(await a.ledger.getAddress(), 0n, ZeroHash, []);
    await expect(next.ledger.takeOver()).not.to.emit(next.ledger, "Continued");
    await approve(world, requestId);
    expect((await next.grants.grant(requestId)).state).to.equal(2n);
  });

  it("has no other way: what is put over the same registries without going on counts anew, and the other chain knows nothing of it", async () => {
    await anchorRecord(old, { maxAccessCount: 1n });
    const { requestId } = await anotherRequest(old);
    await approve(old, requestId);
    const parts = [a.manager, a.hospitals, a.records, a.relayers, a.mailbox].map((part) => part.getAddress());
    const beside = await a.ethers.deployContract("AccessGrants", await Promise.all(parts));
    const destination = await beside.getAddress();
    const { b } = old;
    const again = await signRequest(old, { destination });
    await expectRefusal(
      b.requests.request(again.request, again.signature),
      b.requests,
      "AccessRequestsWrongDestination",
      a.chainId,
      destination,
    );
    await expectRefusal(carryRequest(old, again), a.grants, "AccessGrantsWrongDestination", a.chainId, destination);
    const over = await anotherRequest(old);
    await approve(old, over.requestId);
    expect((await a.grants.grant(over.requestId)).decision).to.equal(Decision.RecordLimitReached);
  });

  it("tells the old counts until it grants itself", async () => {
    const { requestId } = await pendingRequest(old);
    await approve(old, requestId);
    await submit(old, requestId);
    await a.manager.seal();
    await successor();
    expect(await next.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
    expect(await next.ledger.recordAccessCountOf(RECORD, DOCTOR)).to.equal(1n);
    expect(await next.ledger.recordAccessCountOf(RECORD, COLLEAGUE)).to.equal(0n);
  });

  it("has hospitals and members as they were, with their suspensions and serials", async () => {
    await anchorRecord(old);
    await a.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 7n);
    await a.hospitals.connect(a.actors.operatorB).suspendMember(COLLEAGUE);
    await a.manager.seal();
    await successor();
    await expect(next.hospitals.adoptHospitals(HOSPITALS)).to.emit(next.hospitals, "HospitalAdopted");
    await adopt();
    for (const id of HOSPITALS) {
      expect(await next.hospitals.hospital(id)).to.deep.equal(await a.hospitals.hospital(id));
    }
    for (const id of MEMBERS) expect(await next.hospitals.member(id)).to.deep.equal(await a.hospitals.member(id));
    expect(await next.hospitals.hospitalCount()).to.equal(2n);
    expect((await next.hospitals.activeMember(COLLEAGUE)).account).to.equal(`0x${"0".repeat(40)}`);

    const { operatorA } = next.actors;
    const again = next.hospitals.registerHospital(HOSPITAL_A, a.chainId, operatorA, digest("PK"), 1n);
    await expectRefusal(again, next.hospitals, "HospitalRegistryAlreadyRegistered", HOSPITAL_A);
    const unknown = digest("Hospital C");
    const none = next.hospitals.adoptHospitals([unknown]);
    await expectRefusal(none, next.hospitals, "HospitalRegistryUnknownHospital", unknown);
    await expectRefusal(
      next.hospitals.adoptMembers([unknown]),
      next.hospitals,
      "HospitalRegistryUnknownMember",
      unknown,
    );
  });

  it("registers no hospital anew that the old suite knows, adopted or not", async () => {
    await a.manager.seal();
    await successor();
    const { operatorA } = next.actors;
    const call = next.hospitals.registerHospital(HOSPITAL_A, a.chainId, operatorA, digest("PK"), 1n);
    await expectRefusal(call, next.hospitals, "HospitalRegistryAlreadyRegistered", HOSPITAL_A);
    await next.hospitals.registerHospital(digest("Hospital C"), a.chainId, operatorA, digest("PK"), 1n);
  });

  it("lets no certificate go before those of the old suite, even where the member is not adopted yet", async () => {
    const { operatorA } = a.actors;
    const { certificate } = old.patient;
    await a.hospitals.connect(operatorA).revokeCertificates(HOSPITAL_A, certificate.pseudonym, 5n);
    await a.manager.seal();
    await successor();
    await next.hospitals.adoptHospitals(HOSPITALS);
    const stale = await certify(next, operatorA, { ...certificate, serial: 5n });
    await expectRefusal(
      next.hospitals.enrolMember(stale.certificate, stale.signature),
      next.hospitals,
      "HospitalRegistryStaleSerial",
      PATIENT,
      5n,
      5n,
    );
    const later = await certify(next, operatorA, { ...certificate, serial: 6n });
    await expect(next.hospitals.enrolMember(later.certificate, later.signature)).to.emit(
      next.hospitals,
      "MemberAdopted",
    );
    await next.hospitals.adoptMembers([PATIENT]);
    expect((await next.hospitals.member(PATIENT)).serial).to.equal(6n);
  });
  it("has records as they were, proven by their commitment, and anchors none of them anew", async () => {
    const { patient } = a.actors;
    await anchorRecord(old);
    await a.records.connect(patient).setMaxAccessCount(RECORD, 2n);
    const gone = anchorOf({ salt: digest("revoked") });
    const revoked = await anchorRecord(old, { salt: gone.salt });
    await a.records.connect(patient).revoke(revoked);
    await a.manager.seal();
    await successor();
    await next.hospitals.adoptHospitals(HOSPITALS);
    await next.hospitals.adoptMembers(MEMBERS);
    const again = next.records.connect(patient).anchor(anchorOf());
    await expectRefusal(again, next.records, "RecordRegistryAlreadyAnchored", RECORD);
    const forged = next.records.adoptRecords([anchorOf({ capsule: digest("forged") })]);
    await expectRefusal(forged, next.records, "RecordRegistryWrongDigests", RECORD);
    const unknown = anchorOf({ salt: digest("none") });
    const id = idOf(PATIENT, unknown.salt);
    await expectRefusal(next.records.adoptRecords([unknown]), next.records, "RecordRegistryUnknownRecord", id);

    // The limit that the caller gives is not looked at.
    const adopted = next.records.adoptRecords([anchorOf({ maxAccessCount: 99n }), gone]);
    await expect(adopted).to.emit(next.records, "RecordAdopted").withArgs(RECORD, 1n, RecordStatus.Active);
    await expect(adopted).to.emit(next.records, "RecordAdopted").withArgs(revoked, 1n, RecordStatus.Revoked);
    for (const recordId of [RECORD, revoked]) {
      const { anchoredAt, owner, contents, nonce, maxAccessCount, status } = await next.records.record(recordId);
      const before = await a.records.record(recordId);
      expect([owner, contents, before.anchoredAt, nonce, maxAccessCount, status]).to.deep.equal([...before]);
      const [log] = await next.records.queryFilter(next.records.filters.RecordAnchored(recordId), Number(anchoredAt));
      expect(log?.args.account).to.equal(await a.records.getAddress());
      expect(log?.args.capsule).to.equal(digest("capsule"));
    }
    const { anchoredAt } = await next.records.record(RECORD);
    await next.records.adoptRecords([anchorOf()]);
    expect((await next.records.record(RECORD)).anchoredAt).to.equal(anchoredAt);
  });

  it("voids under the new suite what was signed for the old one", async () => {
    const { patient } = a.actors;
    await anchorRecord(old);
    const expiry = (await now(a)) + DAY;
    const limit = { recordId: RECORD, maxAccessCount: 9n, nonce: 0n, expiry };
    const signature = await sign(patient, await domainOf(a, "records"), "AccessLimit", limit);
    await a.manager.seal();
    await successor();
    await adopt();
    await expectRefusal(
      next.records.setMaxAccessCountFor(RECORD, 9n, expiry, signature),
      next.records,
      "RecordRegistryInvalidSignature",
      PATIENT,
    );
  });

  it("takes a revocation over that the old registry took after the record was adopted", async () => {
    await anchorRecord(old);
    await a.manager.seal();
    await successor();
    await adopt();
    await a.records.connect(a.actors.patient).revoke(RECORD);
    expect((await next.records.record(RECORD)).status).to.equal(RecordStatus.Active);
    await next.records.adoptRecords([anchorOf()]);
    expect((await next.records.record(RECORD)).status).to.equal(RecordStatus.Revoked);
  });

  it("goes on over a suite that ended without an entry of its own", async () => {
    const { requestId } = await pendingRequest(old);
    await approve(old, requestId);
    await submit(old, requestId);
    await a.manager.seal();
    await successor();
    const second = next;
    await second.manager.seal();
    await successor();
    await next.ledger.takeOver();
    expect(await next.ledger.length()).to.equal(1n);
    expect(await next.ledger.head()).to.equal(await a.ledger.head());
    expect(await second.ledger.length()).to.equal(1n);
    expect(await next.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
  });

  it("knows what an earlier suite knew, where the one between adopted none of it", async () => {
    await anchorRecord(old);
    const { operatorA, operatorB, patient } = a.actors;
    const { certificate, signature } = old.doctor;
    await a.hospitals.connect(operatorB).suspendMember(COLLEAGUE);
    await a.hospitals.connect(operatorB).revokeCertificates(HOSPITAL_B, certificate.pseudonym, 5n);
    await a.manager.seal();
    await successor();
    await next.manager.seal();
    await successor();

    const anew = next.hospitals.registerHospital(HOSPITAL_A, a.chainId, operatorA, digest("PK"), 1n);
    await expectRefusal(anew, next.hospitals, "HospitalRegistryAlreadyRegistered", HOSPITAL_A);
    await next.hospitals.adoptHospitals(HOSPITALS);
    // The certificate is of B's registry, which is the same as ever.
    await expectRefusal(
      next.hospitals.importMember(certificate, signature),
      next.hospitals,
      "HospitalRegistryStaleSerial",
      DOCTOR,
      5n,
      1n,
    );
    await next.hospitals.adoptMembers(MEMBERS);
    for (const id of MEMBERS) expect(await next.hospitals.member(id)).to.deep.equal(await a.hospitals.member(id));
    expect((await next.hospitals.member(COLLEAGUE)).suspended).to.equal(true);
    const again = next.records.connect(patient).anchor(anchorOf());
    await expectRefusal(again, next.records, "RecordRegistryAlreadyAnchored", RECORD);
    await next.records.adoptRecords([anchorOf()]);
    expect((await next.records.record(RECORD)).maxAccessCount).to.equal(RECORD_LIMIT);
  });

  it("takes nothing of an earlier suite that goes on, though the one between has ended", async () => {
    await successor();
    await next.manager.seal();
    await successor();
    await open(next.hospitals.adoptHospitals(HOSPITALS));
    await open(next.hospitals.adoptMembers(MEMBERS));
    await open(next.records.adoptRecords([anchorOf()]));
    const { operatorA } = next.actors;
    await open(next.hospitals.registerHospital(HOSPITAL_A, a.chainId, operatorA, digest("PK"), 1n));
  });

  it("has the members of a hospital whose id is zero", async () => {
    const { operatorA } = a.actors;
    const pseudonym = digest("somebody");
    const member = idOf(ZeroHash, pseudonym);
    await a.hospitals.registerHospital(ZeroHash, a.chainId, operatorA, digest("PK"), 1n);
    await a.hospitals.connect(operatorA).revokeCertificates(ZeroHash, pseudonym, 7n);
    await a.manager.seal();
    await successor();
    await next.hospitals.adoptHospitals([ZeroHash]);
    await next.hospitals.adoptMembers([member]);
    expect((await next.hospitals.member(member)).serial).to.equal(7n);
  });
});
