/** Who has asked for a record, and who has read it. */
import {
  type Acknowledgement,
  acknowledgementOf,
  ask,
  chainLogs,
  type Hex32,
  type RequestState,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Network } from "./network.ts";

export interface Access {
  readonly requestId: Hex32;
  /** What the owner calls them. */
  readonly who: string | undefined;
  readonly requester: Hex32;
  readonly hospital: string | undefined;
  readonly purpose: string;
  /** Unix seconds. */
  readonly askedAt: number;
  /** Unix seconds; undefined while nothing is decided. */
  readonly decidedAt: number | undefined;
  readonly state: RequestState;
  readonly read: Reading | undefined;
}

/** What the reader said on its own chain. */
export interface Reading {
  readonly acknowledged: Exclude<Acknowledgement, "None">;
  /** Unix seconds. */
  readonly at: number;
}

/** What a doctor has said of a request on the doctor's chain. Undefined where nothing is said, or that chain does not answer. */
export async function readingOf(
  network: Network,
  sourceChainId: bigint,
  requestId: Hex32,
): Promise<Reading | undefined> {
  const place = network.chainOf(sourceChainId);
  if (place === undefined) return undefined;
  try {
    const chain = await network.chain(place.name);
    const { acknowledgement } = await ask(chain, () => chain.requests.status(requestId));
    const acknowledged = acknowledgementOf(acknowledgement);
    if (acknowledged === "None") return undefined;
    const filter = chain.requests.filters.Acknowledged(requestId);
    const logs = await chainLogs(chain, (first, last) => chain.requests.queryFilter(filter, first, last), {
      from: place.from,
    });
    const at = await ask(chain, async () => logs.at(-1)?.getBlock());
    return { acknowledged, at: at?.timestamp ?? 0 };
  } catch (error) {
    if (MedexError.is(error)) return undefined; // the owner's chain says the rest
    throw error;
  }
}
