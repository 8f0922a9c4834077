import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The SHA-256 digest of the code that reads and checks, as it runs: what another version proved is not taken over. As sources, and as they are
 * built, the modules lie in the folders of this package; in the bundle of the command all lie beside each other.
 */
export function codeDigest(): string {
  const path = fileURLToPath(import.meta.url);
  const [folder, extension] = [dirname(path), extname(path)];
  const isBundled = basename(folder) !== "store";
  const root = isBundled ? folder : dirname(folder);
  const exclude = ["dist", "node_modules"];
  const digest = createHash("sha256");
  for (const file of globSync(`${isBundled ? "" : "**/"}*${extension}`, { cwd: root, exclude }).sort()) {
    const content = readFileSync(join(root, file));
    digest.update(`${file} ${content.length}\n`).update(content);
  }
  return digest.digest("hex");
}
