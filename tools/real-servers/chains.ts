/** Anvil and geth: a node for each of the two chains. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goInstall, goIsMissing } from "./go-install.ts";
import { type Environment, freePort, type RealServer, rpc, startProcess } from "./server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const IDS = [31337, 31338] as const;
const GETH = { main: "github.com/ethereum/go-ethereum/cmd/geth", version: "v1.17.10" };

/** Starts a node of each chain, and gives their variables. */
async function startBoth(start: (chainId: number, port: number) => Promise<unknown>): Promise<Environment> {
  const [a, b] = [await freePort(), await freePort()];
  await Promise.all([start(IDS[0], a), start(IDS[1], b)]);
  return { MEDEX_TEST_CHAIN_A_URL: `http://127.0.0.1:${a}`, MEDEX_TEST_CHAIN_B_URL: `http://127.0.0.1:${b}` };
}

const versionOf = ({ MEDEX_TEST_CHAIN_A_URL: url = "" }: Environment): Promise<string> =>
  rpc(url, "web3_clientVersion");
const ready = (port: number) => () => rpc(`http://127.0.0.1:${port}`, "eth_chainId");

export const anvil: RealServer = {
  title: "anvil",
  how: "from npm; a block each second",
  suites: ["test/real/path.test.ts", "test/real/fallback.test.ts"],
  missing: () => undefined,
  async start(directory, stack) {
    const environment = await startBoth((chainId, port) => {
      const args = ["--chain-id", String(chainId), "--port", String(port), "--block-time", "1", "--silent"];
      const command = join(ROOT, "node_modules/.bin/anvil");
      return startProcess({ command, args, cwd: directory, ready: ready(port) }, stack);
    });
    return { version: await versionOf(environment), environment };
  },
};

export const geth: RealServer = {
  title: "geth",
  how: "built from its Go module; `--dev`, a block each second, a genesis with Cancun",
  suites: ["test/real/path.test.ts"],
  missing: goIsMissing,
  async start(directory, stack) {
    const command = goInstall(GETH);
    const genesis = JSON.parse(await readFile(new URL("geth-genesis.json", import.meta.url), "utf8"));
    const environment = await startBoth(async (chainId, port) => {
      const [data, file] = [join(directory, `chain-${chainId}`), join(directory, `genesis-${chainId}.json`)];
      await writeFile(file, JSON.stringify({ ...genesis, config: { ...genesis.config, chainId } }));
      execFileSync(command, ["init", "--datadir", data, file], { stdio: "ignore" });
      const args = ["--dev", "--dev.period", "1", "--nodiscover", "--maxpeers", "0", "--ipcdisable", "--datadir", data];
      args.push("--http", "--http.addr", "127.0.0.1", "--http.port", String(port), "--authrpc.port", "0");
      return startProcess({ command, args, cwd: directory, ready: ready(port) }, stack);
    });
    return { version: await versionOf(environment), environment };
  },
};
