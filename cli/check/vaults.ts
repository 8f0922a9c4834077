import { stat } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { listVaults } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { type Finding, look } from "./look.ts";

/** The vaults: each whole, and for its owner's eyes only. */
export function checkVaults({ vaults }: Context): Promise<Finding>[] {
  return [
    look("vaults", async () => {
      const list = await listVaults(vaults);
      for (const { path } of list) {
        if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) {
          throw new MedexError("CONFIG_INVALID", `other users can read ${path}: run chmod 600 on it`);
        }
      }
      return list.length === 0 ? `none in ${vaults}` : list.map(({ name, role }) => `${name} (${role})`).join(", ");
    }),
  ];
}
