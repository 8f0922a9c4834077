/**
 * A relayer in a process of its own, to be killed: `node relayer-process.ts CONFIG`. The file names its configuration and a file of
 * secrets, which nobody else may read. Ends with whoever started it.
 */
import { readFile, stat } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { guardProcess } from "@medexchain/core/process-guard";
import { createLogObserver, parseRelayerConfig, startRelayer } from "@medexchain/relayer";
import { hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

const fileSchema = z.strictObject({ relayer: z.unknown(), secretsFile: z.string() });
const secretsSchema = z.strictObject({ accountKey: z.string(), sealingKey: z.string() });

const [path] = process.argv.slice(2);
if (path === undefined) throw new MedexError("CONFIG_INVALID", "relayer-process: name the configuration file");
const { relayer: config, secretsFile } = fileSchema.parse(JSON.parse(await readFile(path, "utf8")));
if (((await stat(secretsFile)).mode & 0o077) !== 0) {
  throw new MedexError("CONFIG_INVALID", `${secretsFile} may be read by others; set its mode to 0600`);
}
const { accountKey, sealingKey } = secretsSchema.parse(JSON.parse(await readFile(secretsFile, "utf8")));

process.once("disconnect", () => process.exit(0));
if (!process.connected) process.exit(0); // it ended while this was loading
try {
  const relayer = await startRelayer(parseRelayerConfig(config), { accountKey, sealingKey: hexToBytes(sealingKey) }, [
    createLogObserver(),
  ]);
  guardProcess(relayer);
  process.once("SIGTERM", () => {
    void relayer.close().then(() => process.exit(0));
  });
} catch (error) {
  process.stderr.write(`${MedexError.is(error) ? `${error.code}: ${error.message}` : String(error)}\n`);
  process.exit(1);
}
