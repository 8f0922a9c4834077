/** Besu as its guide says (deploy/besu/README.md): the guide's own commands, in a copy of its folder. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RealServer, rpc, startProcess } from "./server.ts";

const GUIDE = fileURLToPath(new URL("../../deploy/besu/", import.meta.url));
/** As the guide has them: validator i of each network. */
const BASES = [8544, 9544] as const;
const VALIDATORS = [1, 2, 3, 4] as const;

/** The guide's blocks of commands: one that makes the networks, and one for each that starts a validator. */
async function readGuide(): Promise<readonly [make: string, startA: string, startB: string]> {
  const page = await readFile(join(GUIDE, "README.md"), "utf8");
  const [make, a, b] = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  if (!make?.includes("generate-blockchain-config") || !a?.includes("network/a") || !b?.includes("network/b")) {
    throw new Error(
      "deploy/besu/README.md: its first three blocks no longer make the networks and start A's and B's validators",
    );
  }
  return [make, a, b];
}

/** Two networks of four validators each. */
export const besu: RealServer = {
  title: "Besu",
  how: "two QBFT networks of four validators, by the commands of its guide",
  suites: ["test/real/path.test.ts", "test/real/besu.test.ts"],
  missing: () =>
    process.env.BESU_BIN === undefined
      ? `Besu is published at https://github.com/hyperledger/besu/releases; it needs Java. Name its program in BESU_BIN, as in
BESU_BIN=/opt/besu/bin/besu npm run test:real-besu. The path was seen to pass on Besu 24.3.3.`
      : undefined,
  async start(directory, stack) {
    const { BESU_BIN = "" } = process.env;
    const bin = join(directory, "bin");
    await mkdir(bin);
    await symlink(BESU_BIN, join(bin, "besu"));
    const folder = join(directory, "deploy/besu");
    await cp(GUIDE, folder, { recursive: true, filter: (file) => !file.startsWith(join(GUIDE, "network")) });
    const environment = { PATH: `${bin}${delimiter}${process.env.PATH}` };
    const [make, ...starts] = await readGuide();
    execFileSync("bash", ["-c", make], { cwd: directory, env: { ...process.env, ...environment }, stdio: "pipe" });

    const pids: number[] = [];
    for (const [network, start] of starts.entries()) {
      for (const i of VALIDATORS) {
        const command = start.replace("i=1", `i=${i}`).replace(/^besu /m, "exec besu ");
        const ready = () => rpc(`http://127.0.0.1:${(BASES[network] ?? 0) + i}`, "eth_chainId");
        const args = ["-c", command];
        const { pid = 0 } = await startProcess({ command: "bash", args, cwd: folder, environment, ready }, stack);
        pids.push(pid);
      }
    }
    const [urlA, urlB] = BASES.map((base) => `http://127.0.0.1:${base + 1}`) as [string, string]; // there are two
    return {
      version: await rpc(urlA, "web3_clientVersion"),
      environment: {
        MEDEX_TEST_CHAIN_A_URL: urlA,
        MEDEX_TEST_CHAIN_B_URL: urlB,
        // The last of A's, which nobody asks: the one to be killed.
        MEDEX_TEST_BESU_VALIDATOR_PID: String(pids[VALIDATORS.length - 1]),
      },
    };
  },
};
