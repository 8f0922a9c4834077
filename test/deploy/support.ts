import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { JsonRpcProvider, Transaction } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import hardhatConfig from "../../hardhat.config.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MEDEX = fileURLToPath(new URL("../../cli/medex.ts", import.meta.url));

export interface TestChain {
  readonly rpcUrl: string;
  readonly provider: JsonRpcProvider;
  close(): Promise<void>;
}

/** Two Hardhat chains with their own RPC ports: 31337 asks for gas as Ethereum does, 31338 is free as a Besu network is. */
export async function startChains(): Promise<readonly [TestChain, TestChain]> {
  const networks = {
    ...hardhatConfig.networks,
    chainB: { ...hardhatConfig.networks?.chainB, type: "edr-simulated", initialBaseFeePerGas: 0 },
  } as const;
  const config = { ...hardhatConfig, networks } as typeof hardhatConfig; // the same but for the base fee
  const hre = await createHardhatRuntimeEnvironment(config, { config: `${ROOT}hardhat.config.ts` }, ROOT);
  const start = async (name: string, chainId: number): Promise<TestChain> => {
    const server = await hre.network.createServer(name, "127.0.0.1", 0);
    const { port } = await server.listen();
    const rpcUrl = `http://127.0.0.1:${port}`;
    const provider = new JsonRpcProvider(rpcUrl, chainId, {
      staticNetwork: true,
      pollingInterval: 20,
      cacheTimeout: -1,
    });
    return {
      rpcUrl,
      provider,
      async close() {
        provider.destroy();
        await server.close();
      },
    };
  };
  return [await start("chainA", 31337), await start("chainB", 31338)];
}

/** What becomes of a transaction on its way to the chain. */
export type Fate = "delivered" | "lost" | "reply lost";

export interface RpcProxy {
  readonly url: string;
  /** Decides on each transaction, in the order of sending. */
  fateOf: (transaction: Transaction) => Fate;
  /** Resolves when a transaction, or the reply to one, is held back. */
  held(): Promise<void>;
  close(): void;
}

/** An RPC endpoint in front of a chain's own that can hold transactions, or the replies to them, back for ever. */
export async function startProxy(upstream: string): Promise<RpcProxy> {
  let holding = Promise.withResolvers<void>();
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { method, params } = JSON.parse(body);
    const fate = method === "eth_sendRawTransaction" ? proxy.fateOf(Transaction.from(params[0])) : "delivered";
    if (fate === "lost") return holding.resolve();
    const answer = await fetch(upstream, { method: "POST", headers: { "content-type": "application/json" }, body });
    const text = await answer.text();
    if (fate === "reply lost") return holding.resolve();
    response.setHeader("content-type", "application/json");
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fateOf: () => "delivered",
    async held() {
      await holding.promise;
      holding = Promise.withResolvers();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `medex deploy`. */
export interface Deploying {
  readonly ended: Promise<Ended>;
  kill(): void;
}

/** Starts `medex deploy` in a process of its own. */
export function medexDeploy(config: string, key: string | undefined): Deploying {
  const { MEDEX_DEPLOYER_KEY: _, ...environment } = process.env;
  const child = spawn(process.execPath, [MEDEX, "deploy", "--config", config], {
    env: { ...environment, ...(key !== undefined && { MEDEX_DEPLOYER_KEY: key }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { ended, kill: () => child.kill("SIGKILL") };
}
