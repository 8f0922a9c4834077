/**
 * Compiles a copy's contracts in this process, and writes their bytecode into the artifacts that Hardhat left there. A compiler that stays
 * loaded, and is asked for bytecode alone of what a change reaches, takes a fraction of the time of a build.
 */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { MedexError } from "@medexchain/core";
import { z } from "zod";

const OURS = "project/";

/** Of what Hardhat gave to the compiler: our sources are under `project/`. */
const BuildInfo = z.object({
  input: z.object({
    language: z.string(),
    settings: z.looseObject({}),
    sources: z.record(z.string(), z.object({ content: z.string() })),
  }),
});
type Input = z.infer<typeof BuildInfo>["input"];

const Bytecode = z.object({ object: z.string() });
const Output = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(z.string(), z.object({ evm: z.object({ bytecode: Bytecode, deployedBytecode: Bytecode }) })),
    )
    .default({}),
});

export interface Contracts {
  /**
   * Compiles the contracts that import a source, however indirectly, with that source in its place, and writes them to the artifacts.
   *
   * @returns undoes it
   * @throws INPUT_INVALID with the compiler's words where the source does not compile
   */
  compileWith(file: string, text: string): Promise<() => Promise<void>>;
}

/** The contracts of a copy of the project. What is in the artifacts is compiled here once, so that a change is the only difference. */
export async function openContracts(folder: string): Promise<Contracts> {
  const input = await readInput(folder);
  const compile = loadCompiler();
  const originals = await patchArtifacts(folder, compile(input, Object.keys(input.sources).filter(isOurs)));
  return {
    async compileWith(file, text) {
      const name = `${OURS}${file}`;
      const sources = { ...input.sources, [name]: { content: text } };
      const written = await patchArtifacts(folder, compile({ ...input, sources }, reachedBy(name, input)));
      return async () => {
        for (const [path, original] of originals) if (written.has(path)) await writeFile(path, original);
      };
    },
  };
}

const isOurs = (name: string): boolean => name.startsWith(OURS);

async function readInput(folder: string): Promise<Input> {
  const { input } = BuildInfo.parse(
    JSON.parse(await readFile(join(folder, "contracts/generated/build-info.json"), "utf8")),
  );
  const sources: Input["sources"] = {};
  for (const [name, { content }] of Object.entries(input.sources)) {
    if (isOurs(name) && name.endsWith(".t.sol")) continue;
    const file = join(folder, name.slice(OURS.length));
    sources[name] = { content: isOurs(name) ? await readFile(file, "utf8") : content };
  }
  return { ...input, sources };
}

function loadCompiler(): (input: Input, wanted: readonly string[]) => z.infer<typeof Output> {
  // The package's own types say `any`.
  const solc: { compile(input: string): string } = createRequire(import.meta.url)("solc");
  return (input, wanted) => {
    const each = { "*": ["evm.bytecode.object", "evm.deployedBytecode.object"] };
    const settings = { ...input.settings, outputSelection: Object.fromEntries(wanted.map((name) => [name, each])) };
    const output = Output.parse(JSON.parse(solc.compile(JSON.stringify({ ...input, settings }))));
    const error = output.errors.find(({ severity }) => severity === "error");
    if (error) throw new MedexError("INPUT_INVALID", `the contracts do not compile: ${error.formattedMessage}`);
    return output;
  };
}

/** A source and all of ours that import it, however indirectly. */
function reachedBy(changed: string, { sources }: Input): string[] {
  const reached = new Set([changed]);
  // A set's iteration takes in what is added on the way.
  for (const name of reached) {
    for (const [importer, { content }] of Object.entries(sources)) {
      if (isOurs(importer) && importsOf(importer, content).includes(name)) reached.add(importer);
    }
  }
  return [...reached];
}

function importsOf(name: string, text: string): string[] {
  const paths = [...text.matchAll(/^(?:import|\}) [^;]*?"(\.[^"]+)";/gm)].map(([, path = ""]) => path);
  return paths.map((path) => posix.join(posix.dirname(name), path));
}

/** Puts bytecode into the artifacts; their texts, by their paths. */
async function patchArtifacts(folder: string, { contracts }: z.infer<typeof Output>): Promise<Map<string, string>> {
  const written = new Map<string, string>();
  for (const [source, byName] of Object.entries(contracts)) {
    for (const [name, { evm }] of Object.entries(byName)) {
      const path = join(folder, "artifacts", source.slice(OURS.length), `${name}.json`);
      const artifact = JSON.parse(await readFile(path, "utf8"));
      artifact.bytecode = `0x${evm.bytecode.object}`;
      artifact.deployedBytecode = `0x${evm.deployedBytecode.object}`;
      const text = JSON.stringify(artifact);
      await writeFile(path, text);
      written.set(path, text);
    }
  }
  return written;
}
