import { encodeQbftExtraData, qbftHeader, qbftQuorum } from "@medexchain/evm";
import { concat } from "ethers";
import type { Validator } from "./validators.ts";

/** A block as `eth_getBlockByNumber` answers it, without seals. */
export interface UnsealedBlock {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
  readonly [field: string]: unknown;
}

/** What of a block's fields is otherwise in the sealed one, as `eth_getBlockByNumber` has them. */
export interface SealedFields {
  readonly hash: string;
  readonly parentHash: string;
  readonly difficulty: string;
  readonly totalDifficulty: string;
  readonly mixHash: string;
  readonly extraData: string;
}

/** Of forks after London: Besu's QBFT headers do not have them. */
export const LATER_FIELDS = [
  "withdrawals",
  "withdrawalsRoot",
  "blobGasUsed",
  "excessBlobGas",
  "parentBeaconBlockRoot",
  "requestsHash",
] as const;
const WITHOUT_LATER = Object.fromEntries(LATER_FIELDS.map((name) => [name, undefined]));

/** Stands in every header of Istanbul's kin: "ctical byzantine fault tolerance". */
const MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";
const VANITY = `0x${"00".repeat(32)}`;
/** One block in so many is of a second round, as where a proposer is late: its seals sign another hash than the block's. */
const SECOND_ROUND_EVERY = 10;

/**
 * Seals a block, by as many validators as must and no more.
 *
 * @param parentHash of the sealed parent
 * @param validators in ascending order
 */
export function sealBlock(block: UnsealedBlock, parentHash: string, validators: readonly Validator[]): SealedFields {
  const number = Number(block.number);
  const round = number > 0 && number % SECOND_ROUND_EVERY === 0 ? 1 : 0;
  const addresses = validators.map(({ address }) => address);
  const extra = { vanity: VANITY, validators: addresses, vote: undefined, round, seals: [] };
  const fields = {
    parentHash,
    difficulty: "0x1",
    totalDifficulty: `0x${(number + 1).toString(16)}`,
    mixHash: MIX_HASH,
  };
  const header = qbftHeader({ ...block, ...WITHOUT_LATER, ...fields, extraData: encodeQbftExtraData(extra) });
  if (header === undefined) throw new TypeError(`block ${number} cannot be sealed: the chain answers no whole header`);
  // Nobody seals the first block. The proposers take turns, and so do the others with them.
  const sealing = number === 0 ? [] : [...validators, ...validators].slice(number % validators.length);
  const seals = sealing.slice(0, qbftQuorum(validators.length)).map(({ key }) => {
    const { r, s, yParity } = key.sign(header.sealHash);
    return concat([r, s, `0x0${yParity}`]);
  });
  return { hash: header.blockHash, ...fields, extraData: encodeQbftExtraData({ ...extra, seals }) };
}
