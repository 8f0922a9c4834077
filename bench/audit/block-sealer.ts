/** Four validators who seal the blocks of a generated chain, as those of a QBFT network do. */
import { encodeQbftExtraData, qbftHeader, qbftQuorum } from "@medexchain/evm";
import { type Account, accountOf } from "./sign.ts";

const VALIDATORS = 4;
const ZERO_32 = `0x${"00".repeat(32)}`;
/** Of Istanbul's kin. */
const MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";

/** What a header commits to, as JSON-RPC has it. */
export interface Commitments {
  readonly number: string;
  readonly parentHash: string;
  readonly timestamp: string;
  readonly stateRoot: string;
  readonly transactionsRoot: string;
  readonly receiptsRoot: string;
}

export interface BlockSealer {
  readonly validators: readonly string[];
  /** A header's fields as `eth_getBlockByNumber` has them. */
  seal(block: Commitments): Readonly<Record<string, string>>;
}

export async function blockSealer(): Promise<BlockSealer> {
  const all: Account[] = [];
  for (let number = 0; number < VALIDATORS; number++) all.push(await accountOf(`bench validator ${number}`));
  all.sort((one, other) => (one.address < other.address ? -1 : 1));
  const validators = all.map(({ address }) => address);
  const extra = { vanity: ZERO_32, validators, vote: undefined, round: 0, seals: [] };
  const unsealed = encodeQbftExtraData(extra);
  const common = {
    sha3Uncles: "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    miner: validators[0] ?? "",
    logsBloom: `0x${"00".repeat(256)}`,
    difficulty: "0x1",
    gasLimit: "0x3938700",
    gasUsed: "0x0",
    mixHash: MIX_HASH,
    nonce: "0x0000000000000000",
    baseFeePerGas: "0x0",
  };
  return {
    validators,
    seal(block) {
      const fields = { ...common, ...block };
      const header = qbftHeader({ ...fields, extraData: unsealed });
      if (!header) throw new TypeError("the generator makes a header that is none");
      const seals = all.slice(0, qbftQuorum(all.length)).map(({ sign }) => {
        const signature = sign(header.sealHash);
        return `${signature.slice(0, -2)}0${Number(`0x${signature.slice(-2)}`) - 27}`;
      });
      return { ...fields, hash: header.blockHash, extraData: encodeQbftExtraData({ ...extra, seals }) };
    },
  };
}
