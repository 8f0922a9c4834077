import { pseudonymHash } from "@medexchain/chain";
import type { Config } from "../session/config.ts";

/** The names of the configured hospitals, by their ids. */
export function hospitalNames({ hospitals }: Config): Map<string, string> {
  return new Map(Object.keys(hospitals).map((name) => [pseudonymHash(name), name]));
}
