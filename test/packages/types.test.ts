import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { publishedPackages, ROOT } from "../../tools/workspaces.ts";
import { libraryProject } from "./support/installed.ts";
import { runOutside, succeeds } from "./support/outside.ts";

const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const CONSUMER = fileURLToPath(new URL("consumer/api.ts", import.meta.url));

const RESOLUTIONS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
} as const;

describe("the types of the packages, for whoever installed them", () => {
  let project: string;
  before(async () => {
    project = await libraryProject();
    cpSync(CONSUMER, join(project, "api.ts"));
    // Every entry, so that no declaration leads to a file that is not there.
    const entries = publishedPackages().flatMap(({ manifest }) =>
      Object.entries(manifest.exports)
        .filter(([, target]) => typeof target !== "string")
        .map(([entry]) => entry.replace(/^\./, manifest.name)),
    );
    const imports = entries.map((entry, index) => `import * as entry${index} from "${entry}";\nvoid entry${index};\n`);
    writeFileSync(join(project, "entries.ts"), imports.join(""));
  });

  const configure = (resolution: keyof typeof RESOLUTIONS, files: string[]): string => {
    const name = `tsconfig.${resolution}.json`;
    const compilerOptions = {
      ...RESOLUTIONS[resolution],
      target: "esnext",
      lib: ["esnext"],
      // Node's, which the repository has at the version that the packages are built with.
      typeRoots: [join(ROOT, "node_modules/@types")],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      noEmit: true,
    };
    writeFileSync(join(project, name), JSON.stringify({ compilerOptions, files }));
    return name;
  };

  for (const resolution of ["nodenext", "bundler"] as const) {
    it(`are what their users rely on, by the resolution "${resolution}"`, async () => {
      await succeeds(project, ["node", TSC, "-p", configure(resolution, ["api.ts", "entries.ts"])]);
    });
  }

  it("fail a program that takes the API for another one", async () => {
    writeFileSync(
      join(project, "wrong.ts"),
      'import { memberIdOf } from "@medexchain/chain";\nexport const id: number = memberIdOf("0x00", "0x00");\n',
    );
    const { code, stdout } = await runOutside(project, ["node", TSC, "-p", configure("nodenext", ["wrong.ts"])]);
    expect(code).to.not.equal(0);
    expect(stdout).to.include("TS2322");
  });
});
