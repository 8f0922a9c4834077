import { type Hex32, MedexError } from "@medexchain/core";
import type { Chain } from "./connect.ts";
import { nextVersionSalt, recordIdOf } from "./ids.ts";
import { ask } from "./transact.ts";

/** So many times an owner may have given a record new keys; what is longer is no history of a record. */
const MAX_VERSIONS = 1_000;

/** A record in its line of versions. */
export interface Version {
  readonly recordId: Hex32;
  /** From 0, counted from the record that was asked for. */
  readonly steps: number;
}

/**
 * The current version of a record: that after which no other is anchored.
 *
 * @throws RECORD_UNKNOWN when the chain has no such record; SERVICE_PROTOCOL when its versions do not end; SERVICE_UNREACHABLE
 */
export async function currentVersionOf(chain: Chain, recordId: Hex32): Promise<Version> {
  const { owner, anchoredAt } = await ask(chain, () => chain.records.record(recordId));
  if (anchoredAt === 0n) {
    throw new MedexError("RECORD_UNKNOWN", `chain ${chain.deployment.chainId} has no record ${recordId}; check the id`);
  }
  let current = recordId;
  for (let steps = 0; steps < MAX_VERSIONS; steps += 1) {
    const next = recordIdOf(owner as Hex32, nextVersionSalt(current)); // bytes32 in the ABI
    const { anchoredAt: at } = await ask(chain, () => chain.records.record(next));
    if (at === 0n) return { recordId: current, steps };
    current = next;
  }
  throw new MedexError(
    "SERVICE_PROTOCOL",
    `chain ${chain.deployment.chainId}: the versions of record ${recordId} do not end; use another node`,
  );
}
