import {
  type Checkpoint,
  checkpointDigestOf,
  type Hex32,
  requestStateOf,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { expect } from "chai";
import type { Wallet } from "ethers";
import { until } from "../until.ts";
import { administrator } from "../world/two-chains.ts";
import { deliverAs, deniedRequest, falseGrant, truthOf } from "./support/answers.ts";
import { type TestDatabase, testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";

type Change = NonNullable<NonNullable<Parameters<typeof startTestRelayer>[2]>["change"]>;

/** Reports on chain B that were taken, of whom. */
const suspendedOn = async ({ chainB }: Hospitals): Promise<string[]> => {
  const { equivocations } = chainB;
  return (await equivocations.queryFilter(equivocations.filters.Equivocated())).map(({ args }) => args.relayer);
};
const foundBy = ({ events }: TestRelayer) => events.filter(({ type }) => type === "equivocation-found");
/** Waits until a relayer has compared what chain B holds, twice from now on. */
const compares = async ({ events }: TestRelayer, { b }: Hospitals): Promise<void> => {
  const from = events.length;
  const rounds = () =>
    events.slice(from).filter((event) => event.type === "answers-compared" && event.chainId === b.chainId);
  await until("it has compared twice more", () => rounds().length >= 2);
};

describe("relayer: checkpoints that contradict each other", function () {
  this.timeout(180_000);
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  let bad: Wallet;
  before(async () => {
    hospitals = stack.use(await startHospitals());
    bad = hospitals.people.relayers[1]!;
    await hospitals.fund(bad.address);
    const { chainB } = hospitals;
    await transact(chainB, () => chainB.as(administrator.connect(chainB.provider)).relayers.addRelayer(bad.address));
  });
  after(() => stack.disposeAsync());

  /** Has the bad relayer alone attest a checkpoint of chain A's ledger, and bring it to chain B. */
  const attest = async (blockNumber: bigint, head: number, entryCount = 1n, lifetime = 86_400n): Promise<void> => {
    const { a, b, chainB } = hospitals;
    const digest = toHex32(new Uint8Array(32).fill(head));
    const checkpoint: Checkpoint = {
      chainId: a.chainId,
      ledger: a.ledger,
      entryCount,
      blockNumber,
      blockTime: 1_000n + blockNumber,
      head: digest,
      root: digest,
    };
    const now = BigInt((await chainB.provider.getBlock("latest"))!.timestamp);
    const terms = { epoch: await chainB.relayers.epoch(), expiry: now + lifetime };
    const contract = { chainId: b.chainId, address: b.checkpoints };
    const signature = bad.signingKey.sign(checkpointDigestOf(contract, checkpoint, terms)).serialized;
    const { checkpoints } = chainB.as(bad.connect(chainB.provider));
    const extension = { base: 0n, root: ZERO_32, proof: [] };
    const attestations = { ...terms, by: [{ relayer: bad.address, signature }] };
    await transact(chainB, () => checkpoints.submitCheckpoint(checkpoint, extension, attestations));
  };

  it("have who signed two of one block suspended, once, and not who signed one again, or of another block", async () => {
    const change: Change = (config) => ({ ...config, reconcileIntervalMs: 200 });
    const { config } = stack.use(await testDatabase());
    await using relayer = await startTestRelayer(hospitals, config, { change });
    await attest(100n, 1);
    await attest(100n, 1, 1n, 2n * 86_400n);
    await attest(200n, 2, 2n);
    await attest(300n, 3, 2n); // a rewritten ledger, which is told of
    await compares(relayer, hospitals);
    expect(foundBy(relayer)).to.deep.equal([]);

    const epoch = await hospitals.chainB.relayers.epoch();
    await attest(200n, 4, 2n);
    const found: object = await relayer.until("equivocation-found");
    expect(found).to.include({ chainId: hospitals.b.chainId, kind: "checkpoints", relayer: bad.address, epoch });
    const done = await relayer.until("job-done", ({ kind }) => kind === "report-equivocation");
    expect(done.outcome).to.equal("sent");
    expect(await suspendedOn(hospitals)).to.deep.equal([bad.address]);
    expect(await hospitals.chainB.relayers.isRelayer(bad.address)).to.equal(false);
    const metrics = await (await fetch(`${relayer.url}/metrics`)).text();
    expect(metrics).to.match(/^medex_relayer_equivocations_total\{chain="31338",kind="checkpoints"\} 1$/m);
    await compares(relayer, hospitals);
    expect(foundBy(relayer)).to.have.length(1);
  });

  it("are not reported again by a relayer that has forgotten, nor of a tenure before the one of now", async () => {
    const { chainB } = hospitals;
    const change: Change = (config) => ({ ...config, reconcileIntervalMs: 200 });
    const { config } = stack.use(await testDatabase());
    await using relayer = await startTestRelayer(hospitals, config, { change });
    await compares(relayer, hospitals);
    await transact(chainB, () => chainB.as(administrator.connect(chainB.provider)).relayers.addRelayer(bad.address));
    await using another = await startTestRelayer(hospitals, stack.use(await testDatabase()).config, { change });
    await compares(another, hospitals);
    expect([...foundBy(relayer), ...foundBy(another)]).to.deep.equal([]);
    expect(await suspendedOn(hospitals)).to.have.length(1);
  });
});

describe("relayer: answers that contradict each other", function () {
  this.timeout(240_000);
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  let database: TestDatabase;
  let thief: Wallet;
  /** Runs as it should, while a thief has its key. */
  let robbed: TestRelayer;
  let robbedKey: Wallet;
  before(async () => {
    hospitals = stack.use(await startHospitals({ relayers: 3, threshold: 2 }));
    const { chainA, certificates, relayers } = hospitals;
    robbedKey = relayers[1]!;
    thief = relayers[2]!;
    await transact(chainA, () => hospitals.as(chainA, "patient").hospitals.importMember(...certificates.doctor));
    const { config } = stack.use(await testDatabase());
    const accountKey = robbedKey.privateKey;
    robbed = stack.use(await startTestRelayer(hospitals, config, { accountKey, change: changed([]) }));
    database = stack.use(await testDatabase());
  });
  after(() => stack.disposeAsync());

  const changed =
    (peers: string[]): Change =>
    (config) => ({ ...config, peers, reconcileIntervalMs: 200 });
  const start = () => startTestRelayer(hospitals, database.config, { change: changed([robbed.url]) });
  const stateOnB = async (requestId: Hex32) =>
    requestStateOf((await hospitals.chainB.requests.status(requestId)).state);
  /** A request that the owner denied, which the robbed relayer has attested. */
  const attested = async (): Promise<Hex32> => {
    const requestId = await deniedRequest(hospitals);
    await robbed.until("job-deferred", (job) => job.requestId === requestId && job.code === "ATTESTATIONS_MISSING");
    return requestId;
  };

  it("have nobody suspended who says the same again", async () => {
    const requestId = await attested();
    await using honest = await start();
    await until("it is answered", async () => (await stateOnB(requestId)) === "Denied");
    await compares(honest, hospitals);
    expect([...foundBy(honest), ...foundBy(robbed)]).to.deep.equal([]);
    expect(await suspendedOn(hospitals)).to.deep.equal([]);
  });

  it("have who signed both suspended, though the lane is paused and the relayer was started again, and no liar else", async () => {
    const { a, chainB } = hospitals;
    const { requests } = chainB.as(administrator.connect(chainB.provider));
    const requestId = await attested();
    const { decidedAt } = await truthOf(hospitals, requestId);
    await deliverAs(hospitals, [robbedKey, thief], falseGrant(requestId, decidedAt));
    await transact(chainB, () => requests.pauseLane(a.chainId));
    {
      await using honest = await start();
      const found: object = await honest.until("equivocation-found");
      expect(found).to.include({ kind: "answers", relayer: robbedKey.address });
      const held = await honest.until("job-deferred", ({ kind }) => kind === "report-equivocation");
      expect(held.code).to.equal("LANE_PAUSED");
    }
    expect(await suspendedOn(hospitals)).to.deep.equal([]);
    await transact(chainB, () => requests.resumeLane(a.chainId));
    await using honest = await start();
    await until("it is suspended", async () => (await suspendedOn(hospitals)).length > 0, 90_000);
    await honest.until("job-done", ({ kind }) => kind === "report-equivocation");
    await compares(honest, hospitals);
    expect(await suspendedOn(hospitals)).to.deep.equal([robbedKey.address]);
    expect(await chainB.relayers.isRelayer(thief.address)).to.equal(true);
    expect(foundBy(honest)).to.deep.equal([]); // it knew
    // The robbed one has found it as well, and does not report itself.
    await robbed.until("failed", ({ where, code }) => where === "equivocation" && code === "ATTESTATION_CONFLICT");
    expect(foundBy(robbed)).to.deep.equal([]);
  });

  it("are no equivocation where the later one corrects the earlier", async () => {
    const { chainB } = hospitals;
    const { relayers } = chainB.as(administrator.connect(chainB.provider));
    await transact(chainB, () => relayers.setThreshold(1));
    await using honest = await start();
    await until("the lie is corrected", async () => {
      const filter = chainB.requests.filters.ResponseCorrected();
      return (await chainB.requests.queryFilter(filter)).length === 1;
    });
    await compares(honest, hospitals);
    // With all that is on the chains, and nothing remembered.
    await using fresh = await startTestRelayer(hospitals, stack.use(await testDatabase()).config, {
      change: changed([robbed.url, honest.url]),
    });
    await compares(fresh, hospitals);
    expect([...foundBy(honest), ...foundBy(fresh)]).to.deep.equal([]);
    expect(await suspendedOn(hospitals)).to.deep.equal([robbedKey.address]);
  });
});
