import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { expectRefused } from "./support/expectRefused.ts";
import { digest, domainOf, sign } from "./support/messages.ts";
import {
  aloneIn,
  anotherRequest,
  approve,
  attestReEncryption,
  authorizedRequest,
  DOCTOR,
  epochOf,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  now,
  PRIVATE_FRAGMENT,
  pendingRequest,
  RECORD,
  reseal,
  responseOf,
  SEALED_REKEY,
  submit,
  type World,
} from "./support/world.ts";

const AGAIN = digest("sealed anew");

describe("AccessGrants: an approval that is sealed anew", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const changeRelayers = () => a.relayers.addRelayer(a.actors.stranger);
  const stateOf = async (requestId: string) => (await a.grants.grant(requestId)).state;

  it("asks the relayers of now, and is granted by what they say of the new key", async () => {
    const { requestId } = await authorizedRequest(world);
    await changeRelayers();
    const epoch = await epochOf(a);
    const old = await attestReEncryption(world, requestId, ["relayer2"], SEALED_REKEY, { epoch: epoch - 1n });
    const asPatient = a.grants.connect(a.actors.patient);
    expect(await asPatient.reseal.staticCall(requestId, AGAIN, epoch)).to.equal(Decision.Granted);
    const resealed = await reseal(world, requestId);
    const { patient, relayer1 } = a.actors;
    await expect(resealed)
      .to.emit(a.grants, "Resealed")
      .withArgs(requestId, patient.address, AGAIN, epoch, "0x")
      .to.emit(a.grants, "ReEncryptionRequested")
      .withArgs(2n, requestId, RECORD, AGAIN);
    const grant = await a.grants.grant(requestId);
    expect([grant.state, grant.key, grant.privateFragment, grant.relayerEpoch, grant.updatedAt]).to.deep.equal([
      RequestState.Authorized,
      AGAIN,
      PRIVATE_FRAGMENT,
      epoch,
      BigInt(resealed.blockNumber!),
    ]);
    for (const attestations of [old, aloneIn(epoch - 1n)]) {
      const attempt = a.grants.connect(relayer1).submitReEncryption(requestId, attestations);
      await expectRefusal(attempt, a.grants, "AccessGrantsWrongEpoch", requestId, epoch - 1n, epoch);
    }
    const ofTheOldKey = await attestReEncryption(world, requestId, ["relayer2"]);
    await expectRefusal(
      a.grants.connect(relayer1).submitReEncryption(requestId, ofTheOldKey),
      a.relayers,
      "RelayerSetInvalidAttestation",
      a.actors.relayer2.address,
    );
    const attestations = await attestReEncryption(world, requestId, ["stranger"], AGAIN);
    await a.grants.connect(relayer1).submitReEncryption(requestId, attestations);
    expect((await responseOf(world, requestId)).reEncryption).to.equal(AGAIN);
  });

  it("is the same access: neither counted nor logged again, even where the limits would allow no more", async () => {
    const { requestId } = await authorizedRequest(world);
    await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 1n);
    await changeRelayers();
    const head = await a.ledger.head();
    await reseal(world, requestId);
    expect(await stateOf(requestId)).to.equal(RequestState.Authorized);
    expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
    expect([await a.ledger.length(), await a.ledger.head()]).to.deep.equal([1n, head]);
    expect(await a.grants.openCount()).to.equal(1n);
  });

  it("is refused to the relayers to whom it is sealed already, and to those of any other time than now", async () => {
    const { requestId } = await authorizedRequest(world);
    await expectRefusal(reseal(world, requestId), a.grants, "AccessGrantsSealedAlready", requestId);
    await changeRelayers();
    await reseal(world, requestId);
    const sealed = await epochOf(a);
    const asPatient = a.grants.connect(a.actors.patient);
    for (const epoch of [0n, sealed - 1n, sealed]) {
      await expectRefusal(asPatient.reseal(requestId, AGAIN, epoch), a.grants, "AccessGrantsSealedAlready", requestId);
    }
    await a.relayers.removeRelayer(a.actors.stranger);
    await a.relayers.addRelayer(a.actors.stranger);
    for (const epoch of [sealed + 1n, sealed + 3n, sealed + 2n + 2n ** 16n]) {
      const attempt = asPatient.reseal(requestId, AGAIN, epoch);
      await expectRefusal(attempt, a.grants, "AccessGrantsWrongEpoch", requestId, epoch, sealed + 2n);
    }
    await reseal(world, requestId, digest("and once more"));
    expect((await a.grants.grant(requestId)).relayerEpoch).to.equal(sealed + 2n);
  });

  it("needs the digest of a key", async () => {
    const { requestId } = await authorizedRequest(world);
    await changeRelayers();
    await expectRefusal(reseal(world, requestId, ZeroHash), a.grants, "AccessGrantsMissingDigest", requestId);
  });

  it("is the active owner's alone", async () => {
    const { requestId } = await authorizedRequest(world);
    await changeRelayers();
    const epoch = await epochOf(a);
    const { administrator, operatorA, doctor, relayer1, stranger, patient } = a.actors;
    for (const caller of [administrator, operatorA, doctor, relayer1, stranger]) {
      const attempt = a.grants.connect(caller).reseal(requestId, AGAIN, epoch);
      await expectRefusal(attempt, a.grants, "AccessGrantsUnauthorizedOwner", requestId, caller.address);
    }
    await a.hospitals.suspendHospital(HOSPITAL_A);
    const inactive = reseal(world, requestId);
    await expectRefusal(inactive, a.grants, "AccessGrantsUnauthorizedOwner", requestId, patient.address);
    const carried = a.grants.connect(stranger).resealFor(requestId, AGAIN, epoch, "0x");
    await expectRefusal(carried, a.grants, "AccessGrantsUnauthorizedOwner", requestId, stranger.address);
  });

  it("takes the owner's signature, whoever carries it, for this request, key and epoch, and only once", async () => {
    const { requestId } = await authorizedRequest(world);
    const other = await anotherRequest(world);
    await approve(world, other.requestId);
    await changeRelayers();
    const epoch = await epochOf(a);
    const { patient, stranger } = a.actors;
    const domain = await domainOf(a, "grants");
    const message = { requestId, sealedRekey: AGAIN, epoch };
    const carrier = a.grants.connect(stranger);
    const wrong = [
      await sign(stranger, domain, "Resealing", message),
      await sign(patient, await domainOf(b, "grants"), "Resealing", message),
      await sign(patient, domain, "Resealing", { ...message, requestId: other.requestId }),
      await sign(patient, domain, "Resealing", { ...message, sealedRekey: SEALED_REKEY }),
      await sign(patient, domain, "Resealing", { ...message, epoch: epoch + 1n }),
      await sign(patient, domain, "Authorization", { ...message, privateFragment: PRIVATE_FRAGMENT }),
    ];
    for (const signature of wrong) {
      const attempt = carrier.resealFor(requestId, AGAIN, epoch, signature);
      await expectRefusal(attempt, a.grants, "AccessGrantsInvalidSignature", requestId);
    }
    const signature = await sign(patient, domain, "Resealing", message);
    await expect(carrier.resealFor(requestId, AGAIN, epoch, signature))
      .to.emit(a.grants, "Resealed")
      .withArgs(requestId, patient.address, AGAIN, epoch, signature);
    const again = carrier.resealFor(requestId, AGAIN, epoch, signature);
    await expectRefusal(again, a.grants, "AccessGrantsSealedAlready", requestId);
  });

  const losses: Record<string, { lose: () => Promise<unknown>; decision: bigint }> = {
    "the record was revoked": {
      lose: () => a.records.connect(a.actors.patient).revoke(RECORD),
      decision: Decision.RecordRevoked,
    },
    "the requester's hospital was suspended": {
      lose: () => a.hospitals.suspendHospital(HOSPITAL_B),
      decision: Decision.RequesterInactive,
    },
  };
  for (const [loss, { lose, decision }] of Object.entries(losses)) {
    it(`ends the request where ${loss} since`, async () => {
      const { requestId } = await authorizedRequest(world);
      await changeRelayers();
      await lose();
      await expectRefused(world, reseal(world, requestId), requestId, 2n, decision);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
      expect(await a.ledger.length()).to.equal(2n);
    });
  }

  it("waits for a lane that is paused, and is over where its peer was replaced", async () => {
    const { requestId } = await authorizedRequest(world);
    await changeRelayers();
    await a.grants.pauseLane(b.chainId);
    await expectRefusal(reseal(world, requestId), a.grants, "LanesPaused", b.chainId);
    await a.grants.resumeLane(b.chainId);
    await a.grants.setPeer(b.chainId, a.actors.stranger);
    await expectRefusal(reseal(world, requestId), a.grants, "AccessGrantsPeerReplaced", requestId);
  });

  it("can be withdrawn, after the relayers have begun too", async () => {
    const { requestId } = await authorizedRequest(world);
    await changeRelayers();
    await reseal(world, requestId);
    const attestations = await attestReEncryption(world, requestId, ["relayer2"], AGAIN);
    await a.grants.connect(a.actors.patient).withdraw(requestId);
    const late = a.grants.connect(a.actors.relayer1).submitReEncryption(requestId, attestations);
    await expectRefusal(late, a.grants, "AccessGrantsWrongState", requestId, RequestState.Denied);
    expect((await responseOf(world, requestId)).reEncryption).to.equal(ZeroHash);
  });

  it("is what goes on where the grace of the old epoch is over", async () => {
    const { requestId } = await authorizedRequest(world);
    const epoch = await epochOf(a);
    await changeRelayers();
    const ended = await now(a);
    const old = await attestReEncryption(world, requestId, ["relayer2"], SEALED_REKEY, { epoch });
    await nextBlockAt(a, ended + 3_600n);
    const late = a.grants.connect(a.actors.relayer1).submitReEncryption(requestId, old);
    await expectRefusal(late, a.relayers, "RelayerSetWrongEpoch", epoch, epoch + 1n);
    await reseal(world, requestId);
    const attestations = await attestReEncryption(world, requestId, ["relayer2"], AGAIN);
    await a.grants.connect(a.actors.relayer1).submitReEncryption(requestId, attestations);
    expect(await stateOf(requestId)).to.equal(RequestState.Granted);
  });

  it("never names an epoch that its number cannot hold", async () => {
    const approved = await authorizedRequest(world);
    const pending = await anotherRequest(world);
    const held = 2n ** 16n - 1n;
    await setEpoch(a, held);
    await reseal(world, approved.requestId);
    expect((await a.grants.grant(approved.requestId)).relayerEpoch).to.equal(held);
    await changeRelayers();
    const { requestId } = pending;
    for (const [id, attempt] of [
      [requestId, () => approve(world, requestId)],
      [approved.requestId, () => reseal(world, approved.requestId, digest("too late"))],
    ] as const) {
      await expectRefusal(attempt(), a.grants, "AccessGrantsWrongEpoch", id, held + 1n, held + 1n);
    }
  });

  it("does not change what was granted", async () => {
    const { requestId } = await pendingRequest(world);
    await approve(world, requestId);
    await submit(world, requestId);
    await changeRelayers();
    const attempt = reseal(world, requestId);
    await expectRefusal(attempt, a.grants, "AccessGrantsWrongState", requestId, RequestState.Granted);
  });
});

/** Sets the epoch of a chain's relayers, which nobody has the time to reach: it shares a slot with the number of members. */
async function setEpoch(chain: Chain, epoch: bigint): Promise<void> {
  const { provider } = chain.ethers;
  const address = await chain.relayers.getAddress();
  const before = await epochOf(chain);
  const members = BigInt((await chain.relayers.relayers()).length) << 64n;
  for (let slot = 0; slot < 32; slot++) {
    if (BigInt(await provider.getStorage(address, slot)) !== (members | before)) continue;
    const word = `0x${(members | epoch).toString(16).padStart(64, "0")}`;
    await provider.send("hardhat_setStorageAt", [address, `0x${slot.toString(16)}`, word]);
  }
  expect(await epochOf(chain)).to.equal(epoch);
}
