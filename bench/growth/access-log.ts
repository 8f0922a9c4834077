import { ask, type Hex32, transact } from "@medexchain/chain";
import type { Load } from "../e2e/load.ts";
import { impersonate, sendFrom } from "./fill-chain.ts";
import { BATCH, type Cost, drawHex, grow, pick, type Subject } from "./grow.ts";
import { importDoctors } from "./import-doctors.ts";

const GRANTED = 1;
const NO_LIMIT = 1_000_000_000;
/** The loads' doctors and records make so many pairs: the first access of each costs more. */
const PAIRS = 8;

/** Entries of the access log on chain A, each of another requester, so that the counts grow with it; and `authorize` beside them. */
export async function accessLogGrowth(load: Load, counts: readonly number[]): Promise<Subject> {
  const { chainA, chainB, hospitalA } = load.cast;
  await importDoctors(chainB, chainA);
  const { grants, ledger } = chainA.deployment;
  // The ledger takes entries from the contract that created it, which the development chain lets anyone speak for.
  await impersonate(chainA, grants);
  const requesters: Hex32[] = [];
  let gas = 0;
  const add = async (): Promise<void> => {
    const calls = Array.from({ length: BATCH }, () => {
      const [requestId, recordId, requester] = [drawHex(), drawHex(), drawHex()];
      requesters.push(requester);
      const limits = { hospitalId: hospitalA.hospital.id, hospitalLimit: NO_LIMIT, recordLimit: NO_LIMIT };
      const attempt = { requestId, recordId, requester, ...limits, decision: GRANTED };
      return chainA.ledger.interface.encodeFunctionData("recordAccess", [attempt]);
    });
    gas = await sendFrom(chainA, grants, ledger, calls);
  };
  const read = async (): Promise<void> => {
    const count = await ask(chainA, () => chainA.ledger.accessCountOf(hospitalA.hospital.id, pick(requesters)));
    if (count !== 1n) throw new Error("an access that was logged is not counted");
  };
  const probe = async (): Promise<Cost> => {
    const [signed] = load.signRequests(1);
    if (!signed) throw new RangeError("one was asked for");
    const { request, signature } = signed;
    const receipt = await transact(chainA, () =>
      chainA.as(hospitalA.hospital.operator).grants.deliverRequest(chainB.deployment.chainId, request, signature),
    );
    const topic = chainA.grants.interface.getEvent("RequestDelivered").topicHash;
    const requestId = receipt.logs.find(({ topics }) => topics[0] === topic)?.topics[2];
    if (requestId === undefined) throw new Error("a delivery says which request it is of");
    const data = chainA.grants.interface.encodeFunctionData("authorize", [
      requestId,
      drawHex(),
      drawHex(),
      load.group.epoch,
    ]);
    const started = performance.now();
    const cost = await sendFrom(chainA, load.owner, grants, [data]);
    return { ms: performance.now() - started, gas: cost };
  };
  for (let pair = 0; pair < PAIRS; pair += 1) await probe();
  const rows = await grow(counts, { add, read, probe, size: async () => gas });
  const length = await ask(chainA, () => chainA.ledger.length());
  if (length < BigInt(counts.at(-1) ?? 0))
    throw new Error(`the access log holds ${length} entries, fewer than were added`);
  return { title: "Entries of the access log on chain A", each: "gas", probe: "authorize", rows };
}
