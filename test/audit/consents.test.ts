import { verifyHistory } from "@medexchain/audit";
import {
  ABIS,
  consentIdOf,
  type Deployment,
  type Hex32,
  hex32,
  type StandingConsent,
  signConsent,
  transact,
} from "@medexchain/chain";
import { expect } from "chai";
import { encodeBytes32String, Interface, id as keccak, Wallet } from "ethers";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { PEOPLE } from "../world/people.ts";
import { type Asked, type ByHand, people, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, type RawLog, startLyingNode } from "./support/tamper.ts";

const { carrier, owner } = people;
const CONSENTS = new Interface(ABIS.consents);
const GRANTS = new Interface(ABIS.grants);
const [USED, REVOKED, GIVEN] = (["ConsentUsed", "ConsentRevoked", "ConsentGiven"] as const).map((event) =>
  eventTopic("consents", event),
) as [string, string, string];
const APPROVED = eventTopic("grants", "Approved");
const CALL = { approve: CONSENTS.getFunction("approve")!.selector, revoke: CONSENTS.getFunction("revoke")!.selector };
const THIEF = new Wallet(Wallet.createRandom().privateKey);
const CLASSES: readonly [Hex32, Hex32] = [hex32(keccak("a class")), hex32(keccak("another class"))];
const GRANTED = 1n;
const HOSPITAL_LIMIT_REACHED = 2n;

