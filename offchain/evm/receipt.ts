/** A transaction's receipt (Yellow Paper, section 4.3.1; EIP-658, EIP-2718), from the fields that a node tells. */
import { rlpWriter } from "./rlp-writer.ts";

/** Bundlers for browsers, which have no Buffer, leave it out where nothing uses it. */
const rlp = /* @__PURE__ */ rlpWriter();
/** Types of envelopes: EIP-2718 leaves the others to legacy transactions. */
const MOST_TYPE = 0x7f;

/**
 * A receipt as its block's trie has it.
 *
 * @param raw a receipt as JSON-RPC gives it: anything
 * @returns undefined where a field is not there or malformed
 */
export function encodedReceipt(raw: unknown): Buffer | undefined {
  if (!isFields(raw)) return undefined;
  const { type = "0x0", status, root, cumulativeGasUsed, logsBloom, logs } = raw;
  const kind = typeof type === "string" && /^0x[0-9a-f]{1,2}$/.test(type) ? Number(type) : Number.NaN;
  if (!(kind <= MOST_TYPE) || !Array.isArray(logs)) return undefined;
  let isWhole = true;
  rlp.begin();
  // Before EIP-658 the state's root stood here, which a node tells in the status's place.
  if (status === undefined || status === null) rlp.bytes(root);
  else rlp.integer(status);
  rlp.integer(cumulativeGasUsed);
  rlp.bytes(logsBloom);
  rlp.list(() => {
    for (const log of logs) {
      if (!isFields(log) || !Array.isArray(log.topics)) {
        isWhole = false;
        continue;
      }
      const { address, topics, data } = log;
      rlp.list(() => {
        rlp.bytes(address);
        rlp.list(() => {
          for (const topic of topics) rlp.bytes(topic);
        });
        rlp.bytes(data);
      });
    }
  });
  return isWhole ? rlp.encoded(kind === 0 ? undefined : kind) : undefined;
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
