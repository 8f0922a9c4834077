import { type AccessResponse, responseDigestOf } from "@medexchain/chain";
import { Decision } from "../contracts/support/enums.ts";
import { admitKeyedRelayers, aggregateBy, singlyBy } from "../contracts/support/keyed-relayers.ts";
import {
  type Attestation,
  fileRequest,
  HOSPITAL_B,
  loadWorld,
  now,
  refusal,
  signRequest,
  termsOf,
} from "../contracts/support/world.ts";

/** Gas of `deliverResponse`, attested by so many relayers. */
export interface AggregateRow {
  readonly signers: number;
  /** By a signature of each. */
  readonly singly: number;
  /** By one aggregate, in the epoch of now. */
  readonly aggregate: number;
}

const SIGNERS = [3, 8, 11, 12, 13, 16, 32, 64];

/** What an answer costs on its way to the requester's chain, by how it is attested. */
export async function measureAggregates(): Promise<AggregateRow[]> {
  const world = await loadWorld();
  const { a, b } = world;
  await b.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 1_000_000n);
  await b.relayers.setAggregates(true);
  const relayers = await admitKeyedRelayers(b, Math.max(...SIGNERS));
  const set = await b.relayers.getAddress();
  const [requests, grants] = [
    { chainId: b.chainId, address: await b.requests.getAddress() },
    { chainId: a.chainId, address: await a.grants.getAddress() },
  ];

  const deliver = async (attest: (hash: string) => Attestation[]): Promise<number> => {
    const signed = await signRequest(world);
    await fileRequest(world, signed);
    const response = refusal(signed.requestId, Decision.DeniedByOwner, await now(b));
    const terms = await termsOf(b);
    const hash = responseDigestOf(requests, grants, response as AccessResponse, terms);
    const sent = await b.requests.deliverResponse(a.chainId, response, { ...terms, by: attest(hash) });
    const receipt = await sent.wait();
    if (receipt === null) throw new Error("the transaction is not in a block");
    return Number(receipt.gasUsed);
  };

  await deliver((hash) => singlyBy(relayers.slice(0, 2), hash)); // creates the counters
  const rows: AggregateRow[] = [];
  for (const signers of SIGNERS) {
    const some = relayers.slice(0, signers);
    rows.push({
      signers,
      singly: await deliver((hash) => singlyBy(some, hash)),
      aggregate: await deliver((hash) => [aggregateBy(set, some, hash)]),
    });
  }
  return rows;
}
