import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { MedexError, parseServiceUrl } from "@medexchain/core";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { Wallet } from "ethers";
import { z } from "zod";
import { type NetworkParameters, readNetworkParameters } from "./network-parameters.ts";

const networkSchema = z.strictObject({
  /** What the chain is called in `medex.config.json`, in the journal and in messages. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1 to 32 of a-z, 0-9 and -, beginning with a letter"),
  /** The id that the chain must have. */
  chainId: z.number().int().positive(),
  /** Its JSON-RPC, with `user:password@` if it wants basic authentication. */
  rpcUrl: z.url({ protocol: /^https?$/ }),
  /** The file of its roles, relayers and transaction settings. */
  parameters: z.string().min(1),
});

export const deploymentConfigSchema = z
  .strictObject({
    /** The two chains that are joined by a lane. */
    networks: z.tuple([networkSchema, networkSchema]),
    /** Folder of the deployments' journals, which a resumed run needs: keep it. */
    journal: z.string().min(1).default("deployments"),
    /** The file whose section `chains` is written. */
    output: z.string().min(1).default("medex.config.json"),
    /** File with the deployer's private key, for its owner only (mode 600). The environment's MEDEX_DEPLOYER_KEY goes before it. */
    deployerKeyFile: z.string().min(1).optional(),
  })
  .refine(({ networks: [a, b] }) => a.name !== b.name, "networks: both have the same name")
  .refine(({ networks: [a, b] }) => a.chainId !== b.chainId, "networks: both have the same chainId");

/** One chain to deploy to. */
export interface NetworkConfig {
  readonly name: string;
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly parameters: NetworkParameters;
  /** Folder of this deployment's journal. */
  readonly journal: string;
}

export interface DeploymentConfig {
  readonly networks: readonly [NetworkConfig, NetworkConfig];
  readonly output: string;
  readonly deployerKeyFile?: string;
}

/**
 * Reads a deployment's configuration and the parameter files that it names. Paths in it are relative to its own folder.
 *
 * @throws CONFIG_INVALID naming the file and each wrong key
 */
export async function readDeploymentConfig(path: string): Promise<DeploymentConfig> {
  const { networks, journal, output, deployerKeyFile } = await readJsoncFile(
    "deployment configuration",
    path,
    deploymentConfigSchema,
  );
  const here = (file: string): string => resolve(dirname(path), file);
  const read = async ({ parameters, ...network }: z.infer<typeof networkSchema>): Promise<NetworkConfig> => {
    parseServiceUrl(`network ${network.name}`, network.rpcUrl);
    return {
      ...network,
      parameters: await readNetworkParameters(here(parameters)),
      journal: resolve(here(journal), network.name),
    };
  };
  return {
    networks: await Promise.all([read(networks[0]), read(networks[1])]),
    output: here(output),
    ...(deployerKeyFile !== undefined && { deployerKeyFile: here(deployerKeyFile) }),
  };
}

/** The environment variable that holds the deployer's private key. */
export const DEPLOYER_KEY_VARIABLE = "MEDEX_DEPLOYER_KEY";

/**
 * The deployer's account: of the key in the environment, or else in the key file. Never of an argument, which others could see in
 * the list of processes.
 *
 * @throws CONFIG_INVALID saying where the key was looked for; never the key
 */
export async function readDeployer(keyFile: string | undefined, environment: NodeJS.ProcessEnv): Promise<Wallet> {
  const variable = environment[DEPLOYER_KEY_VARIABLE];
  if (variable !== undefined) return walletOf(variable, `the environment variable ${DEPLOYER_KEY_VARIABLE}`);
  if (keyFile === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `there is no deployer's key: set ${DEPLOYER_KEY_VARIABLE}, or deployerKeyFile in the deployment configuration`,
    );
  }
  const info = await stat(keyFile).catch((cause) => {
    throw new MedexError("CONFIG_INVALID", `deployerKeyFile: cannot read ${keyFile}: check the path`, { cause });
  });
  if ((info.mode & 0o077) !== 0 && process.platform !== "win32") {
    throw new MedexError("CONFIG_INVALID", `deployerKeyFile: others may read ${keyFile}: chmod 600 it`);
  }
  return walletOf((await readFile(keyFile, "utf8")).trim(), `the file ${keyFile}`);
}

function walletOf(key: string, where: string): Wallet {
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new MedexError(
      "CONFIG_INVALID",
      `${where} does not hold a private key: it must be 0x and 64 hexadecimal digits`,
    );
  }
  try {
    return new Wallet(key);
  } catch {
    // Without the cause: ethers puts values into its messages.
    throw new MedexError(
      "CONFIG_INVALID",
      `${where} does not hold a private key: the number is out of secp256k1's range`,
    );
  }
}
