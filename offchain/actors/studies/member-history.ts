/** Whose account was whose, and when, by the registry of hospitals. */

import { type Chain, chainLogs, type Hex32, hex32 } from "@medexchain/chain";
import type { People, StudyEvent } from "./replay.ts";

/** An event with its place in the chain. */
interface Placed extends StudyEvent {
  readonly block: number;
  readonly position: number;
}

interface Change {
  readonly hospitalId: Hex32;
  /** Undefined where the member's certificates were revoked. */
  readonly account: string | undefined;
  readonly block: number;
  readonly position: number;
}

/** Who patients are when an event happens. */
export type MemberHistory = People<Placed>;

const CHANGES: ReadonlySet<string> = new Set([
  "MemberEnrolled",
  "MemberImported",
  "MemberAdopted",
  "CertificatesRevoked",
]);

/**
 * Reads the members of a chain's registry with all their accounts. It does not tell who was suspended: that is for a while.
 * @param fromBlock the suite's first
 */
export async function memberHistory(chain: Chain, fromBlock: number): Promise<MemberHistory> {
  const { provider, hospitals } = chain;
  const address = await hospitals.getAddress();
  const topics = [[...CHANGES].map((name) => hospitals.interface.getEvent(name as "MemberEnrolled").topicHash)];
  const logs = await chainLogs(
    chain,
    (from, to) => provider.getLogs({ address, topics, fromBlock: from, toBlock: to }),
    { from: fromBlock },
  );
  const changes = new Map<Hex32, Change[]>();
  for (const log of logs) {
    const event = hospitals.interface.parseLog(log);
    if (event === null) continue;
    // The ABI fixes names and types; ethers' Result is untyped.
    const { memberId, hospitalId, certificate, member } = event.args.toObject() as Record<string, unknown>;
    const { account } = (certificate ?? member ?? {}) as { account?: string };
    const id = hex32(String(memberId));
    const before = changes.get(id) ?? [];
    changes.set(id, [
      ...before,
      { hospitalId: hex32(String(hospitalId)), account, block: log.blockNumber, position: log.index },
    ]);
  }
  const at = (patient: Hex32, { block, position }: Placed): Change | undefined =>
    changes.get(patient)?.findLast((each) => each.block < block || (each.block === block && each.position < position));
  return {
    hospitalOf: (patient, event) => at(patient, event)?.hospitalId,
    accountOf: (patient, event) => at(patient, event)?.account,
  };
}
