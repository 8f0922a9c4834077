/** Builds the app into dist/app, from where `medex app` serves it. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** node-seal looks for its module by its own name, beside the script. */
const assetFileNames = ({ names }: { readonly names: readonly string[] }): string =>
  names.some((name) => name.endsWith(".wasm")) ? "assets/[name][extname]" : "assets/[name]-[hash][extname]";

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "error",
  plugins: [react()],
  resolve: { conditions: ["@medexchain/source", "browser", "module", "import"] },
  worker: { format: "es", rollupOptions: { output: { assetFileNames } } },
  build: {
    outDir: "../dist/app",
    emptyOutDir: true,
    target: "es2024",
    // Nothing as data: URLs: the content security policy takes none.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8_000,
    // node-seal asks for it where it runs in Node, and nowhere else.
    rollupOptions: { external: ["module"], output: { assetFileNames } },
  },
});
