/** Compiles `offchain/bfv/residues.wat` into `residues-module.ts` beside it. A test compares the two. */
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const folder = new URL("../offchain/bfv/", import.meta.url);

/** The module, as base64. */
export async function compileResidues(): Promise<string> {
  const source = readFileSync(new URL("residues.wat", folder), "utf8");
  const { parseWat } = await wabt();
  const parsed = parseWat("residues.wat", source);
  try {
    return Buffer.from(parsed.toBinary({}).buffer).toString("base64");
  } finally {
    parsed.destroy();
  }
}

if (import.meta.main) {
  writeFileSync(
    new URL("residues-module.ts", folder),
    `/** \`residues.wat\`, compiled: written by \`npm run residues\`. */\nexport const RESIDUES_MODULE =\n  "${await compileResidues()}";\n`,
  );
}
