import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { type Devnet, developmentAccount, startDevnet } from "@medexchain/devnet";
import { z } from "zod";
import type { Context } from "../context.ts";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { type ConfigEdit, readConfig } from "../session/config.ts";
import { writeDevnetConfig } from "./configuration.ts";
import { inviteFiles, inviteHospitals } from "./hospitals.ts";
import { devnetUpOutput } from "./outputs.ts";
import { removeState, runningDevnet, writeState } from "./state.ts";

const PORTS = { chainA: 8545, chainB: 8546, ipfs: 5001, tangle: 14265, relayer: 8080 };
/** How long a detached devnet may take to start, in milliseconds. */
const START_TIMEOUT_MS = 300_000;

export interface UpOptions {
  readonly directory?: string;
  readonly anyPorts?: boolean;
  readonly proven?: boolean;
  readonly detach?: boolean;
  readonly app?: boolean;
  /** Register two hospitals, and write the invites with which they are founded. */
  readonly hospitals?: boolean;
}

/** `medex devnet up`: the whole stack until it is interrupted. */
export async function devnetUp(context: Context, options: UpOptions): Promise<void> {
  const { output } = context;
  if ((await runningDevnet(context)) !== undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `a devnet of ${context.home} is running already: stop it with medex devnet down`,
    );
  }
  if (options.detach) return detach(context, options);
  const signal = abortOnSignal();
  const adminToken = randomBytes(32).toString("hex");
  const devnet = await startDevnet({
    signal,
    adminToken,
    lanes: options.proven ? "proven" : "attested",
    ...(!options.anyPorts && { ports: PORTS }),
    ...(options.directory !== undefined && { directory: options.directory }),
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  process.exitCode = exitCodeOf(signal);
  if (devnet === undefined) return;
  try {
    const registrarKeyFile = await writeFiles(context, devnet, adminToken);
    const invites = options.hospitals ? await inviteHospitals(context) : undefined;
    const { chainA, chainB, ipfsUrl, tangleUrl, relayerUrl, directory } = devnet;
    await using app = options.app
      ? await (await import("./app.ts")).startDevnetApp(devnet, context.configFile, options.anyPorts === true)
      : undefined;
    const services = {
      chainA: chainA.rpcUrl,
      chainB: chainB.rpcUrl,
      ipfs: ipfsUrl,
      tangle: tangleUrl,
      relayer: relayerUrl,
      ...(app && { app: app.url }),
    };
    await writeState(context, services);
    output.result(
      devnetUpOutput,
      {
        services,
        configuration: context.configFile,
        registrarKeyFile,
        directory,
        pid: process.pid,
        ...(invites && { invites }),
      },
      () => {
        for (const [name, url] of Object.entries(services)) output.fact(name, url);
        output.fact("data", directory);
        output.fact("configuration", context.configFile);
        output.fact("registrar's key", registrarKeyFile);
        if (app) {
          output.note(`Open ${app.url} in two windows: one as a patient, one as a doctor.`);
          for (const [hospital, url] of app.staffUrls) output.note(`For the staff of ${hospital}: ${url}`);
        }
        for (const invite of invites ?? []) output.fact("invite", invite);
        output.line("Press Ctrl-C to stop.");
      },
    );
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    });
  } finally {
    await devnet.close();
    await removeState(context);
  }
  process.exitCode = exitCodeOf(signal);
}

/** The configuration that leads to this devnet, and the key of the account that may register hospitals on its chains. */
async function writeFiles({ configFile, home }: Context, devnet: Devnet, adminToken: string): Promise<string> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const adminTokenFile = join(home, "devnet-relayer.token");
  await writeFileDurably(adminTokenFile, `${adminToken}\n`);
  await writeDevnetConfig(configFile, devnet, ...(await relayerSection(configFile, devnet, adminTokenFile)));
  const file = join(home, "devnet-registrar.key");
  // A well-known key: worth nothing outside of development chains.
  await writeFileDurably(file, `${developmentAccount(0).privateKey}\n`);
  return file;
}

/** By which `medex relayer` finds the devnet's relayer. A section that is somebody's own is left alone. */
async function relayerSection(configFile: string, devnet: Devnet, adminTokenFile: string): Promise<ConfigEdit[]> {
  const known = existsSync(configFile) ? (await readConfig(configFile)).relayer : undefined;
  const isOurs = ours.safeParse(known).data?.secrets.adminTokenFile === adminTokenFile;
  if (known !== undefined && !isOurs) return [];
  const { hostname: host, port } = new URL(devnet.relayerUrl);
  const section = {
    ipfs: { url: devnet.ipfsUrl },
    database: { directory: join(devnet.directory, "relayer") },
    http: { host, port: Number(port) },
    secrets: { adminTokenFile },
  };
  return [[["relayer"], section]];
}

const ours = z.object({ secrets: z.object({ adminTokenFile: z.string() }) });

/** Starts the same command once more, in a session of its own, and waits until it is up. */
async function detach(context: Context, options: UpOptions): Promise<void> {
  const { directory, anyPorts, app, hospitals, proven } = options;
  const { output, home } = context;
  await mkdir(home, { recursive: true, mode: 0o700 });
  const logFile = join(home, "devnet.log");
  const log = await open(logFile, "w", 0o600);
  const [node, script] = [process.execPath, process.argv[1] ?? ""];
  const args = ["--home", home, "--configuration", context.configFile, "devnet", "up"];
  if (anyPorts) args.push("--any-ports");
  if (app) args.push("--app");
  if (hospitals) args.push("--hospitals");
  if (proven) args.push("--proven");
  if (directory !== undefined) args.push("--directory", directory);
  const child = spawn(node, [...process.execArgv, script, ...args], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once("exit", () => reject(new MedexError("CONFIG_INVALID", `the devnet did not start; see ${logFile}`)));
  });
  const up = async () => {
    for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; ) {
      const state = await runningDevnet(context);
      if (state?.pid === child.pid && state !== undefined) return state;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill();
    throw new MedexError("CONFIG_INVALID", `the devnet took too long to start; see ${logFile}`);
  };
  const state = await Promise.race([up(), ended]).finally(() => log.close());
  child.removeAllListeners("exit");
  child.unref();
  const invites = hospitals ? inviteFiles(context) : undefined;
  const result = { ...state, log: logFile, configuration: context.configFile, ...(invites && { invites }) };
  output.result(devnetUpOutput, result, () => {
    for (const [name, url] of Object.entries(state.services)) output.fact(name, url);
    output.fact("log", logFile);
    output.fact("configuration", context.configFile);
    for (const invite of invites ?? []) output.fact("invite", invite);
    output.line("To stop it: medex devnet down");
  });
}
