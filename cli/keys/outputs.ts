/** The JSON of `medex keys …`. */
import { VAULT_ROLES } from "@medexchain/vault";
import { z } from "zod";
import { address } from "../output/json-types.ts";

const vault = z.object({
  name: z.string(),
  role: z.enum(VAULT_ROLES),
  account: address.optional().meta({ description: "absent for a firewall, which has none" }),
  path: z.string(),
});

export const keysCreateOutput = vault;
export const keysListOutput = z.array(vault);
export const keysPasswdOutput = z.object({ name: z.string(), changed: z.literal(true) });

export const keysBackupOutput = z.object({
  file: z.string(),
  vault: z.string(),
  fragments: z.int().meta({ description: "private fragments in the backup" }),
  seenRecords: z.int().meta({ description: "ids that a firewall lets through only once" }),
});

export const keysRestoreOutput = vault.extend({ fragments: z.int() });
