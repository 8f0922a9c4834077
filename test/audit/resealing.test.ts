import { openFreshAudit, requireHistory } from "@medexchain/audit";
import { ABIS, type Hex32 } from "@medexchain/chain";
import { expect } from "chai";
import { Interface } from "ethers";
import { type ByHand, people, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";
import { type Lies, startLyingNode } from "./support/tamper.ts";

const GRANTS = new Interface(ABIS.grants);
const RELAYERS = new Interface(ABIS.relayers);

describe("audit of approvals that were sealed anew", () => {
  let world: ByHand;
  let requestId: Hex32;
  before(async function () {
    this.timeout(120_000);
    world = await startByHand();
    const asked = await world.ask(await world.anchor());
    requestId = asked.requestId;
    await world.deliver(asked);
    await world.authorize(requestId);
    await world.admit(people.thief.address);
    await world.reseal(requestId);
    await world.reEncrypt(requestId);
    await world.answer(requestId);
    await world.dispute(people.relayers[2]!, requestId, requestId);
  });
  after(() => world?.[Symbol.asyncDispose]());

  const deployments = () => [world.chainA.deployment, world.chainB.deployment] as const;
  const codesWith = async (lies: Lies): Promise<string[]> => {
    const [a, b] = deployments();
    await using node = await startLyingNode(a, lies);
    return codesOf((await audit([sourceOf("a", node.deployment), sourceOf("b", b)])).findings);
  };
  /** Changes the arguments of an event as the node tells it. */
  const told = (contract: Interface, name: string, change: (args: unknown[]) => unknown[]): Lies => ({
    logs: (logs) =>
      logs.map((log) => {
        const event = contract.getEvent(name)!;
        if (log.topics[0] !== event.topicHash) return log;
        const { data, topics } = contract.encodeEventLog(event, change([...contract.parseLog(log)!.args]));
        return { ...log, data, topics };
      }),
  });
  const untold = (name: string): Lies => ({
    logs: (logs) => logs.filter(({ topics }) => topics[0] !== GRANTS.getEvent(name)!.topicHash),
  });
  const another = `0x${"77".repeat(32)}`;

  it("passes, and tells that it was sealed anew", async () => {
    expect(await codesWith({})).to.deep.equal([]);
    await using fresh = await openFreshAudit([...deployments()]);
    const entry = [...requireHistory(fresh).entries()].find((each) => each.requestId === requestId);
    const { key } = await world.chainA.grants.grant(requestId);
    expect(entry?.resealings.map(({ sealedRekey }) => sealedRekey)).to.deep.equal([key]);
    expect(entry?.reEncryption?.sealedRekey).not.to.equal(key);
    expect(entry?.answer?.reEncryption).to.equal(key);
  });

  it("finds a resealing that is not the owner's, that its transaction does not say, or that is not told", async () => {
    const named = told(GRANTS, "Resealed", ([id, , ...rest]) => [id, people.thief.address, ...rest]);
    expect(await codesWith(named)).to.include("APPROVAL_FORGED");
    const changed = told(GRANTS, "Resealed", ([id, account, , ...rest]) => [id, account, another, ...rest]);
    expect(await codesWith(changed)).to.include.members(["APPROVAL_FORGED", "SIDES_DIFFER"]);
    expect(await codesWith(untold("Resealed"))).to.include("APPROVAL_FORGED");
  });

  it("finds one to the relayers of another epoch than that of its block", async () => {
    const epochs = told(GRANTS, "Resealed", ([id, account, key, epoch, signature]) => [
      id,
      account,
      key,
      (epoch as bigint) - 1n,
      signature,
    ]);
    expect(await codesWith(epochs)).to.include("ATTESTATION_STALE");
  });

  it("finds a request to relayers with another key than the owner's", async () => {
    const asked = told(GRANTS, "ReEncryptionRequested", ([number, id, record]) => [number, id, record, another]);
    expect(await codesWith(asked)).to.include("SIDES_DIFFER");
  });

  it("finds that other relayers are told to have signed than did, or none", async () => {
    const others = told(GRANTS, "ReEncrypted", ([id]) => [id, 0b1010n]);
    expect(await codesWith(others)).to.deep.equal(["SIGNERS_DIFFER"]);
    expect(await codesWith(untold("ReEncrypted"))).to.deep.equal(["EVENT_MISSING"]);
  });

  it("finds a dispute that another sent than the relayer that it names", async () => {
    const by = told(RELAYERS, "PartialDisputed", ([, ...rest]) => [people.relayers[1]!.address, ...rest]);
    expect(await codesWith(by)).to.deep.equal(["AUTHOR_FORGED"]);
  });
});
