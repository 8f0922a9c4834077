/** What one node takes for a transaction that stores a value: EDR, with this project's contract for records. */
import { instantiateSecp256k1, sha256 } from "@bitauth/libauth";
import { type Chain, toHex32 } from "@medexchain/chain";
import { startDevnet } from "@medexchain/devnet";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { assembleCast } from "../../devnet/cast.ts";
import { quantile } from "../measure.ts";
import type { NodeCosts } from "./model.ts";

const GAS_LIMIT = 250_000n;
const MESSAGES = 200;

/** Measures so many blocks of so many transactions each. Medians of processor time of the process, of which nothing else is at work. */
export async function measureNode(blocks: number, perBlock: number): Promise<NodeCosts> {
  await using stack = new AsyncDisposableStack();
  const devnet = stack.adopt(await startDevnet(), (each) => each.close());
  const cast = stack.adopt(await assembleCast(devnet), (each) => each.close());
  const { chain, memberId } = cast.patient;
  const account = chain.records.runner;
  if (!(account instanceof Wallet)) throw new Error("the patient signs by a wallet");
  const [received, executed]: number[][] = [[], []];
  let bytes = 0;
  await chain.provider.send("evm_setAutomine", [false]);
  for (let block = 0; block <= blocks; block += 1) {
    const signed = await signAnchors(chain, account, memberId, perBlock);
    bytes = (signed[0] ?? "").length / 2 - 1;
    const receiving = await processorOf(async () => {
      for (const raw of signed) await chain.provider.send("eth_sendRawTransaction", [raw]);
    });
    const execution = await processorOf(() => chain.provider.send("evm_mine", []));
    const mined = await chain.provider.getBlock("latest");
    if (mined?.transactions.length !== perBlock)
      throw new Error(`a block took ${mined?.transactions.length} of ${perBlock}`);
    if (block === 0) continue; // the first compiles
    received?.push(receiving / perBlock);
    executed?.push(execution / perBlock);
  }
  return { receive: median(received ?? []), execute: median(executed ?? []), bytes, ...(await measureMessages()) };
}

async function signAnchors(chain: Chain, account: Wallet, owner: string, count: number): Promise<string[]> {
  const { chainId, records: to } = chain.deployment;
  const first = await chain.provider.getTransactionCount(account.address);
  const { maxFeePerGas, maxPriorityFeePerGas } = await chain.provider.getFeeData();
  const fees = { maxFeePerGas: (maxFeePerGas ?? 0n) * 2n, maxPriorityFeePerGas };
  const draw = () => toHex32(randomBytes(32));
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const anchor = {
        owner,
        salt: draw(),
        capsule: draw(),
        publicFragment: draw(),
        privateFragment: draw(),
        maxAccessCount: 1,
      };
      const data = chain.records.interface.encodeFunctionData("anchor", [anchor]);
      return account.signTransaction({
        type: 2,
        chainId,
        to,
        data,
        nonce: first + index,
        gasLimit: GAS_LIMIT,
        ...fees,
      });
    }),
  );
}

/** Of one message, by libsecp256k1, as the relayer has it. */
async function measureMessages(): Promise<Pick<NodeCosts, "sign" | "verify">> {
  const secp256k1 = await instantiateSecp256k1();
  const key = hexToBytes(Wallet.createRandom().privateKey.slice(2));
  const publicKey = secp256k1.derivePublicKeyCompressed(key);
  if (typeof publicKey === "string") throw new Error(publicKey);
  const digests = Array.from({ length: MESSAGES }, () => sha256.hash(randomBytes(32)));
  const signatures: Uint8Array[] = [];
  const signing = await processorOf(async () => {
    for (const digest of digests) {
      const signature = secp256k1.signMessageHashCompact(key, digest);
      if (typeof signature === "string") throw new Error(signature);
      signatures.push(signature);
    }
  });
  let right = 0;
  const verifying = await processorOf(async () => {
    for (const [at, signature] of signatures.entries()) {
      if (secp256k1.verifySignatureCompact(signature, publicKey, digests[at] ?? new Uint8Array())) right += 1;
    }
  });
  if (right !== MESSAGES) throw new Error(`${MESSAGES - right} signatures do not verify`);
  return { sign: signing / MESSAGES, verify: verifying / MESSAGES };
}

/** Processor milliseconds that all of this process's threads take meanwhile. */
async function processorOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