describe("audit: standing consents", function () {
  this.timeout(120_000);
  let world: ByHand;
  let consent: StandingConsent;
  let consentId: Hex32;
  let ended: Hex32;
  /** Approved by the consent; asked, and waits. */
  let answered: Asked;
  let pending: Asked;

  const consents = () => ({ chainId: world.chainA.deployment.chainId, address: world.chainA.deployment.consents });
  async function give(document: string): Promise<StandingConsent> {
    const given: StandingConsent = {
      owner: world.ownerId,
      document: hex32(keccak(document)),
      hospitals: [PEOPLE.hospitalB.id],
      members: [],
      purposes: [hex32(encodeBytes32String("TREAT"))],
      records: [],
      classes: [...CLASSES],
      from: 0n,
      until: 4_000_000_000n,
      maxAccessCount: 2n,
    };
    const signature = await signConsent(owner, consents(), given);
    await transact(world.chainA, () => world.chainA.as(carrier).consents.give(given, signature));
    return given;
  }
  async function approve({ request }: Asked): Promise<void> {
    const access = {
      sourceChainId: world.chainB.deployment.chainId,
      request,
      classes: [CLASSES[0]],
      sealedRekey: hex32(keccak("key")),
      privateFragment: hex32(keccak("fragment")),
      epoch: await world.chainA.relayers.epoch(),
    };
    await transact(world.chainA, () => world.chainA.as(owner).consents.approve(consent, access));
  }

  before(async function () {
    this.timeout(120_000);
    world = await startByHand();
    const { chainA } = world;
    const recordId = await world.anchor();
    answered = await world.ask(recordId);
    pending = await world.ask(recordId);
    await world.deliver(answered, pending);
    await transact(chainA, () => chainA.as(owner).records.setPolicy(world.ownerId, chainA.deployment.consents));
    consent = await give("in force");
    consentId = consentIdOf(consents(), consent);
    ended = consentIdOf(consents(), await give("ended"));
    await transact(chainA, () => chainA.as(owner).consents.revoke(ended));
    await approve(answered);
    await world.reEncrypt(answered.requestId);
    await world.answer(answered.requestId);
  });
  after(() => world?.[Symbol.asyncDispose]());

  const sources = (a: Deployment = world.chainA.deployment) => [
    sourceOf("a", a, a.rpcUrl),
    sourceOf("b", world.chainB.deployment),
  ];
  async function toldBy(lies: Lies) {
    await using node = await startLyingNode(world.chainA.deployment, lies);
    return (await audit(sources(node.deployment))).findings.filter(({ severity }) => severity === "error");
  }
  /** Changes the arguments of the one event of a kind, or leaves it out. */
  const told = (
    abi: Interface,
    topic: string,
    change: (args: unknown[]) => unknown[] | undefined,
    which = 0,
  ): Lies => ({
    logs: (logs) => {
      const at = logs.filter(({ topics }) => topics[0] === topic)[which];
      return logs.flatMap((log) => {
        if (log !== at) return [log];
        const args = change([...abi.parseLog(log)!.args]);
        return args === undefined ? [] : [{ ...log, ...abi.encodeEventLog(abi.getEvent(topic)!, args) }];
      });
    },
  });
  const both = (...lies: readonly Lies[]): Lies => ({
    logs: (logs) => lies.reduce((changed, lie) => lie.logs!(changed), logs),
  });
  /** Tells one more event at the end of the block of the one that it is made of. */
  const oneMore = (topic: string, change: (log: RawLog) => Partial<RawLog>): Lies => ({
    logs: (logs) => {
      const at = logs.find(({ topics }) => topics[0] === topic);
      if (!at) return logs;
      const last = logs.findLastIndex(({ blockNumber }) => blockNumber === at.blockNumber);
      return logs.toSpliced(last + 1, 0, { ...at, ...change(at), logIndex: "0x63" });
    },
  });

  it("passes what was consented to, approved by it, and revoked", async () => {
    expect(codesOf((await audit(sources())).findings)).to.deep.equal([]);
  });

  it("finds a decision of which a use tells otherwise than the ledger", async () => {
    const refused = told(CONSENTS, USED, ([consentOf, request, , , classes]) => [
      consentOf,
      request,
      HOSPITAL_LIMIT_REACHED,
      0n,
      classes,
    ]);
    expect(codesOf(await toldBy(refused))).to.deep.equal(["DECISION_NOT_LOGGED", "STATE_DIFFERS"]);
  });

  it("finds a use without its approval, an approval without its use, and a use that is told twice", async () => {
    const ofPending = oneMore(USED, (log) => {
      const data = CONSENTS.encodeEventLog("ConsentUsed", [consentId, pending.requestId, GRANTED, 2n, [CLASSES[0]]]);
      return { ...data, address: log.address };
    });
    const invented = await toldBy(ofPending);
    expect(codesOf(invented)).to.include("CONSENT_EXCEEDED").and.include("DECISION_NOT_LOGGED");
    expect(invented.some(({ message }) => /by which nothing was approved/.test(message))).to.equal(true);
    expect(codesOf(await toldBy(told(CONSENTS, USED, () => undefined)))).to.deep.equal([
      "CONSENT_EXCEEDED",
      "STATE_DIFFERS",
    ]);
    const again = oneMore(USED, () =>
      CONSENTS.encodeEventLog("ConsentUsed", [consentId, answered.requestId, 1, 2n, []]),
    );
    expect(codesOf(await toldBy(again))).to.include("EVENT_ORDER");
  });

  it("finds an approval by a consent that is told as the owner's own", async () => {
    const own = told(GRANTS, APPROVED, ([request, , ...more]) => [request, owner.address, ...more]);
    const hidden = both(
      own,
      told(CONSENTS, USED, () => undefined),
    );
    expect(codesOf(await toldBy(hidden))).to.deep.equal(["APPROVAL_FORGED", "STATE_DIFFERS"]);
    expect(codesOf(await toldBy(own))).to.include("CONSENT_EXCEEDED");
  });

  it("finds who sent a use or a revocation, if it is not the account that signed the consent", async () => {
    const sent = (call: string, to: "contract" | "account"): Lies => ({
      resend: ({ input, from }) =>
        input.startsWith(call) ? { by: THIEF, ...(to === "account" && { to: from }) } : undefined,
    });
    for (const to of ["contract", "account"] as const) {
      expect(codesOf(await toldBy(sent(CALL.approve, to))), to).to.deep.equal(["APPROVAL_FORGED"]);
      expect(codesOf(await toldBy(sent(CALL.revoke, to))), to).to.deep.equal(["AUTHOR_FORGED"]);
    }
  });

  it("finds a use that is of other data than its transaction says, and a revocation that is of another consent", async () => {
    const otherClass = told(CONSENTS, USED, (args) => [...args.slice(0, 4), [CLASSES[1]]]);
    expect(codesOf(await toldBy(otherClass))).to.deep.equal(["APPROVAL_FORGED"]);
    const other = told(CONSENTS, REVOKED, ([, ...more]) => [consentId, ...more]);
    expect(codesOf(await toldBy(other))).to.deep.equal(["AUTHOR_FORGED", "CONSENT_EXCEEDED", "STATE_DIFFERS"]);
  });

  it("finds a consent that is withheld, a revocation of what was never given, and one that is withheld", async () => {
    expect(codesOf(await toldBy(told(CONSENTS, GIVEN, () => undefined)))).to.include("CONSENT_EXCEEDED");
    expect(codesOf(await toldBy(told(CONSENTS, GIVEN, () => undefined, 1)))).to.deep.equal(["EVENT_MISSING"]);
    expect(codesOf(await toldBy(told(CONSENTS, REVOKED, () => undefined)))).to.deep.equal(["STATE_DIFFERS"]);
  });

  it("goes on from an earlier run with how often a consent was used by then", async () => {
    await using directory = await temporaryDirectory();
    const options = { sources: sources(), directory: directory.path };
    expect((await verifyHistory(options)).passed).to.equal(true);
    await approve(pending);
    const { findings, chains } = await verifyHistory(options);
    expect(codesOf(findings)).to.deep.equal([]);
    expect(chains[0]?.provenBefore).to.be.a("number");
  });

  it("reads a chain on up to the block of which the other was told, and no further, as that may tell of more than was read", async () => {
    const { chainA, chainB } = world;
    const told = (await chainA.provider.getBlock("latest"))?.number ?? 0;
    await world.checkpoint();
    await world.anchor();
    await using node = await startLyingNode(chainA.deployment, {});
    let looks = 0;
    const { intercept } = node.proxy;
    node.proxy.intercept = async (method, params, forward) => {
      if (method !== "eth_blockNumber") return intercept?.(method, params, forward);
      looks += 1;
      return looks === 1 ? { result: `0x${(told - 1).toString(16)}` } : undefined;
    };
    const { findings, chains } = await audit([sourceOf("a", node.deployment), sourceOf("b", chainB.deployment)]);
    expect(codesOf(findings)).to.deep.equal([]);
    expect(chains.map(({ block }) => block)).to.deep.equal([told, await chainB.provider.getBlockNumber()]);
    expect(looks).to.be.greaterThan(1);
  });
});
