import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Answer,
  answerMemory,
  answerRequests,
  consentIdOn,
  DataOwner,
  giveConsent,
  type KeptConsent,
  standingConsentOf,
} from "@medexchain/actors";
import { openFragmentStore } from "@medexchain/actors/files";
import { connectChain, type Hex32, transact } from "@medexchain/chain";
import { NO_END } from "@medexchain/fhir";
import { createContentStore } from "@medexchain/ipfs";
import { createTangleClient } from "@medexchain/tangle";
import { expect } from "chai";
import { type ByHand, people, startByHand } from "../../audit/support/by-hand.ts";
import { temporaryDirectory } from "../../relayer/support/directory.ts";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";
import { PEOPLE } from "../../world/people.ts";

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";
const SECOND = 1_000;
const OVERLAP = 64;
const ALL = { records: [], resources: [], types: [], labels: [], codes: [] };
/** Neither is asked before the doctor's keys are there. */
const absent = async (): Promise<never> => {
  throw new Error("asked too early");
};

describe("an agent that answers by consents", function () {
  this.timeout(120_000);
  const stack = new AsyncDisposableStack();
  let world: ByHand;
  let proxy: RpcProxy;
  let owner: DataOwner;
  let recordId: Hex32;
  let folder: string;
  const kept = new Map<Hex32, KeptConsent>();
  /** From which block on logs were asked for. */
  let asked: number[] = [];

  before(async () => {
    world = stack.use(await startByHand());
    proxy = stack.use(await startRpcProxy(world.chainA.deployment.rpcUrl));
    proxy.intercept = async (method, params) => {
      if (method === "eth_getLogs") asked.push(Number((params as [{ fromBlock: string }])[0].fromBlock));
      return undefined;
    };
    const deployment = { ...world.chainA.deployment, rpcUrl: proxy.url };
    const chain = stack.adopt(await connectChain(deployment), (open) => open.close());
    ({ path: folder } = stack.use(await temporaryDirectory()));
    const account = people.owner.connect(chain.provider);
    owner = stack.use(
      new DataOwner({
        memberId: world.ownerId,
        account,
        secret: new Uint8Array(32).fill(7),
        chain,
        store: createContentStore({ url: NOWHERE, timeoutMs: SECOND }),
        tangle: stack.adopt(createTangleClient({ url: NOWHERE }), (client) => client.close()),
        fragmentStore: await openFragmentStore(folder),
        firewall: {
          publicKey: {} as DataOwner["firewall"]["publicKey"],
          dealX: absent,
          signOff: absent,
          reRandomise: absent,
        },
        requestKey: absent,
      }),
    );
    recordId = await world.anchor();
    const terms = {
      hospitals: [PEOPLE.hospitalB.id],
      members: [],
      purposes: ["TREAT"],
      from: 0n,
      until: NO_END,
      data: ALL,
    };
    const [salt, document] = [new Uint8Array(randomBytes(32)), new TextEncoder().encode("{}")];
    const consent = standingConsentOf({ owner: world.ownerId, terms, document, salt, maxAccessCount: 5 });
    await giveConsent(owner.chain, account, consent);
    kept.set(consentIdOn(owner.chain, consent), { salt, document, data: ALL });
  });
  after(() => stack.disposeAsync());

  it("tries a request that fails again after twice as long each time, no more than an hour, and forgets it once it is decided", async () => {
    const request = await world.ask(recordId);
    await world.deliver(request);
    let clock = 0;
    const memory = answerMemory(0, () => clock);
    const looks = async (): Promise<Answer["kind"][]> => {
      const found: Answer[] = [];
      for await (const answer of answerRequests(owner, { kept, memory })) found.push(answer);
      return found.map(({ kind }) => kind);
    };
    // As of an approval that broke off, or that somebody else carried.
    await using _begun = await owner.fragmentStore.approval(request.requestId, new Uint8Array(32));
    const approvals = () => readdirSync(join(folder, "approvals"));
    let pause = 0;
    for (const seconds of [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]) {
      expect(await looks(), `after ${pause} s`).to.deep.equal(["failed"]);
      pause = seconds;
      clock += pause * SECOND - 1;
      expect(await looks(), `before ${pause} s`).to.deep.equal([]);
      clock += 1;
    }
    await transact(world.chainA, () => world.chainA.as(people.owner).grants.deny(request.requestId));
    expect(approvals()).to.deep.equal([request.requestId.slice(2)]);
    expect(await looks()).to.deep.equal([]);
    expect([...memory.waiting]).to.deep.equal([]);
    expect(approvals()).to.deep.equal([]);
  });

  it("reads all blocks once, and from then on those since its last look, with some before", async () => {
    const { provider } = world.chainA;
    const memory = answerMemory(0);
    const look = async () => {
      asked = [];
      for await (const answer of answerRequests(owner, { kept, memory })) void answer;
      return Math.min(...asked);
    };
    expect(await look()).to.equal(0);
    await provider.send("hardhat_mine", ["0x100"]);
    const head = await provider.getBlockNumber();
    await look();
    const next = await look();
    expect(next).to.equal(head + 1 - OVERLAP);
  });

  it("signs nothing for another to carry where Algorithm₁ would refuse", async () => {
    const request = await world.ask(recordId);
    await world.deliver(request);
    await transact(world.chainA, () => world.chainA.as(people.owner).records.setMaxAccessCount(recordId, 0));
    const signed = await owner.signApproval(request.requestId);
    expect(signed.foreseen).to.equal("RecordLimitReached");
    expect(signed).not.to.have.any.keys("authorization", "sent");
  });
});
