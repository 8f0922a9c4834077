/** Lanes on which a chain believes of the other what its validators sealed and relayers attest: requests, answers and checkpoints. */
import { openFreshAudit } from "@medexchain/audit";
import { expect } from "chai";
import { until } from "../until.ts";
import { testDatabase } from "./support/databases.ts";
import { type ProvenWorld, startProvenWorld } from "./support/proven-world.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";

describe("relayer: lanes that ask for proofs and attestations", () => {
  const stack = new AsyncDisposableStack();
  let world: ProvenWorld;
  let relayer: TestRelayer;
  before(async () => {
    world = stack.use(await startProvenWorld());
    for (const chain of ["chainA", "chainB"] as const) await world.setPolicy(chain, "both");
    const { config } = stack.use(await testDatabase());
    const checkpoints = { everyBlocks: 1, intervalMs: 100 };
    relayer = stack.use(
      await startTestRelayer(world, config, { change: (settings) => ({ ...settings, checkpoints }) }),
    );
  });
  after(() => stack.disposeAsync());

  it("carries requests, answers and checkpoints by both, and the audit finds nothing wrong", async () => {
    const { chainA, chainB, validators } = world;
    const requestId = await world.carry(relayer);
    expect(await world.stateOnB(requestId)).to.equal("Granted");
    expect(await world.attestationsOf(requestId)).to.equal(1);
    const { chainId, ledger } = chainA.deployment;
    await until("the checkpoint is carried", async () => {
      const kept = await chainB.checkpoints.latest(chainId, ledger);
      return kept.root === (await chainA.ledger.root());
    });
    const sent = new Set(relayer.events.flatMap((event) => (event.type === "transaction-sent" ? [event.action] : [])));
    expect(sent).to.include.all.keys("deliverRequestProven", "deliverResponseProven", "submitCheckpointProven");
    for (const below of ["deliverRequest", "deliverResponse", "submitCheckpoint"]) expect(sent).to.not.include(below);

    const sealing = new Map(
      [chainA, chainB].map(({ deployment }, at) => [
        deployment.chainId,
        (validators[at] ?? []).map(({ address }) => address),
      ]),
    );
    await using audit = await openFreshAudit([chainA.deployment, chainB.deployment], { validators: sealing });
    const { findings } = await audit.verify();
    expect(findings.filter(({ severity }) => severity === "error")).to.deep.equal([]);
  });
});
