import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { type JsonRpc, NodeRefusal } from "@medexchain/evm";
import { formatEther } from "ethers";
import { z } from "zod";
import type { NetworkConfig } from "./config.ts";

/** Gas of a whole deployment to one chain, with room to spare. */
const GAS_NEEDED = 25_000_000n;

/** Init code that runs PUSH0 (Shanghai) and MCOPY (Cancun), the newest instructions of the compiler's EVM version. */
const CANCUN_PROBE = "0x5f5f5f5e00";

/**
 * Checks what would make a deployment fail half way: that the RPC answers, serves the chain that is meant, and runs an EVM that the
 * contracts are compiled for.
 *
 * @throws SERVICE_UNREACHABLE, CHAIN_MISMATCH
 */
export async function checkChain({ name, chainId }: NetworkConfig, rpc: JsonRpc): Promise<void> {
  const served = Number(await rpc.request("eth_chainId"));
  if (served !== chainId) {
    throw new MedexError(
      "CHAIN_MISMATCH",
      `${name} serves chain ${served}, not ${chainId}: check its rpcUrl and chainId`,
    );
  }
  try {
    await rpc.request("eth_call", [{ data: CANCUN_PROBE }, "latest"]);
  } catch (error) {
    if (!(error instanceof NodeRefusal)) throw error;
    throw new MedexError(
      "CHAIN_MISMATCH",
      `${name} does not run the Cancun EVM that the contracts are compiled for: set cancunTime in its genesis`,
      { cause: error },
    );
  }
}

/**
 * Checks that the deployer can pay for a whole deployment.
 *
 * @throws DEPLOYER_UNFUNDED naming the account and the sum
 */
export async function checkFunds({ name, parameters }: NetworkConfig, rpc: JsonRpc, deployer: string): Promise<void> {
  const { gasPrice } = parameters.transactions;
  const price = gasPrice === undefined ? BigInt(String(await rpc.request("eth_gasPrice"))) : BigInt(gasPrice);
  const balance = BigInt(String(await rpc.request("eth_getBalance", [deployer, "latest"])));
  const needed = price * GAS_NEEDED;
  if (balance >= needed) return;
  throw new MedexError(
    "DEPLOYER_UNFUNDED",
    `${name}: the deployer ${deployer} has ${formatEther(balance)} of about ${formatEther(needed)} ether: fund it`,
  );
}

const originSchema = z.strictObject({ chainId: z.number(), genesis: z.string(), deployer: z.string() });

/**
 * Ties the journal to its chain and deployer, at the first run; checks both at later ones. A chain that was reset keeps its id, but a
 * journal of its former life would skip what is not there.
 *
 * @throws CHAIN_MISMATCH for a journal of another chain
 * @returns the account that began the deployment
 */
export async function openJournal(network: NetworkConfig, rpc: JsonRpc, deployer: string): Promise<string> {
  const { name, chainId, journal } = network;
  const block = z.object({ hash: z.string() }).parse(await rpc.request("eth_getBlockByNumber", ["0x0", false]));
  const file = join(journal, "origin.json");
  if (!existsSync(file)) {
    mkdirSync(journal, { recursive: true });
    writeFileSync(file, `${JSON.stringify({ chainId, genesis: block.hash, deployer }, undefined, 2)}\n`);
    return deployer;
  }
  const origin = originSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  if (origin.chainId !== chainId || origin.genesis !== block.hash) {
    throw new MedexError(
      "CHAIN_MISMATCH",
      `${name}: the journal ${journal} belongs to another chain (id ${origin.chainId}, genesis ${origin.genesis}): if this one was reset, move the journal away`,
    );
  }
  return origin.deployer;
}
