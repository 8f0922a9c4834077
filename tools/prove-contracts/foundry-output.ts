/**
 * Writes what Hardhat compiled in the shape of Foundry's `out/`, which is what Halmos reads: a file for each contract, in a folder for each
 * source.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** What Hardhat left. */
export const ARTIFACTS: string = fileURLToPath(new URL("../../artifacts/", import.meta.url));

const Bytecode = z.object({ object: z.string(), sourceMap: z.string(), linkReferences: z.unknown() });
const Contract = z.object({
  abi: z.unknown(),
  evm: z.object({
    bytecode: Bytecode,
    deployedBytecode: Bytecode.extend({ immutableReferences: z.unknown() }),
    methodIdentifiers: z.record(z.string(), z.string()),
  }),
});
const Output = z.object({
  output: z.object({
    contracts: z.record(z.string(), z.record(z.string(), Contract)),
    sources: z.record(z.string(), z.object({ id: z.number(), ast: z.unknown() })),
  }),
});
const Artifact = z.object({ contractName: z.string(), inputSourceName: z.string(), buildInfoId: z.string() });
const BuildInfo = z.object({ solcLongVersion: z.string() });

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, "utf8"));

interface Build {
  readonly compiler: string;
  readonly output: z.infer<typeof Output>["output"];
}

async function readBuild(artifacts: string, id: string): Promise<Build> {
  const path = join(artifacts, "build-info", id);
  const { solcLongVersion } = BuildInfo.parse(await readJson(`${path}.json`));
  const { output } = Output.parse(await readJson(`${path}.output.json`));
  return { compiler: solcLongVersion, output };
}

/** Writes our contracts into a folder, each from the build that its artifact is of: Hardhat compiles anew what has changed, and leaves the rest. */
export async function writeFoundryOutput(artifacts: string, folder: string): Promise<void> {
  const builds = new Map<string, Promise<Build>>();
  for (const path of await readdir(join(artifacts, "contracts"), { recursive: true })) {
    if (!path.endsWith(".json")) continue;
    const artifact = Artifact.parse(await readJson(join(artifacts, "contracts", path)));
    const { contractName: name, inputSourceName: source, buildInfoId } = artifact;
    const build = builds.get(buildInfoId) ?? readBuild(artifacts, buildInfoId);
    builds.set(buildInfoId, build);
    const { compiler, output } = await build;
    const contract = output.contracts[source]?.[name];
    if (!contract) throw new Error(`${path} is not in its build ${buildInfoId}; build the contracts anew`);
    const { abi, evm } = contract;
    const { id, ast } = output.sources[source] ?? {};
    const { bytecode, deployedBytecode, methodIdentifiers } = evm;
    const text = JSON.stringify({
      abi,
      bytecode: { ...bytecode, object: `0x${bytecode.object}` },
      deployedBytecode: { ...deployedBytecode, object: `0x${deployedBytecode.object}` },
      methodIdentifiers,
      metadata: { compiler: { version: compiler }, output: { devdoc: { methods: {} } } },
      id,
      ast,
    });
    const out = join(folder, basename(source));
    await mkdir(out, { recursive: true });
    await writeFile(join(out, `${name}.json`), text);
  }
}
