/** What k of n relayers have published for a request, fetched by the digests that the owner anchored. */
import { ask, type Chain, chainLogs, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { type Partial, parsePartial, type SealedReKey } from "@medexchain/pre";
import { equalBytes } from "@noble/curves/utils.js";

/** How long one partial may take: the others are there to go on with. */
const PARTIAL_MS = 10_000;

/** An index above it has no bit in the event. */
const LAST_BIT = 255;

/**
 * The relayers that say, by the log of the grant, that their partials are out.
 *
 * @param chain the owner's
 * @returns their indices; none where the node has no such log
 */
export async function signersOf(chain: Chain, requestId: Hex32): Promise<ReadonlySet<number>> {
  const { grants } = chain;
  const { updatedAt } = await ask(chain, () => grants.grant(requestId));
  const block = { from: Number(updatedAt), to: Number(updatedAt) };
  const filter = grants.filters.ReEncrypted(requestId);
  const [log] = await chainLogs(chain, (from, to) => grants.queryFilter(filter, from, to), block);
  const bits = log?.args.signers ?? 0n;
  const indices = Array.from({ length: LAST_BIT + 1 }, (_, index) => index);
  return new Set(indices.filter((index) => (bits >> BigInt(index)) & 1n));
}

export interface FetchPartialsOptions {
  /** Asked first. */
  readonly signers: ReadonlySet<number>;
  /** For each partial, in milliseconds; 10 s unless given. */
  readonly timeoutMs?: number;
}

/**
 * Fetches the partials of k relayers: of those that say theirs is out first, and of any other of the n in the place of one that does not come.
 * Each is the one committed to, as it is fetched by its digest; what is under a digest and is no partial is the firewall's fault.
 *
 * @returns k of them, in the order of their indices
 * @throws PARTIALS_MISSING when fewer than k come; PRE_DEALING_INVALID; SERVICE_UNREACHABLE when none comes since the node does not answer
 */
export async function fetchPartials(
  store: ContentStore,
  { indices, digests, threshold, requestId, epoch }: SealedReKey,
  { signers, timeoutMs = PARTIAL_MS }: FetchPartialsOptions,
): Promise<Partial[]> {
  const all = indices.flatMap((index, at) => {
    const digest = digests[at];
    return digest === undefined ? [] : [{ index, digest }];
  });
  const waiting = [...all.filter(({ index }) => signers.has(index)), ...all.filter(({ index }) => !signers.has(index))];
  const found: Partial[] = [];
  const missing: { readonly index: number; readonly cause: unknown }[] = [];

  const fetchOne = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { index, digest } = next;
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const bytes = await store.get(digest, { maxBytes: CONTENT_LIMITS.partial, signal });
        found.push(readPartial(bytes, index, requestId, epoch));
        return;
      } catch (cause) {
        if (MedexError.is(cause, "PRE_DEALING_INVALID")) throw cause;
        missing.push({ index, cause });
      }
    }
  };
  await Promise.all(Array.from({ length: threshold }, fetchOne));

  if (found.length < threshold) throw tooFew(found, missing, threshold);
  return found.sort((one, other) => one.index - other.index);
}

/** The firewall committed to these bytes: that they are what it had to commit to. */
function readPartial(bytes: Uint8Array, index: number, requestId: Uint8Array, epoch: bigint): Partial {
  const wrong = (cause?: unknown) =>
    new MedexError(
      "PRE_DEALING_INVALID",
      `what the owner's hospital committed to as the partial of relayer ${index} is none for this request: dispute it`,
      { cause },
    );
  let partial: ReturnType<typeof parsePartial>;
  try {
    partial = parsePartial(bytes);
  } catch (cause) {
    throw wrong(cause);
  }
  const isOfRequest = partial.index === index && partial.epoch === epoch && equalBytes(partial.requestId, requestId);
  if (!isOfRequest) throw wrong();
  return partial;
}

function tooFew(
  found: readonly Partial[],
  missing: readonly { readonly index: number; readonly cause: unknown }[],
  threshold: number,
): MedexError {
  const [first] = missing;
  const isNodeDown = missing.every(({ cause }) => MedexError.is(cause, "SERVICE_UNREACHABLE"));
  if (found.length === 0 && isNodeDown && first?.cause instanceof MedexError) return first.cause;
  const numbers = missing.map(({ index }) => index).sort((one, other) => one - other);
  return new MedexError(
    "PARTIALS_MISSING",
    `only ${found.length} of the ${threshold} partials that open the record can be fetched; those of relayers ${numbers.join(", ")} cannot: try again later`,
    { cause: first?.cause },
  );
}
