/**
 * Headers of QBFT blocks, and the three hashes of one. Its extraData carries validators, vote, round and seals (`qbft-extra-data.ts`).
 *
 * - What the validators *seal* is the header without seals, with its own round.
 * - The block's *hash* is of the header without seals, with round 0. In round 0 the two are the same.
 * - The keccak of the raw header, with its seals, means nothing.
 *
 * Checked on the blocks of Hyperledger Besu 24.3.3 that the tests have.
 */
import { hexlify, recoverAddress, Signature } from "ethers";
import { decodeQbftExtraData, encodeQbftExtraData, type QbftExtraData } from "./qbft-extra-data.ts";
import { rlpWriter } from "./rlp-writer.ts";

export interface QbftHeader extends QbftExtraData {
  readonly number: bigint;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly stateRoot: string;
  /** RLP of the header without seals, with its round: what was sealed. Lower-case hex. */
  readonly sealedRlp: string;
  /** Keccak-256 of `sealedRlp`: what each seal signs, without a prefix. */
  readonly sealHash: string;
  /** What the chain calls the block's hash. */
  readonly blockHash: string;
}

/** In the order of the header, with the first fork that has them: London. Besu's QBFT blocks have no more. */
const FIELDS = [
  ["parentHash", 32],
  ["sha3Uncles", 32],
  ["miner", 20],
  ["stateRoot", 32],
  ["transactionsRoot", 32],
  ["receiptsRoot", 32],
  ["logsBloom", 256],
  ["difficulty", "integer"],
  ["number", "integer"],
  ["gasLimit", "integer"],
  ["gasUsed", "integer"],
  ["timestamp", "integer"],
  ["extraData", "extraData"],
  ["mixHash", 32],
  ["nonce", 8],
] as const;
/** Of later forks. A header has those of its fork, and all of the forks before: none after one that is missing. */
const LATER_FIELDS = [
  ["baseFeePerGas", "integer"],
  ["withdrawalsRoot", 32],
  ["blobGasUsed", "integer"],
  ["excessBlobGas", "integer"],
  ["parentBeaconBlockRoot", 32],
  ["requestsHash", 32],
] as const;
type Form = (typeof FIELDS | typeof LATER_FIELDS)[number][1];

/** Longer than what as many validators as there may be need with their seals. */
const MAX_EXTRA_DATA = 2 + 2 * 32_768;

type Fields = Readonly<Record<string, unknown>>;

/** Bundlers for browsers, which have no Buffer, leave it out where nothing uses it. */
const rlp = /* @__PURE__ */ rlpWriter();

/**
 * Reads a QBFT block's header from its fields, as a node tells them (`eth_getBlockByNumber`). Whatever else the answer has is not looked at,
 * its `hash` neither: compare it with `blockHash`.
 *
 * @returns undefined where a field is missing or malformed, or extraData is not QBFT's
 */
export function qbftHeader(block: unknown): QbftHeader | undefined {
  if (!isFields(block)) return undefined;
  const { extraData } = block;
  if (typeof extraData !== "string" || extraData.length > MAX_EXTRA_DATA) return undefined;
  const extra = decodeQbftExtraData(extraData);
  if (extra === undefined) return undefined;
  const unsealed = { ...extra, seals: [] };
  const sealedRlp = headerRlp(block, encodeQbftExtraData(unsealed));
  if (sealedRlp === undefined) return undefined;
  const sealHash = hexlify(rlp.hash() as Uint8Array); // it was encoded just now
  let blockHash = sealHash;
  if (extra.round !== 0) {
    headerRlp(block, encodeQbftExtraData({ ...unsealed, round: 0 }));
    blockHash = hexlify(rlp.hash() as Uint8Array); // the same fields
  }
  return {
    ...extra,
    number: BigInt(String(block.number)),
    timestamp: BigInt(String(block.timestamp)),
    stateRoot: String(block.stateRoot).toLowerCase(),
    sealedRlp,
    sealHash,
    blockHash,
  };
}

/**
 * Whose seals a header carries: the address that each recovers to, in their order; undefined for one that is no signature. That they
 * are different, and validators, is to be checked.
 */
export function qbftSealers({ seals, sealHash }: QbftHeader): (string | undefined)[] {
  return seals.map((seal) => {
    const v = Number(`0x${seal.slice(-2)}`);
    if (v > 1) return undefined;
    try {
      const signature = Signature.from({ r: seal.slice(0, 66), s: `0x${seal.slice(66, 130)}`, v: 27 + v });
      return recoverAddress(sealHash, signature).toLowerCase();
    } catch {
      return undefined; // r or s out of range, or s in the upper half: nobody's
    }
  });
}

/** How many of so many validators must seal a block: ⌈2n/3⌉. */
export const qbftQuorum = (validators: number): number => Math.ceil((2 * validators) / 3);

/** The header with this extraData, undefined where a field is missing or malformed. What the writer holds then is it, too. */
function headerRlp(block: Fields, extraData: string): string | undefined {
  rlp.begin();
  for (const [name, form] of FIELDS) {
    if (!writeField(form === "extraData" ? extraData : block[name], form)) return undefined;
  }
  let isLast = false;
  for (const [name, form] of LATER_FIELDS) {
    const value = block[name];
    if (value === undefined || value === null) isLast = true;
    else if (isLast || !writeField(value, form)) return undefined;
  }
  const encoded = rlp.encoded();
  return encoded && `0x${encoded.toString("hex")}`;
}

function writeField(value: unknown, form: Form): boolean {
  if (typeof value !== "string") return false;
  if (form === "integer") {
    if (!/^0x[0-9a-f]{1,64}$/i.test(value)) return false;
    rlp.integer(value);
  } else {
    if (form !== "extraData" && value.length !== 2 + 2 * form) return false;
    rlp.bytes(value);
  }
  return true;
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
