import { ABIS, type AccessResponse, type Deployment, type Hex32, ZERO_32 } from "@medexchain/chain";
import { expect } from "chai";
import { Interface } from "ethers";
import { type ByHand, people, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, startLyingNode } from "./support/tamper.ts";

const REQUESTS = new Interface(ABIS.requests);
const MAILBOX = new Interface(ABIS.mailbox);
/** Of `LanePolicy`. */
const BOTH = 2n;
const CORRECTED = eventTopic("requests", "ResponseCorrected");

describe("audit: answers that relayers corrected, and relayers that contradicted themselves", () => {
  let world: ByHand;
  let requestId: Hex32;
  let truth: AccessResponse;
  let lie: AccessResponse;
  before(async function () {
    this.timeout(120_000);
    world = await startByHand();
    const asked = await world.ask(await world.anchor());
    requestId = asked.requestId;
    await world.deliver(asked);
    await world.authorize(requestId);
    await world.reEncrypt(requestId);
    truth = await world.responseOf(requestId);
    lie = { ...truth, decision: 2n, contents: ZERO_32, reEncryption: ZERO_32, privateFragment: ZERO_32 };
  });
  after(() => world?.[Symbol.asyncDispose]());

  const audited = (b: Deployment = world.chainB.deployment) =>
    audit([sourceOf("a", world.chainA.deployment), sourceOf("b", b)]);
  const toldBy = async (lies: Lies) => {
    await using node = await startLyingNode(world.chainB.deployment, lies);
    return codesOf((await audited(node.deployment)).findings);
  };
  /** Changes the arguments of the correction as the node tells it. */
  const changed = (change: (args: unknown[]) => unknown[]): Lies => ({
    logs: (logs) =>
      logs.map((log) => {
        if (log.topics[0] !== CORRECTED) return log;
        const event = REQUESTS.getEvent("ResponseCorrected")!;
        const { data, topics } = REQUESTS.encodeEventLog(event, change([...REQUESTS.parseLog(log)!.args]));
        return { ...log, data, topics };
      }),
  });

  it("finds the false answer while it holds", async () => {
    await world.answer(requestId, lie);
    expect(codesOf((await audited()).findings)).to.deep.equal(["SIDES_DIFFER"]);
  });

  it("reports it with who attested it once it is corrected, and passes, as the truth holds now", async () => {
    await world.removeFirst();
    await world.correct(requestId);
    const { findings } = await audited();
    expect(codesOf(findings)).to.deep.equal(["RESPONSE_CORRECTED"]);
    const [corrected] = findings.filter(({ code }) => code === "RESPONSE_CORRECTED");
    for (const { address } of people.relayers.slice(0, 2)) {
      expect(corrected!.message).to.include(address.toLowerCase());
    }
    expect(corrected!.message).not.to.include(people.relayers[2]!.address.toLowerCase());
    expect(corrected!.severity).to.equal("warning");
  });

  it("finds a correction that is not signed, of an ended epoch, of something else, or of nothing", async () => {
    const withAttestations = (change: (given: [bigint, bigint, [string, string][]]) => unknown) =>
      changed((args) => {
        const [epoch, expiry, by] = args[4] as [bigint, bigint, [string, string][]];
        return [...args.slice(0, 4), change([epoch, expiry, by.map(([relayer, signature]) => [relayer, signature])])];
      });
    const forged = withAttestations(([epoch, expiry, [first, ...more]]) => [
      epoch,
      expiry,
      [[first![0], `0x${"11".repeat(65)}`], ...more],
    ]);
    expect(await toldBy(forged)).to.include("ATTESTATION_INVALID");
    const ended = withAttestations(([epoch, expiry, by]) => [epoch - 1n, expiry, by]);
    expect(await toldBy(ended))
      .to.include("ATTESTATION_STALE")
      .and.include("CORRECTION_UNFOUNDED");
    const other = changed((args) => [args[0], args[1], `0x${"77".repeat(32)}`, ...args.slice(3)]);
    expect(await toldBy(other)).to.include("CORRECTION_UNFOUNDED");
    const DELIVERED = eventTopic("requests", "ResponseDelivered");
    const alone: Lies = { logs: (logs) => logs.filter(({ topics }) => topics[0] !== DELIVERED) };
    expect(await toldBy(alone)).to.include("CORRECTION_UNFOUNDED");
  });

  it("finds a correction of what its lane took for a proof: nobody can correct that", async () => {
    const { chainId } = world.chainA.deployment;
    const DELIVERED = eventTopic("requests", "ResponseDelivered");
    /** As if the lane had asked for proofs, and for attestations besides, since before the answer, or before the correction. */
    const asks = (since: string): Lies => ({
      logs: (logs) => {
        const at = logs.findIndex(({ topics }) => topics[0] === since);
        const before = logs.findLastIndex((log, number) => number < at && log.blockNumber !== logs[at]?.blockNumber);
        const log = logs[before];
        if (!log) return logs;
        const set = MAILBOX.encodeEventLog("LanePolicySet", [chainId, BOTH, 0n]);
        return logs.toSpliced(before + 1, 0, {
          ...log,
          ...set,
          address: world.chainB.deployment.mailbox,
          logIndex: "0x63",
        });
      },
    });
    const messages = async (lies: Lies) => {
      await using node = await startLyingNode(world.chainB.deployment, lies);
      const { findings } = await audited(node.deployment);
      return findings.filter(({ code }) => code === "CORRECTION_UNFOUNDED").map(({ message }) => message);
    };
    const unproven = "a correction came without the proof that its lane asks for";
    expect(await messages(asks(DELIVERED))).to.deep.equal([
      "a correction replaces an answer that was proven, which nobody can correct",
      unproven,
    ]);
    expect(await messages(asks(CORRECTED))).to.deep.equal([unproven]);
  });

  it("finds a correction that is withheld by what the contract holds", async () => {
    const withheld: Lies = { logs: (logs) => logs.filter(({ topics }) => topics[0] !== CORRECTED) };
    expect(await toldBy(withheld))
      .to.include("STATE_DIFFERS")
      .and.include("SIDES_DIFFER");
  });

  it("reports a relayer that contradicted itself, and counts it no longer", async () => {
    await world.report(people.relayers[2]!, truth, lie);
    expect(codesOf((await audited()).findings)).to.deep.equal(["RELAYER_EQUIVOCATED", "RESPONSE_CORRECTED"]);
  });

  it("finds a suspension without evidence, and evidence that nobody signed", async () => {
    const EQUIVOCATED = eventTopic("equivocations", "Equivocated");
    const withheld: Lies = { logs: (logs) => logs.filter(({ topics }) => topics[0] !== EQUIVOCATED) };
    expect(await toldBy(withheld)).to.include("SUSPENSION_UNFOUNDED");
    const forged: Lies = {
      logs: (logs) =>
        logs.map((log) =>
          log.topics[0] === EQUIVOCATED
            ? { ...log, topics: [log.topics[0]!, log.topics[1]!, `0x${"77".repeat(32)}`, log.topics[3]!] }
            : log,
        ),
    };
    expect(await toldBy(forged)).to.include("SUSPENSION_UNFOUNDED");
  });
});
