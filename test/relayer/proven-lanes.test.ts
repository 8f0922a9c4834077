/** Lanes on which a chain believes of the other what its validators sealed: the relayer proves, and never goes below what a lane asks for. */
import { expect } from "chai";
import { until } from "../until.ts";
import { PAYLOAD } from "../world/crypto.ts";
import { testDatabase } from "./support/databases.ts";
import { openGranted } from "./support/open-granted.ts";
import { done, type ProvenWorld, startProvenWorld } from "./support/proven-world.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";

describe("relayer: proven lanes", () => {
  const stack = new AsyncDisposableStack();
  let world: ProvenWorld;
  let relayer: TestRelayer;
  before(async () => {
    world = stack.use(await startProvenWorld());
    const { config } = stack.use(await testDatabase());
    relayer = stack.use(
      await startTestRelayer(world, config, { change: (settings) => ({ ...settings, reconcileIntervalMs: 500 }) }),
    );
  });
  after(() => stack.disposeAsync());

  const actions = () => relayer.events.flatMap((event) => (event.type === "transaction-sent" ? [event.action] : []));

  it("carries a request and its answer by proofs, with no relayer's word", async () => {
    const requestId = await world.carry(relayer);
    expect(await world.stateOnB(requestId)).to.equal("Granted");
    expect(await openGranted(world, requestId)).to.deep.equal(PAYLOAD);
    expect(await world.attestationsOf(requestId)).to.equal(0);
  });

  it("brings one header for all messages that wait, and proves them together", async () => {
    const before = await world.headersOn("chainA");
    const filed = [];
    for (let count = 0; count < 12; count += 1) filed.push(await world.file());
    for (const { requestId } of filed) await done(relayer, "deliver-request", requestId);
    expect((await world.headersOn("chainA")) - before).to.be.within(1, 4);
    expect(actions()).to.include("deliverRequestsProven");
  });

  it("attests as well where a lane asks for both", async () => {
    await world.setPolicy("chainB", "both");
    expect(await world.attestationsOf(await world.carry(relayer))).to.equal(1);
  });

  it("proves from then on where a lane that was attested asks for proofs, and sends nothing below that", async () => {
    for (const chain of ["chainA", "chainB"] as const) await world.setPolicy(chain, "attested");
    await until("the relayer reads the policy anew", async () => {
      const requestId = await world.carry(relayer);
      return (await world.attestationsOf(requestId)) === 1 && actions().includes("deliverResponse");
    });
    for (const chain of ["chainA", "chainB"] as const) await world.setPolicy(chain, "proven");
    expect(await world.attestationsOf(await world.carry(relayer))).to.equal(0);
  });

  it("parks what a frozen client holds up, says so, and goes on where the lane is given another", async () => {
    await world.carry(relayer);
    const client = await world.clientOn("chainA");
    const number = `0x${(await client.latest()).number.toString(16)}`;
    const seen = await world.chainB.provider.send("eth_getBlockByNumber", [number, false]);
    await world.forge(() => ({ ...seen, stateRoot: seen.hash }));
    expect(await client.isFrozen()).to.equal(true);

    const { requestId } = await world.file();
    const parked = await relayer.until("job-parked", (job) => job.requestId === requestId);
    expect(parked.code).to.equal("CLIENT_FROZEN");
    const health = async () =>
      ((await (await fetch(`${relayer.url}/healthz`)).json()) as { reasons: string[] }).reasons;
    expect((await health()).join()).to.match(/chain 31337: its light client of chain 31338 is frozen/);
    const metrics = await (await fetch(`${relayer.url}/metrics`)).text();
    expect(metrics).to.match(/medex_relayer_light_client_broken\{chain="31337",of="31338",state="frozen"\} 1/);

    await world.replaceClient("chainA");
    await done(relayer, "deliver-request", requestId);
    await until("the relayer is healthy", async () => (await health()).length === 0);
  });
});
