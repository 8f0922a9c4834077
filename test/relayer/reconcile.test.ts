/** What is found by the chains' state is of the same member, and hospital, as what is found by events. */
import { connectChain } from "@medexchain/chain";
import { expect } from "chai";
import { chainConfigSchema } from "../../relayer/config/schema.ts";
import { endAttempts } from "../../relayer/database/attempts.ts";
import { insertJobs, type JobSubject, jobKey } from "../../relayer/database/jobs.ts";
import { createEndpoints } from "../../relayer/rpc/endpoints.ts";
import { createSubmitter } from "../../relayer/submit/submitter.ts";
import { type ReconcileContext, reconcile } from "../../relayer/watch/reconcile.ts";
import { openTestDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startRpcProxy } from "./support/rpc-proxy.ts";

const RETRY = { delaySeconds: 1, maxDelaySeconds: 1 };

describe("relayer: reconciliation", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  /** Reconciles a database of its own by the hospitals' chains; what it enqueues is stored, and told. */
  async function openReconciliation(own: AsyncDisposableStack, rpcUrlB: string, rpcUrlA = hospitals.a.rpcUrl) {
    const database = await openTestDatabase(own);
    const stopping = new AbortController();
    own.defer(() => stopping.abort());
    const chains = new Map(
      [
        { ...hospitals.a, rpcUrl: rpcUrlA },
        { ...hospitals.b, rpcUrl: rpcUrlB },
      ].map((deployment) => {
        const config = chainConfigSchema.parse({ deployment });
        const endpoints = createEndpoints([deployment.rpcUrl], 5_000);
        return [deployment.chainId, { config, endpoints, deployment }] as const;
      }),
    );
    const connected: ReconcileContext["chains"] = new Map(
      await Promise.all(
        [...chains].map(async ([chainId, { config, endpoints, deployment }]) => {
          const chain = own.adopt(await connectChain(deployment, endpoints.transport), (open) => open.close());
          const { receiptTimeoutMs, pollIntervalMs: lookIntervalMs, submit } = config;
          const account = hospitals.relayer;
          const { signal } = stopping;
          const parts = { chain, account, database, receiptTimeoutMs, lookIntervalMs, submit, signal };
          const submitter = createSubmitter({ ...parts, confirmations: 0, observe: () => undefined });
          return [chainId, { config, chain, endpoints, submitter }] as const;
        }),
      ),
    );
    const found: JobSubject[] = [];
    const context: ReconcileContext = {
      chains: connected,
      database,
      enqueue: async (tx, subjects) => {
        found.push(...subjects);
        await insertJobs(tx, subjects);
      },
      waits: async (steps) => steps.map(() => 0),
      observe: (event) => {
        if (event.type === "failed") throw new Error(event.message);
      },
      parkedSeconds: 1,
      look: () => undefined,
    };
    const pass = async (): Promise<JobSubject[]> => {
      found.length = 0;
      await reconcile(context);
      return [...found];
    };
    const fail = (job: JobSubject): Promise<void> => {
      const failure = { code: "SERVICE_UNREACHABLE" as const, message: "not now", retriable: true };
      return endAttempts(database, [{ key: jobKey(job), state: "pending", failure }], RETRY);
    };
    return { pass, fail };
  }

  it("finds whose request it is, and of which hospital, once for each request", async () => {
    await using own = new AsyncDisposableStack();
    const proxy = own.use(await startRpcProxy(hospitals.b.rpcUrl));
    const { requestId } = await hospitals.file();
    const { pass, fail } = await openReconciliation(own, proxy.url);
    const { memberId, hospitalId } = hospitals.people.doctor;
    const job = { kind: "deliver-request", chainId: hospitals.b.chainId, requestId } as const;
    expect(await pass()).to.deep.equal([{ ...job, sender: memberId, hospital: hospitalId }]);
    proxy.calls.length = 0;
    await fail(job);
    expect(await pass()).to.deep.equal([job]);
    expect(proxy.calls).not.to.include("eth_getLogs");
  });

  it("asks nothing about a request whose job goes well, and does again when it has failed", async () => {
    await using own = new AsyncDisposableStack();
    const proxy = own.use(await startRpcProxy(hospitals.a.rpcUrl));
    const { requestId } = await hospitals.file();
    const { pass, fail } = await openReconciliation(own, hospitals.b.rpcUrl, proxy.url);
    const asked = () => proxy.calls.filter((method) => method === "eth_call").length;
    const mine = (found: readonly JobSubject[]) => found.filter((job) => job.requestId === requestId);
    const [job] = mine(await pass());
    if (!job) expect.fail("no job was found");
    const first = asked();
    expect(await pass()).to.deep.equal([]);
    const second = asked() - first;
    expect(second).to.be.below(first);
    await fail(job);
    expect(mine(await pass())).to.have.length(1);
    expect(asked() - first - second).to.be.above(second);
  });

  it("finds a request all the same where the node no longer has the block's events, by the account that filed it", async () => {
    await using own = new AsyncDisposableStack();
    const proxy = own.use(await startRpcProxy(hospitals.b.rpcUrl));
    proxy.intercept = async (method) =>
      method === "eth_getLogs" ? { error: { code: -32000, message: "history has been pruned" } } : undefined;
    const { requestId } = await hospitals.file();
    const { pass } = await openReconciliation(own, proxy.url);
    const found = (await pass()).find((job) => job.requestId === requestId);
    expect(found).to.include({
      kind: "deliver-request",
      sender: hospitals.people.doctor.account.address.toLowerCase(),
    });
    expect(found?.hospital).to.equal(undefined);
  });
});
