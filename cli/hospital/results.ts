/** What `medex hospital` prints with `--json`. */
import { z } from "zod";
import { address, count, hex32, url } from "../output/json-types.ts";

const sent = z.strictObject({ chain: z.string(), transactionHash: hex32 });

export const initResult = z.strictObject({
  type: z.literal("medexchain/hospital-registration"),
  name: z.string(),
  hospitalId: hex32,
  homeChainId: count,
  operator: address,
  parameters: hex32,
  vaults: z.array(z.string()).describe("the hospital's, and its firewall's"),
  registration: z.string().describe("the file for the registrar"),
});
export const registerResult = z.strictObject({
  hospitalId: hex32,
  registered: z.array(
    z.strictObject({ chain: z.string(), transactionHash: hex32.nullable().describe("null: was registered already") }),
  ),
});
export const addResult = z.strictObject({ name: z.string(), chain: z.string(), gateway: z.string().exactOptional() });
export const serveResult = z.strictObject({ url, hospitalId: hex32 });
export const limitResult = z.strictObject({
  hospitalId: hex32,
  chain: z.string(),
  maxAccessCount: count,
  transactionHash: hex32,
});
export const suspendResult = z.strictObject({ hospitalId: hex32, suspend: z.array(sent) });
export const reinstateResult = z.strictObject({ hospitalId: hex32, reinstate: z.array(sent) });
