/** What `medex keys` prints with `--json`. */
import { VAULT_ROLES } from "@medexchain/vault";
import { z } from "zod";
import { address, count } from "../output/json-types.ts";

const vault = z.strictObject({
  name: z.string(),
  role: z.enum(VAULT_ROLES),
  account: address.exactOptional().describe("a firewall has none"),
  path: z.string(),
});

export const createResult = vault;
export const listResult = z.array(vault);
export const passwdResult = z.strictObject({ name: z.string(), changed: z.literal(true) });
export const backupResult = z.strictObject({
  file: z.string(),
  vault: z.string(),
  fragments: count.describe("private fragments in it"),
  seenRecords: count.describe("ids in it that a firewall has let through"),
});
export const restoreResult = vault.extend({ fragments: count });
