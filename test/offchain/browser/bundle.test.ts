import { expect } from "chai";
import { build } from "esbuild";

const PACKAGES = ["core", "evm", "pre", "bfv", "sfe", "ipfs", "tangle", "chain", "actors"];

describe("the library in a browser", () => {
  it("asks for nothing of Node's, in any package below the vault and the configuration", async () => {
    const contents = PACKAGES.map((name) => `export * as ${name} from "@medexchain/${name}";`).join("\n");
    const { errors, outputFiles } = await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      format: "esm",
      platform: "browser",
      target: "es2024",
      conditions: ["@medexchain/source"],
      external: ["module"], // node-seal asks for it where it runs in Node, and nowhere else
      write: false,
      logLevel: "silent",
    });
    expect(errors).to.deep.equal([]);
    expect(outputFiles[0]?.text).not.to.match(/from\s*"(node:[a-z/]+|fs|path|crypto)"/);
  });
});
