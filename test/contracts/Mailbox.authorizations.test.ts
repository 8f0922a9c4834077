import { expect } from "chai";
import { ZeroAddress } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { digest, domainOf, errorData, idOf, sign } from "./support/messages.ts";
import {
  anchorOf,
  anchorRecord,
  anotherRequest,
  certify,
  DAY,
  epochOf,
  HOSPITAL_A,
  loadWorld,
  PRIVATE_FRAGMENT,
  RECORD_LIMIT,
  SEALED_REKEY,
  type World,
} from "./support/world.ts";

describe("Mailbox: approvals that many owners signed", () => {
  let world: World;
  let a: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a } = world);
    await anchorRecord(world);
  });

  type Signer = "patient" | "operatorA" | "stranger";

  /** What an owner signs, as an item. */
  const approvalOf = async (requestId: string, signer: Signer = "patient", changes: { sealedRekey?: string } = {}) => {
    const message = {
      requestId,
      sealedRekey: SEALED_REKEY,
      privateFragment: PRIVATE_FRAGMENT,
      epoch: await epochOf(a),
    };
    const signature = await sign(a.actors[signer], await domainOf(a, "grants"), "Authorization", message);
    return { ...message, ...changes, signature };
  };
  type Approval = Awaited<ReturnType<typeof approvalOf>>;

  /** Carried by an account that is nobody's here. */
  const carry = (items: Approval[], options: { gasLimit?: bigint } = {}) =>
    a.mailbox.connect(a.actors.colleague).authorizeBatch(a.grants, items, options);
  const stateOf = async (requestId: string) => (await a.grants.grant(requestId)).state;
  const skipped = (id: string, error: string, ...more: unknown[]) => [id, errorData(a.grants, error, [id, ...more])];

  /** Another patient of Hospital A, whose account is the stranger's, and its record. */
  const anotherOwner = async () => {
    const { stranger, operatorA } = a.actors;
    const { certificate, signature } = await certify(a, operatorA, {
      hospitalId: HOSPITAL_A,
      pseudonym: digest("another patient"),
      account: stranger.address,
      keyDigest: digest("keys of another patient"),
      serial: 1n,
      notAfter: BigInt(await a.time.latest()) + 365n * DAY,
    });
    await a.hospitals.enrolMember(certificate, signature);
    const anchor = anchorOf({ owner: idOf(HOSPITAL_A, digest("another patient")) });
    await a.records.connect(stranger).anchor(anchor);
    return idOf(anchor.owner, anchor.salt);
  };

  it("are taken together, each as its owner's, and prove who approved", async () => {
    const theirs = await anotherOwner();
    const [one, two] = [await anotherRequest(world), await anotherRequest(world, { recordId: theirs })];
    const items = [await approvalOf(one.requestId), await approvalOf(two.requestId, "stranger")];
    const transaction = await carry(items);
    for (const [index, { address }] of [a.actors.patient, a.actors.stranger].entries()) {
      const { requestId, signature, epoch } = items[index] as Approval;
      await expect(transaction)
        .to.emit(a.grants, "Approved")
        .withArgs(requestId, address, SEALED_REKEY, PRIVATE_FRAGMENT, epoch, signature);
      expect(await stateOf(requestId)).to.equal(RequestState.Authorized);
    }
    await expect(transaction).not.to.emit(a.mailbox, "BatchItemSkipped");
  });

  it("fail alone: forged, for another's record, altered, unknown, or a second time in the batch or after it", async () => {
    const theirs = await anotherOwner();
    const [good, forged, foreign, altered, last] = [
      await anotherRequest(world),
      await anotherRequest(world),
      await anotherRequest(world),
      await anotherRequest(world, { recordId: theirs }),
      await anotherRequest(world),
    ];
    const items = [
      await approvalOf(forged.requestId, "operatorA"),
      await approvalOf(good.requestId),
      await approvalOf(foreign.requestId, "stranger"),
      await approvalOf(altered.requestId, "stranger", { sealedRekey: digest("a carrier's own") }),
      await approvalOf(good.requestId),
      await approvalOf(digest("no request")),
      await approvalOf(last.requestId),
    ];
    const invalid = "AccessGrantsInvalidSignature";
    const expected: [number, unknown[]][] = [
      [0, skipped(forged.requestId, invalid)],
      [2, skipped(foreign.requestId, invalid)],
      [3, skipped(altered.requestId, invalid)],
      [4, skipped(good.requestId, "AccessGrantsWrongState", RequestState.Authorized)],
      [5, skipped(digest("no request"), "AccessGrantsUnknownRequest")],
    ];
    const transaction = await carry(items);
    const skips = (await a.mailbox.queryFilter(a.mailbox.filters.BatchItemSkipped(), transaction.blockNumber ?? 0)).map(
      ({ args }) => [Number(args.index), [args.id, args.reason]],
    );
    expect(skips).to.deep.equal(expected);
    const { Authorized, Pending } = RequestState;
    for (const { requestId } of [good, last]) expect(await stateOf(requestId)).to.equal(Authorized);
    for (const { requestId } of [forged, foreign, altered]) expect(await stateOf(requestId)).to.equal(Pending);

    const again = await carry([items[1] as Approval]);
    await expect(again)
      .to.emit(a.mailbox, "BatchItemSkipped")
      .withArgs(0n, ...skipped(good.requestId, "AccessGrantsWrongState", Authorized));
  });

  it("count against each other, so that what is over the limit is refused and logged", async () => {
    const ids = [];
    for (let i = 0n; i <= RECORD_LIMIT; i++) ids.push((await anotherRequest(world)).requestId);
    const transaction = await carry(await Promise.all(ids.map((id) => approvalOf(id))));
    await expect(transaction).not.to.emit(a.mailbox, "BatchItemSkipped");
    const { Authorized, Refused } = RequestState;
    const within = ids.slice(0, -1).map(() => Authorized);
    expect(await Promise.all(ids.map(stateOf))).to.deep.equal([...within, Refused]);
    expect((await a.grants.grant(ids.at(-1) ?? "")).decision).to.equal(Decision.RecordLimitReached);
    expect(await a.ledger.length()).to.equal(RECORD_LIMIT + 1n);
  });

  it("are refused whole where an item would want for gas, or there are no contracts at the address", async () => {
    const items = [await approvalOf((await anotherRequest(world)).requestId)];
    items.push(await approvalOf((await anotherRequest(world)).requestId));
    const starved = carry(items, { gasLimit: 750_000n });
    await expect(starved).to.be.revertedWithCustomError(a.mailbox, "BatchesOutOfGas").withArgs(1n);
    await expect(a.mailbox.authorizeBatch(ZeroAddress, items)).to.be.revertedWithoutReason(a.ethers);
    for (const { requestId } of items) expect(await stateOf(requestId)).to.equal(RequestState.Pending);
    expect((await (await carry([])).wait())?.logs).to.have.length(0);
  });
});
