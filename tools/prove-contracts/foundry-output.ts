/**
 * Writes what Hardhat compiled in the shape of Foundry's `out/`, which is what Halmos reads: a file for each contract, in a folder for each
 * source.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** What Hardhat left. */
export const ARTIFACTS: string = fileURLToPath(new URL("../../artifacts/", import.meta.url));

const OURS = "project/";
/** Of the proofs, which are compiled together, any one. */
const A_PROOF = "contracts/proofs/AccessPolicyProof.t.sol/AccessPolicyProof.json";

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
const Artifact = z.object({ buildInfoId: z.string() });
const BuildInfo = z.object({ solcLongVersion: z.string() });

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, "utf8"));

/** Writes our contracts of the build to which the proofs belong into a folder. */
export async function writeFoundryOutput(artifacts: string, folder: string): Promise<void> {
  const { buildInfoId } = Artifact.parse(await readJson(join(artifacts, A_PROOF)));
  const build = join(artifacts, "build-info", buildInfoId);
  const { solcLongVersion } = BuildInfo.parse(await readJson(`${build}.json`));
  const { output } = Output.parse(await readJson(`${build}.output.json`));
  for (const [source, contracts] of Object.entries(output.contracts)) {
    const { id, ast } = output.sources[source] ?? {};
    if (!source.startsWith(OURS)) continue;
    const out = join(folder, basename(source));
    await mkdir(out, { recursive: true });
    for (const [name, { abi, evm }] of Object.entries(contracts)) {
      const { bytecode, deployedBytecode, methodIdentifiers } = evm;
      const text = JSON.stringify({
        abi,
        bytecode: { ...bytecode, object: `0x${bytecode.object}` },
        deployedBytecode: { ...deployedBytecode, object: `0x${deployedBytecode.object}` },
        methodIdentifiers,
        metadata: { compiler: { version: solcLongVersion }, output: { devdoc: { methods: {} } } },
        id,
        ast,
      });
      await writeFile(join(out, `${name}.json`), text);
    }
  }
}
