import { randomBytes } from "node:crypto";
import type { FindingCode } from "@medexchain/audit";
import { ABIS, type Deployment, transact } from "@medexchain/chain";
import { expect } from "chai";
import { type BaseWallet, Interface, type Wallet } from "ethers";
import { administrator } from "../world/two-chains.ts";
import { type ByHand, people, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, type RawLog, startLyingNode } from "./support/tamper.ts";

const { doctor, owner, relayers, thief } = people;
const [GRANTS, RECORDS, RELAYERS, REQUESTS] = [ABIS.grants, ABIS.records, ABIS.relayers, ABIS.requests].map(
  (abi) => new Interface(abi),
) as [Interface, Interface, Interface, Interface];
const ERC_1271 = "0x1626ba7e";
const ANCHORED = eventTopic("records", "RecordAnchored");
const garbage = () => `0x${randomBytes(65).toString("hex")}`;

// A chain without seals, and no witness: what only the node says is not proven, and nothing of it passes.
describe("an audit with one node believes it nothing", () => {
  let world: ByHand;
  before(async function () {
    this.timeout(120_000);
    world = await startByHand();
    const asked = await world.ask(await world.anchor());
    await world.deliver(asked);
    await world.authorize(asked.requestId);
    await world.reEncrypt(asked.requestId);
    await world.answer(asked.requestId);
    const { answer } = await world.chainB.requests.status(asked.requestId);
    await transact(world.chainB, () => world.chainB.as(doctor).requests.acknowledge(asked.requestId, answer, 1));
    await world.anchorTwo();
    await world.admit(thief.address);
  });
  after(() => world?.[Symbol.asyncDispose]());

  /** What is wrong, or unchecked, where a node of one of the chains lies; also about which accounts are contracts that accept everything. */
  const found = async (on: "a" | "b", lies: Lies, contracts: readonly Wallet[] = []): Promise<string[]> => {
    const { chainA, chainB } = world;
    await using node = await startLyingNode((on === "a" ? chainA : chainB).deployment, lies);
    const { intercept } = node.proxy;
    const isClaimed = (account: unknown) =>
      contracts.some(({ address }) => address.toLowerCase() === String(account).toLowerCase());
    node.proxy.intercept = async (method, params, forward) => {
      const [first] = params as [string | { to?: string; data?: string; input?: string }];
      if (method === "eth_getCode" && isClaimed(first)) return { result: "0x60" };
      if (method === "eth_call" && typeof first === "object" && isClaimed(first.to))
        return { result: `${ERC_1271}${"00".repeat(28)}` };
      return intercept?.(method, params, forward);
    };
    const told = (deployment: Deployment, side: "a" | "b") =>
      sourceOf(side, side === on ? node.deployment : deployment);
    const { findings, passed } = await audit([told(chainA.deployment, "a"), told(chainB.deployment, "b")]);
    expect(passed).to.equal(codesOf(findings).length === 0);
    return codesOf(findings);
  };
  /** Tells another transaction in the place of each call of a function. */
  const instead = (
    abi: Interface,
    name: string,
    by: BaseWallet,
    to?: string,
    input?: (data: string) => string,
  ): Lies => ({
    resend: (transaction) =>
      transaction.input.startsWith(abi.getFunction(name)!.selector)
        ? { by, to: to ?? transaction.to!, input: input?.(transaction.input) ?? (to ? "0x" : transaction.input) }
        : undefined,
  });

  it("passes what nobody lies about", async () => {
    expect(await found("a", {})).to.deep.equal([]);
  });

  for (const [act, on, abi, name, author, code] of [
    ["an approval", "a", GRANTS, "authorize", owner, "APPROVAL_FORGED"],
    ["an anchor", "a", RECORDS, "anchor", owner, "AUTHOR_FORGED"],
    ["a limit", "a", RECORDS, "setMaxAccessCount", owner, "AUTHOR_FORGED"],
    ["a revocation", "a", RECORDS, "revoke", owner, "AUTHOR_FORGED"],
    ["an acknowledgement", "b", REQUESTS, "acknowledge", doctor, "AUTHOR_FORGED"],
  ] as const) {
    it(`does not take ${act} as a person's because a thief's transaction went to the person's account`, async () => {
      const lies = instead(abi, name, thief, author.address);
      expect(await found(on, lies)).to.include(code satisfies FindingCode);
      expect(await found(on, lies, [author]), "said to be a contract").to.include("CHECK_NOT_DONE");
    });
  }

  it("does not take a garbage signature because the node says that a contract accepts it", async () => {
    const approval = instead(GRANTS, "authorize", thief, world.chainA.deployment.grants, (data) => {
      const [...args] = GRANTS.decodeFunctionData("authorize", data);
      return GRANTS.encodeFunctionData("authorizeFor", [...args, garbage()]);
    });
    expect(await found("a", approval)).to.include("APPROVAL_FORGED");
    expect(await found("a", approval, [owner]))
      .to.include("CHECK_NOT_DONE")
      .and.not.to.include("APPROVAL_FORGED");
    const delivery = instead(GRANTS, "deliverRequests", thief, world.chainA.deployment.grants, (data) => {
      const [chainId, items] = GRANTS.decodeFunctionData("deliverRequests", data);
      const forged = [...items].map(([request]) => ({ request: [...request], signature: garbage() }));
      return GRANTS.encodeFunctionData("deliverRequests", [chainId, forged]);
    });
    expect(await found("a", delivery, [doctor])).to.include("CHECK_NOT_DONE");
    const attested = instead(GRANTS, "submitReEncryptions", relayers[0]!, world.chainA.deployment.grants, (data) => {
      const [items] = GRANTS.decodeFunctionData("submitReEncryptions", data);
      const forged = [...items].map(([requestId, [epoch, expiry]]) => {
        const by = [{ relayer: relayers[1]!.address, signature: garbage() }];
        return { requestId, attestations: { epoch, expiry, by } };
      });
      return GRANTS.encodeFunctionData("submitReEncryptions", [forged]);
    });
    expect(await found("a", attested, relayers)).to.include("CHECK_NOT_DONE");
  });

  it("holds each record's id to its owner and salt, and each item of a batch to one event", async () => {
    const ofBatch = (change: (first: RawLog, second: RawLog) => readonly RawLog[]): Lies => ({
      logs: (logs) => {
        const [first, second] = logs.filter(({ topics }) => topics[0] === ANCHORED).slice(-2);
        if (!first || !second || first.transactionHash !== second.transactionHash) return logs;
        const [one, other] = change(first, second);
        return logs.flatMap((log) => {
          const now = log === first ? one : log === second ? other : log;
          return now ? [now] : [];
        });
      },
    });
    const withId = (log: RawLog, { topics }: RawLog) => ({ ...log, topics: log.topics.with(1, topics[1]!) });
    const swapped = ofBatch((first, second) => [withId(first, second), withId(second, first)]);
    expect(await found("a", swapped)).to.include("RECORD_ID_WRONG");
    const copied = ofBatch((first, second) => [first, { ...second, data: first.data }]);
    expect(await found("a", copied))
      .to.include("RECORD_ID_WRONG")
      .and.to.include("AUTHOR_FORGED");
    const twice = ofBatch((first, second) => [first, { ...first, logIndex: second.logIndex }]);
    expect(await found("a", twice)).to.include("AUTHOR_FORGED");
    const halved = ofBatch((first) => [first]);
    expect(await found("a", halved)).to.include("AUTHOR_FORGED");
  });

  it("holds a change of the relayers to a holder of the role, and each grant of a role to one who may give it", async () => {
    expect(await found("a", instead(RELAYERS, "addRelayer", thief))).to.include("ROLE_MISSING");
    expect(await found("a", instead(RELAYERS, "addRelayer", administrator))).to.deep.equal([]);
    expect(await found("a", instead(RELAYERS, "setThreshold", thief))).to.include("ROLE_MISSING");
    const manager = new Interface(["function grantRole(uint64 roleId, address account, uint32 executionDelay)"]);
    expect(await found("a", instead(manager, "grantRole", thief))).to.include("ROLE_MISSING");
  });
});
