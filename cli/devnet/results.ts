/** What `medex devnet` prints with `--json`. */
import { z } from "zod";
import { count } from "../output/json-types.ts";

const services = z.record(z.string(), z.string()).describe("the URLs, by name");

export const upResult = z.strictObject({
  services,
  configuration: z.string(),
  registrarKeyFile: z.string().exactOptional().describe("absent with --detach"),
  directory: z.string().exactOptional().describe("of the data; absent with --detach"),
  pid: count,
  started: z.string().exactOptional().describe("with --detach: when the process started, as the system tells it"),
  log: z.string().exactOptional().describe("with --detach"),
});
export const downResult = z.strictObject({
  running: z.literal(false),
  ended: count.exactOptional().describe("the process; absent where none ran"),
});
export const statusResult = z.strictObject({
  running: z.boolean(),
  pid: count.exactOptional(),
  started: z.string().exactOptional(),
  services: services.exactOptional(),
});
export const fundResult = z.strictObject({ addresses: z.array(z.string()), chains: z.array(z.string()) });
