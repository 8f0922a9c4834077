import { join } from "node:path";
import { connectChain, requestIdOf, signRequest, transact } from "@medexchain/chain";
import { deployChains, readNetworkParameters } from "@medexchain/deploy";
import { expect } from "chai";
import { Contract, Interface } from "ethers";
import { packageRoot } from "../../devnet/package-root.ts";
import { administrator } from "../world/two-chains.ts";
import { deliverAs, deniedRequest, falseGrant, truthOf } from "./support/answers.ts";
import { testDatabase } from "./support/databases.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";

describe("relayer: with a new database, after the owner's chain moved to another suite", function () {
  this.timeout(300_000);
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  it("finds nothing false in what the earlier suite answered, and what the new one did not", async () => {
    const hospitals = stack.use(await startHospitals());
    const { chainA, chainB, b, certificates, relayer: account, world } = hospitals;
    await transact(chainA, () => hospitals.as(chainA, "patient").hospitals.importMember(...certificates.doctor));
    const before = await deniedRequest(hospitals);
    await deliverAs(hospitals, [account], await truthOf(hospitals, before));

    const seal = new Contract(hospitals.a.manager, new Interface(["function seal()"]), administrator);
    await (await (seal.connect(administrator.connect(chainA.provider)) as Contract).getFunction("seal")()).wait();
    const { path: journal } = stack.use(await temporaryDirectory());
    const common = await readNetworkParameters(join(packageRoot(), "deploy/parameters/hardhat.jsonc"));
    const sealingKey = `0x${"01".repeat(32)}`;
    const parameters = {
      ...common,
      relayers: { accounts: [account.address], threshold: 1, minThreshold: 1, sealingKey },
    };
    const network = (name: string, { chainId, rpcUrl }: typeof b, changes = {}) => ({
      name,
      chainId: Number(chainId),
      rpcUrl,
      journal: join(journal, name),
      parameters: { ...parameters, ...changes },
    });
    // Chain B's suite stays; the one that is deployed beside it has nothing to do here.
    const networks = [network("a", hospitals.a, { predecessor: hospitals.a.grants }), network("b", b)] as const;
    const output = join(journal, "medex.config.json");
    const { a: moved } = await deployChains({ networks, output }, administrator, { takeOver: true });
    const a = moved!.deployment;
    const nextA = stack.adopt(await connectChain(a), (chain) => chain.close());
    await transact(nextA, () => nextA.as(administrator.connect(nextA.provider)).grants.setPeer(b.chainId, b.requests));
    const { requests } = chainB.as(administrator.connect(chainB.provider));
    await transact(chainB, () => requests.setPeer(a.chainId, a.grants));

    const { doctor } = world.people;
    const issuedAt = BigInt((await chainB.provider.getBlock("latest"))?.timestamp ?? 0);
    const { request: earlier } = await hospitals.signedRequest();
    const request = { ...earlier, destination: a.grants, issuedAt, expiry: issuedAt + 3_600n };
    const domain = { chainId: b.chainId, address: b.requests };
    const signature = await signRequest(doctor.account, domain, request);
    await transact(chainB, () => hospitals.as(chainB, "doctor").requests.request(request, signature));
    const since = requestIdOf(domain, request);
    await deliverAs({ ...hospitals, a }, [account], falseGrant(since, issuedAt));

    const { config } = stack.use(await testDatabase());
    await using relayer = await startTestRelayer({ ...hospitals, a }, config, {
      change: (parsed) => ({ ...parsed, reconcileIntervalMs: 200 }),
    });
    await relayer.until("failed", ({ code, message }) => code === "ANSWER_FALSE" && message.includes(since));
    await relayer.until("answers-compared", ({ wrong }) => wrong > 0);
    const compared = relayer.events.flatMap((event) => (event.type === "answers-compared" ? [event.wrong] : []));
    expect(Math.max(...compared)).to.equal(1);
    const told = relayer.events.filter((event) => event.type === "failed" && event.where === "correct");
    expect(told.filter((event) => "message" in event && event.message.includes(before))).to.deep.equal([]);
    expect(told).to.have.length(1);
  });
});
