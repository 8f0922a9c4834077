import { createHash } from "node:crypto";
import { merkleTree } from "@medexchain/chain";
import { expect } from "chai";
import { getBytes, hexlify, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, foldEntry } from "./support/messages.ts";
import {
  anotherRequest,
  approve,
  authorizedRequest,
  carryRequest,
  DOCTOR,
  HOSPITAL_A,
  HOSPITAL_LIMIT,
  loadWorld,
  nextBlockAt,
  now,
  pendingRequest,
  RECORD,
  RECORD_LIMIT,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

describe("AccessLedger", () => {
  let world: World;
  let a: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a } = world);
  });

  const entries = async () => (await a.ledger.queryFilter(a.ledger.filters.AccessLogged())).map(({ args }) => args);

  it("is empty at first", async () => {
    expect(await a.ledger.head()).to.equal(ZeroHash);
    expect(await a.ledger.length()).to.equal(0n);
    expect(await a.ledger.root()).to.equal(`0x${createHash("sha256").digest("hex")}`);
    expect(await a.ledger.peaks()).to.deep.equal([]);
    expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(0n);
    expect(await a.ledger.recordAccessCountOf(RECORD, DOCTOR)).to.equal(0n);
  });

  it("logs a grant with the counts after it and the limits that held", async () => {
    const { requestId } = await pendingRequest(world);
    const transaction = await approve(world, requestId);
    const entry = [
      requestId,
      RECORD,
      DOCTOR,
      HOSPITAL_A,
      Decision.Granted,
      1n,
      HOSPITAL_LIMIT,
      1n,
      RECORD_LIMIT,
      await now(a),
    ];
    await expect(transaction)
      .to.emit(a.ledger, "AccessLogged")
      .withArgs(0n, requestId, DOCTOR, entry, foldEntry(ZeroHash, 0n, entry));
  });

  it("logs a refusal with counts that it did not change", async () => {
    const { requestId } = await pendingRequest(world);
    await a.records.connect(a.actors.patient).setMaxAccessCount(RECORD, 0n);
    const transaction = await approve(world, requestId);
    const entry = [
      requestId,
      RECORD,
      DOCTOR,
      HOSPITAL_A,
      Decision.RecordLimitReached,
      0n,
      HOSPITAL_LIMIT,
      0n,
      0n,
      await now(a),
    ];
    await expect(transaction)
      .to.emit(a.ledger, "AccessLogged")
      .withArgs(0n, requestId, DOCTOR, entry, foldEntry(ZeroHash, 0n, entry));
  });

  it("logs an attempt on a record that nobody knows, under no hospital", async () => {
    const signed = await signRequest(world, { recordId: digest("none") });
    await carryRequest(world, signed);
    await nextBlockAt(a, signed.request.expiry);
    const transaction = await a.grants.expire(signed.requestId);
    const entry = [signed.requestId, digest("none"), DOCTOR, ZeroHash, Decision.Expired, 0n, 0n, 0n, 0n, await now(a)];
    await expect(transaction)
      .to.emit(a.ledger, "AccessLogged")
      .withArgs(0n, signed.requestId, DOCTOR, entry, foldEntry(ZeroHash, 0n, entry));
  });

  it("has a head that is the fold of the entries it emitted, numbered without gaps, and a root that is their tree's", async () => {
    const granted = await authorizedRequest(world);
    await submit(world, granted.requestId);
    const denied = await anotherRequest(world, {}, "colleague");
    await a.grants.connect(a.actors.patient).deny(denied.requestId);
    const withdrawn = await anotherRequest(world, {}, "colleague");
    await a.grants.connect(a.actors.patient).withdraw(withdrawn.requestId);
    for (let i = 0n; i < RECORD_LIMIT; i++) await approve(world, (await anotherRequest(world)).requestId);
    const left = await anotherRequest(world);
    await a.records.connect(a.actors.patient).revoke(RECORD);
    await nextBlockAt(a, left.request.expiry);
    await a.grants.expire(left.requestId);

    const logged = await entries();
    expect(logged.map(({ entry }) => entry.decision)).to.deep.equal([
      Decision.Granted,
      Decision.DeniedByOwner,
      Decision.Withdrawn,
      Decision.Granted,
      Decision.Granted,
      Decision.RecordLimitReached,
      Decision.Expired,
    ]);
    const tree = merkleTree();
    for (const { data } of await a.ledger.queryFilter(a.ledger.filters.AccessLogged()))
      tree.append(getBytes(data).subarray(0, 320));
    expect(await a.ledger.root()).to.equal(hexlify(tree.root()));
    expect(await a.ledger.peaks()).to.have.length(3);
    let head = ZeroHash;
    for (const [i, { index, entry, head: emitted }] of logged.entries()) {
      expect(index).to.equal(BigInt(i));
      head = foldEntry(head, index, Array.from(entry));
      expect(emitted).to.equal(head);
    }
    expect(await a.ledger.head()).to.equal(head);
    expect(await a.ledger.length()).to.equal(BigInt(logged.length));
  });

  it("has counts that are the number of grants it logged", async () => {
    await pendingRequest(world);
    for (let i = 0n; i < RECORD_LIMIT + 1n; i++) await approve(world, (await anotherRequest(world)).requestId);
    const grants = (await entries()).filter(({ entry }) => entry.decision === Decision.Granted);
    expect(BigInt(grants.length)).to.equal(RECORD_LIMIT);
    expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(RECORD_LIMIT);
    expect(await a.ledger.recordAccessCountOf(RECORD, DOCTOR)).to.equal(RECORD_LIMIT);
  });

  it("is written by AccessGrants alone, not by the administrator, a hospital, an owner or a relayer", async () => {
    const { administrator, operatorA, patient, relayer1, stranger } = a.actors;
    const attempt = {
      requestId: digest("forged"),
      recordId: RECORD,
      requester: DOCTOR,
      hospitalId: HOSPITAL_A,
      hospitalLimit: 1n,
      recordLimit: 1n,
      decision: Decision.Granted,
    };
    for (const caller of [administrator, operatorA, patient, relayer1, stranger]) {
      const call = a.ledger.connect(caller).recordAccess(attempt);
      await expectRefusal(call, a.ledger, "AccessLedgerUnauthorizedWriter", caller.address);
    }
    expect(await a.ledger.length()).to.equal(0n);
  });
});
