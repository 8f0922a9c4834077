import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  connectChain,
  type Deployment,
  type Hex32,
  recordIdOf,
  requestIdOf,
  signRequest,
  toHex32,
  transact,
  verifyConsistency,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import {
  type DeployOptions,
  deployChains,
  type NetworkConfig,
  readNetworkParameters,
  takeOver,
} from "@medexchain/deploy";
import { expect } from "chai";
import { Contract, ContractFactory, Interface } from "ethers";
import { packageRoot } from "../../devnet/package-root.ts";
import { ledgerLog } from "../../relayer/checkpoint/ledger-log.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { PEOPLE } from "../world/people.ts";
import { drawFor } from "../world/seed.ts";
import { administrator, startTwoChains } from "../world/two-chains.ts";
import { audit, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, type RawLog, startLyingNode, withWord } from "./support/tamper.ts";

const { patient, doctor, stranger, relayers } = PEOPLE;
const random = drawFor("world")("audit of a suite that goes on");
const digest = (): Hex32 => toHex32(random(32));
const POLICY = new URL("../../artifacts/contracts/StandingPolicy.t.sol/StandingPolicy.json", import.meta.url);
const MANAGER = new Interface(["function seal()", "function grantRole(uint64 roleId, address account, uint32 delay)"]);
const GRANTED_BEFORE = 1n;

/** What keeps an audit from passing, each code once. */
const wrongIn = async (...deployments: Deployment[]): Promise<string[]> => {
  const { findings } = await audit(
    deployments.map((deployment) => sourceOf(`${deployment.chainId}`, deployment, deployment.rpcUrl)),
  );
  return [
    ...new Set(
      findings.filter(({ severity }) => severity === "error" || severity === "unchecked").map(({ code }) => code),
    ),
  ].sort();
};

