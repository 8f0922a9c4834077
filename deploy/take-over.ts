/** Has a suite take over what its predecessor ended with. */
import { ABIS, ask, type Chain, chainLogs, connectChain, type Deployment, hex32, transact } from "@medexchain/chain";
import type { HospitalRegistry, RecordRegistry } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { type BaseWallet, Contract } from "ethers";

/** Items of one transaction: about a third of what the gas of one is enough for, from the Osaka fork on. */
const PORTION = 40;
/** Reads of a node at once, and hospitals of one page. */
const AT_ONCE = 20;
const REVOKED = 2n;

/** How much was taken over by one call: what was before is not counted. */
export interface TakenOver {
  readonly hospitals: number;
  readonly members: number;
  readonly records: number;
  /** Entries of the ledger, those before it included. */
  readonly entries: bigint;
}

export interface TakeOverOptions {
  /** Wei per gas of legacy transactions; without it, EIP-1559 transactions at the price that the chain asks. */
  readonly gasPrice?: bigint;
  /** The block from which the predecessor's events are read; the first unless given. */
  readonly fromBlock?: number;
}

/**
 * Takes over the ledger's end, all hospitals, members and records, in portions; what is taken over already is left out, so that it can be run again.
 * Anybody may do it: the contracts copy the predecessor's own state.
 *
 * @param predecessor the `AccessGrants` that the suite's contracts name
 * @throws DEPLOYMENT_FAILED where the predecessor has not ended; CHAIN_MISMATCH, CHAIN_REVERTED, ACCOUNT_UNFUNDED, TRANSACTION_PENDING,
 *   SERVICE_UNREACHABLE
 */
export async function takeOver(
  deployment: Deployment,
  predecessor: string,
  wallet: BaseWallet,
  { gasPrice, fromBlock = 0 }: TakeOverOptions = {},
): Promise<TakenOver> {
  await using stack = new AsyncDisposableStack();
  const chain = stack.adopt(await connectChain(deployment), (open) => open.close());
  const { hospitals, records, ledger } = chain.as(wallet);
  const earlier = await earlierOf(chain, predecessor);
  const paid = gasPrice === undefined ? {} : { gasPrice };

  await transact(chain, () => ledger.takeOver(paid));
  const hospitalIds = await missing(chain, await hospitalsOf(chain, earlier), async (id) => {
    return (await hospitals.hospital(id)).status === 0n;
  });
  for (const portion of portions(hospitalIds)) await transact(chain, () => hospitals.adoptHospitals(portion, paid));
  const memberIds = await missing(chain, await membersOf(chain, earlier, fromBlock), async (id) => {
    return (await hospitals.member(id)).serial === 0n;
  });
  for (const portion of portions(memberIds)) await transact(chain, () => hospitals.adoptMembers(portion, paid));
  const anchors = await missing(chain, await anchorsOf(chain, earlier, fromBlock), async ({ recordId }) => {
    const [now, before] = await Promise.all([records.record(recordId), earlier.records.record(recordId)]);
    return now.status === 0n || (before.status === REVOKED && now.status !== REVOKED);
  });
  for (const portion of portions(anchors)) await transact(chain, () => records.adoptRecords(portion, paid));
  const entries = await ask(chain, () => ledger.length());
  return { hospitals: hospitalIds.length, members: memberIds.length, records: anchors.length, entries };
}

interface Earlier {
  readonly hospitals: HospitalRegistry;
  readonly records: RecordRegistry;
}

/** The predecessor's registries, once it has ended. */
async function earlierOf(chain: Chain, predecessor: string): Promise<Earlier> {
  const { chainId } = chain.deployment;
  // ethers' Contract builds its methods at run time; the generated types of the same ABIs say which.
  const at = <T>(address: string, abi: (typeof ABIS)[keyof typeof ABIS]) =>
    new Contract(address, abi, chain.provider) as unknown as T;
  const grants = at<Chain["grants"]>(predecessor, ABIS.grants);
  const [hasEnded, open] = await ask(chain, () => Promise.all([grants.hasEnded(), grants.openCount()]));
  if (!hasEnded) {
    throw new MedexError(
      "DEPLOYMENT_FAILED",
      `chain ${chainId}: the suite of ${predecessor} has not ended, so nothing can be taken over: its administrator must seal it, and its ${open} open requests must be decided or expire`,
    );
  }
  const [hospitals, records] = await ask(chain, () => Promise.all([grants.HOSPITALS(), grants.RECORDS()]));
  return {
    hospitals: at<HospitalRegistry>(hospitals, ABIS.hospitals),
    records: at<RecordRegistry>(records, ABIS.records),
  };
}

async function hospitalsOf(chain: Chain, { hospitals }: Earlier): Promise<string[]> {
  const count = Number(await ask(chain, () => hospitals.hospitalCount()));
  const ids: string[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const page = await ask(chain, () => hospitals.hospitals(from, AT_ONCE));
    ids.push(...page.ids);
  }
  return ids;
}

/** Everybody whom the predecessor knows: who was certified there, or adopted, or only had certificates revoked. */
async function membersOf(chain: Chain, { hospitals }: Earlier, from: number): Promise<string[]> {
  const { filters } = hospitals;
  const events = [
    filters.MemberEnrolled(),
    filters.MemberImported(),
    filters.MemberAdopted(),
    filters.CertificatesRevoked(),
  ];
  const ids = new Set<string>();
  for (const event of events) {
    const read = (first: number, last: number) => hospitals.queryFilter(event, first, last);
    for (const { topics } of await chainLogs(chain, read, { from })) ids.add(hex32(topics[1] ?? "")); // the first indexed argument
  }
  return [...ids];
}

/** All records as they were anchored there, with their ids. */
async function anchorsOf(chain: Chain, { records }: Earlier, from: number) {
  const read = (first: number, last: number) => records.queryFilter(records.filters.RecordAnchored(), first, last);
  return (await chainLogs(chain, read, { from })).map(({ args }) => ({
    recordId: args.recordId,
    owner: args.owner,
    salt: args.salt,
    capsule: args.capsule,
    publicFragment: args.publicFragment,
    privateFragment: args.privateFragment,
    maxAccessCount: args.maxAccessCount,
  }));
}

/** Those that the new suite lacks, in their order. */
async function missing<T>(chain: Chain, all: readonly T[], isMissing: (each: T) => Promise<boolean>): Promise<T[]> {
  const found: T[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE);
    const lacks = await ask(chain, () => Promise.all(some.map(isMissing)));
    found.push(...some.filter((_, at) => lacks[at]));
  }
  return found;
}

function* portions<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += PORTION) yield all.slice(from, from + PORTION);
}
