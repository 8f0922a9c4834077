import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { goInstall, goIsMissing } from "./go-install.ts";
import { type RealServer, startProcess } from "./server.ts";

/** 0.36 to 0.43 do not build with Go 1.26. */
const KUBO = { main: "github.com/ipfs/kubo/cmd/ipfs", version: "v0.33.2" };

/** An IPFS node on loopback that knows no other. */
export const kubo: RealServer = {
  title: "Kubo",
  how: "built from its Go module; the profile `test`, offline, without bootstrap nodes",
  suites: [
    "test/real/kubo.test.ts",
    "test/real/path.test.ts",
    "test/offchain/ipfs/content-store.test.ts",
    "test/offchain/ipfs/foreign-content.test.ts",
    "test/offchain/actors/fragment-parts.test.ts",
    "test/offchain/tangle/boxes.test.ts",
  ],
  missing: goIsMissing,
  async start(directory, stack) {
    const command = goInstall(KUBO);
    const environment = { IPFS_PATH: join(directory, "repository") };
    const ipfs = (...args: string[]): string =>
      execFileSync(command, args, { env: { ...process.env, ...environment }, encoding: "utf8", stdio: "pipe" });
    ipfs("init", "--profile", "test");
    ipfs("bootstrap", "rm", "--all");
    // Written once the API listens: the profile lets the system choose the port.
    const address = () => readFile(join(environment.IPFS_PATH, "api"), "utf8");
    const args = ["daemon", "--offline"];
    await startProcess({ command, args, cwd: directory, environment, ready: address }, stack);
    const [, , host, , port] = (await address()).trim().split("/");
    return {
      version: ipfs("version", "--number").trim(),
      environment: { MEDEX_TEST_IPFS_URL: `http://${host}:${port}` },
    };
  },
};
