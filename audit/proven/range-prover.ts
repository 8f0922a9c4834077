/** Proves a range of blocks before it is stored: their headers by validators' seals, their contents by the headers' roots. */
import type { AuditSource } from "../access-history.ts";
import { addressesOf } from "../read/events.ts";
import type { NodeLog } from "../read/node-answers.ts";
import type { NodeBlock, NodeHeader } from "../read/node-client.ts";
import type { Store } from "../store/store.ts";
import { contentsContradiction } from "./block-contents.ts";
import type { Contradiction } from "./contradiction.ts";
import { proofNode } from "./proof-node.ts";
import { type Signers, sealReader } from "./seal-signers.ts";
import { type SealedHeader, sealedHeader } from "./sealed-header.ts";
import { saveTrusted, trustedIn } from "./trusted-validators.ts";
import { validatorWalk } from "./validator-walk.ts";

/** Blocks whose receipts are asked for at once. */
const BLOCKS_AT_ONCE = 50;

export interface RangeProver extends AsyncDisposable {
  /**
   * Proves the blocks of a range that logs are in, and its last block, which may be one of them.
   *
   * @returns how a node contradicts what validators sealed; undefined where all is proven
   * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL; the signal's reason
   */
  prove(
    blocks: readonly (readonly [NodeBlock, readonly NodeLog[]])[],
    end: NodeHeader,
  ): Promise<Contradiction | undefined>;
  /** Keeps who the validators are by now, with the range that was proven last. */
  save(): void;
}

/** The prover of a chain whose validators the configuration names; undefined for one without. */
export function rangeProver(store: Store, source: AuditSource, signal?: AbortSignal): RangeProver | undefined {
  const { deployment, validators, fromBlock, studies } = source;
  if (!validators) return undefined;
  const { chainId } = deployment;
  const addresses = new Set(addressesOf(deployment, studies).map((address) => address.toLowerCase()));
  const node = proofNode(deployment, signal);
  const seals = sealReader();
  const first = { block: fromBlock, validators: validators.map((each) => each.toLowerCase()) };
  const walk = validatorWalk(trustedIn(store, chainId) ?? first, async (block) => {
    const header = headerOf((await node.headers([block]))[0], block);
    if ("code" in header) return header;
    const [signers = []] = await seals.signersOf([header]);
    return [header, signers];
  });

  /** Headers that follow each other: the seals of the last prove them all. */
  const proveHeaders = async (headers: readonly SealedHeader[]): Promise<Contradiction | undefined> => {
    const lasts: SealedHeader[] = [];
    for (const [at, header] of headers.entries()) {
      const next = headers[at + 1];
      if (next?.height !== header.height + 1) lasts.push(header);
      else if (next.parentHash !== header.blockHash) {
        const message = "the block does not follow the one before it";
        return {
          code: "HEADER_MISMATCH",
          block: next.height,
          message,
          expected: header.blockHash,
          found: next.parentHash,
        };
      }
    }
    const signers: readonly Signers[] = await seals.signersOf(lasts);
    for (const [at, last] of lasts.entries()) {
      const wrong = await walk.accept(last, signers[at] ?? []);
      if (wrong) return wrong;
    }
    return undefined;
  };

  return {
    async prove(blocks, end) {
      const numbers = blocks.map(([{ number }]) => number);
      if (numbers.at(-1) !== end.number) numbers.push(end.number);
      const headers: SealedHeader[] = [];
      for (const [at, raw] of (await node.headers(numbers)).entries()) {
        const header = headerOf(raw, numbers[at] ?? Number.NaN);
        if ("code" in header) return header;
        headers.push(header);
      }
      const last = headers.at(-1);
      const ended = `0x${end.hash.toString("hex")}`;
      if (last?.blockHash !== ended) {
        const message = "a header's fields do not hash to its block's hash";
        return {
          code: "HEADER_MISMATCH",
          block: end.number,
          message,
          expected: ended,
          found: last?.blockHash ?? "none",
        };
      }
      const wrong = await proveHeaders(headers);
      if (wrong) return wrong;
      for (let from = 0; from < blocks.length; from += BLOCKS_AT_ONCE) {
        const some = blocks.slice(from, from + BLOCKS_AT_ONCE);
        const receipts = await node.receipts(some.map(([block]) => block));
        for (const [at, [block, logs]] of some.entries()) {
          const header = headers[from + at];
          if (!header) throw new RangeError("a block without a header"); // there is one for each
          const told = { header, block, receipts: receipts[at] ?? [], logs };
          const altered = contentsContradiction(told, chainId, addresses);
          if (altered) return altered;
        }
      }
      return undefined;
    },
    save: () => saveTrusted(store, chainId, walk.trusted()),
    [Symbol.asyncDispose]: () => seals[Symbol.asyncDispose](),
  };
}

/** The header that was asked for, or what is wrong with the answer. */
function headerOf(raw: unknown, block: number): SealedHeader | Contradiction {
  const header = sealedHeader(raw);
  if (header?.height === block) return header;
  return {
    code: "HEADER_UNSEALED",
    block,
    message: "the node does not tell a header with validators and seals",
    expected: `the header of block ${block}, as QBFT has it`,
    found: header ? `block ${header.height}` : raw === null ? "none" : "a header without them",
  };
}