describe("audit of a suite that goes on from another", function () {
  this.timeout(300_000);
  let stack: AsyncDisposableStack;
  let oldA: Deployment;
  let a: Deployment;
  let b: Deployment;
  /** Deploys both suites again with these parameters on chain A, which must only check them. */
  let deployAgain: (changes: Partial<NetworkConfig["parameters"]>) => Promise<unknown>;
  let policyAddress: string;

  before(async () => {
    await using opened = new AsyncDisposableStack();
    const chains = opened.use(await startTwoChains({ relayers, threshold: 1, sealingKey: digest() }));
    const { path: journal } = opened.use(await temporaryDirectory());
    const { chainA, chainB } = chains;
    oldA = chains.a;
    await transact(chainA, () => chainA.as(stranger).hospitals.importMember(...chains.certificates.doctor));
    const anchor = {
      owner: patient.memberId,
      salt: digest(),
      capsule: digest(),
      publicFragment: digest(),
      privateFragment: digest(),
      maxAccessCount: GRANTED_BEFORE,
    };
    const recordId = recordIdOf(patient.memberId, anchor.salt);
    await transact(chainA, () => chainA.as(patient.account).records.anchor(anchor));

    // Under the old suite, one access: it stays counted when it is taken back.
    const first = await chains.signedRequest({ recordId });
    await transact(chainB, () => chainB.as(doctor.account).requests.request(first.request, first.signature));
    await transact(chainA, () =>
      chainA.as(stranger).grants.deliverRequest(chains.b.chainId, first.request, first.signature),
    );
    const asPatient = chainA.as(patient.account);
    const epoch = await chainA.relayers.epoch();
    await transact(chainA, () => asPatient.grants.authorize(first.requestId, digest(), digest(), epoch));
    await transact(chainA, () => asPatient.grants.withdraw(first.requestId));
    const parameters = await readNetworkParameters(join(packageRoot(), "deploy/parameters/hardhat.jsonc"));
    const network = (
      name: string,
      { chainId, rpcUrl, grants }: Deployment,
      changes: Partial<NetworkConfig["parameters"]> = {},
    ): NetworkConfig => ({
      name,
      chainId: Number(chainId),
      rpcUrl,
      journal: join(journal, name),
      parameters: { ...parameters, predecessor: grants, ...changes },
    });
    const output = join(journal, "medex.config.json");
    const deployWith = (changes: Partial<NetworkConfig["parameters"]>, options: DeployOptions = {}) => {
      const networks = [network("a", chains.a, changes), network("b", chains.b)] as const;
      return deployChains({ networks, output }, administrator, options);
    };
    deployAgain = deployWith;
    const deployed = await deployWith({});
    const early = await deployWith({}, { takeOver: true }).then(
      () => "not refused",
      (error: unknown) => (MedexError.is(error) ? `${error.code} ${error.message}` : String(error)),
    );
    expect(early).to.match(/^DEPLOYMENT_FAILED .* has not ended/);
    for (const { deployment, provider } of [chainA, chainB]) {
      const manager = new Contract(deployment.manager, MANAGER, administrator.connect(provider));
      await (await manager.getFunction("seal")()).wait();
    }
    a = deployed.a!.deployment;
    b = deployed.b!.deployment;
    const nextA = opened.adopt(await connectChain(a), (chain) => chain.close());
    const nextB = opened.adopt(await connectChain(b), (chain) => chain.close());
    const taken = await takeOver(a, oldA.grants, stranger);
    expect(taken).to.deep.equal({ hospitals: 2, members: 2, records: 1, entries: 2n });
    const again = await takeOver(a, oldA.grants, stranger);
    expect(again).to.deep.equal({ hospitals: 0, members: 0, records: 0, entries: 2n });
    await takeOver(b, chains.b.grants, stranger);

    // A policy decides in the patient's place: refused by what the old suite counted, then within a higher limit.
    const { abi, bytecode } = JSON.parse(await readFile(POLICY, "utf8")) as { abi: []; bytecode: string };
    const deployer = stranger.connect(nextA.provider);
    const created = await new ContractFactory(abi, bytecode, deployer).deploy(a.grants);
    await created.waitForDeployment();
    policyAddress = await created.getAddress();
    const policy = new Contract(policyAddress, abi, deployer);
    const manager = new Contract(a.manager, MANAGER, administrator.connect(nextA.provider));
    await (await manager.getFunction("grantRole")(5n, policy, 0)).wait();
    const owner = nextA.as(patient.account);
    await transact(nextA, () => owner.records.setPolicy(patient.memberId, policy));
    const asOwner = new Contract(policyAddress, abi, patient.account.connect(nextA.provider));
    await (await asOwner.getFunction("trust")(patient.memberId, doctor.memberId, 2n ** 40n)).wait();
    const decide = async (nonce: bigint): Promise<Hex32> => {
      const issuedAt = BigInt((await nextB.provider.getBlock("latest"))?.timestamp ?? 0);
      const request = { ...first.request, destination: a.grants, issuedAt, expiry: issuedAt + 3_600n, nonce };
      const domain = { chainId: b.chainId, address: b.requests };
      const signature = await signRequest(doctor.account, domain, request);
      await transact(nextB, () => nextB.as(doctor.account).requests.request(request, signature));
      await transact(nextA, () => nextA.as(stranger).grants.deliverRequest(b.chainId, request, signature));
      const requestId = requestIdOf(domain, request);
      await (await policy.getFunction("approve")(requestId, digest(), digest(), await nextA.relayers.epoch())).wait();
      return requestId;
    };
    const refused = await decide(100n);
    expect((await nextA.grants.grant(refused)).decision).to.equal(4n);
    await transact(nextA, () => owner.records.setMaxAccessCount(recordId, 5));
    const approved = await decide(101n);
    expect((await nextA.ledger.recordAccessCountOf(recordId, doctor.memberId)).toString()).to.equal("2");
    await transact(nextA, () => owner.grants.withdraw(approved));
    stack = opened.move();
  });
  after(() => stack?.disposeAsync());

  const wrongWith = async (lies: Lies): Promise<string[]> => {
    await using lying = await startLyingNode(a, lies);
    return await wrongIn(lying.deployment, b);
  };
  /** Alters the logs of an event. */
  const altered = (
    contract: "hospitals" | "records" | "ledger" | "grants",
    event: string,
    change: (log: RawLog) => RawLog,
  ): Lies => {
    const topic = eventTopic(contract, event);
    return { logs: (logs) => logs.map((log) => (log.topics[0] === topic ? change(log) : log)) };
  };

  it("finds nothing wrong where all goes on from what the other ended with, approvals by a policy included", async () => {
    expect(await wrongIn(a, b)).to.deep.equal([]);
  });

  it("is deployed as its parameters say: with that predecessor, and with those policies and no other", async () => {
    const refusal = async (changes: Parameters<typeof deployAgain>[0]): Promise<string> =>
      deployAgain(changes).then(
        () => "not refused",
        (error: unknown) => (MedexError.is(error) ? `${error.code} ${error.message}` : String(error)),
      );
    expect(await refusal({})).to.match(new RegExp(`^DEPLOYMENT_DEVIATES .*${policyAddress} holds role 5`));
    expect(await refusal({ policies: [policyAddress] })).to.equal("not refused");
    expect(await refusal({ policies: [policyAddress], predecessor: policyAddress })).to.match(/^DEPLOYMENT_DEVIATES /);
  });

  it("is read by relayers as one ledger with the other's, for their checkpoints", async () => {
    const chain = await connectChain(a);
    try {
      const block = await chain.provider.getBlockNumber();
      const { tree, root } = await ledgerLog({ chain, config: { fromBlock: 0 } })(block);
      expect(tree.size).to.equal(Number(await chain.ledger.length()));
      expect(root).to.equal(await chain.ledger.root());
      // What a checkpoint at the other's end proves.
      const consistency = { first: 2, second: tree.size, firstRoot: tree.root(2), secondRoot: tree.root() };
      expect(verifyConsistency(consistency, tree.consistencyProof(2))).to.equal(true);
    } finally {
      chain.close();
    }
  });

  it("finds counts with which the other did not end", async () => {
    const selector = new Interface(["function recordAccessCountOf(bytes32,bytes32)"]).getFunction(
      "recordAccessCountOf",
    )!.selector;
    const call: Lies["call"] = (to, data, answer) =>
      to.toLowerCase() === oldA.ledger.toLowerCase() && data.startsWith(selector) ? `0x${"0".repeat(64)}` : answer;
    expect(await wrongWith({ call })).to.deep.equal(["PREDECESSOR_DIFFERS"]);
  });

  it("finds a ledger that begins elsewhere than the other ended", async () => {
    const lies = altered("ledger", "Continued", (log) => ({ ...log, data: withWord(log.data, 1, 7n) }));
    expect(await wrongWith(lies)).to.include.members(["LEDGER_HEAD_MISMATCH", "PREDECESSOR_DIFFERS"]);
    const left: Lies = { logs: (logs) => logs.filter(({ topics }) => topics[0] !== eventTopic("ledger", "Continued")) };
    expect(await wrongWith(left)).to.include("LEDGER_ENTRY_MISSING");
  });

  it("finds a hospital, member or record that the other does not hold so", async () => {
    const limit = altered("hospitals", "HospitalAdopted", (log) => ({ ...log, data: withWord(log.data, 3, 99n) }));
    expect(await wrongWith(limit)).to.include("PREDECESSOR_DIFFERS");
    const serial = altered("hospitals", "MemberAdopted", (log) => ({ ...log, data: withWord(log.data, 5, 99n) }));
    expect(await wrongWith(serial)).to.include("PREDECESSOR_DIFFERS");
    const capsule = altered("records", "RecordAnchored", (log) => ({ ...log, data: withWord(log.data, 0, 7n) }));
    expect(await wrongWith(capsule)).to.include("PREDECESSOR_DIFFERS");
    const nonce = altered("records", "RecordAdopted", (log) => ({ ...log, data: withWord(log.data, 0, 99n) }));
    expect(await wrongWith(nonce)).to.include("PREDECESSOR_DIFFERS");
  });

  it("finds an approval by a contract that the owner did not name", async () => {
    const other = `0x${"0".repeat(24)}${oldA.grants.slice(2).toLowerCase()}`;
    const lies = altered("grants", "Approved", (log) => ({
      ...log,
      topics: [log.topics[0]!, log.topics[1]!, other],
    }));
    expect(await wrongWith(lies)).to.deep.equal(["APPROVAL_FORGED"]);
  });
});
