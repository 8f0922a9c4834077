import { type Hex32, pseudonymHash } from "@medexchain/chain";
import type { Config } from "./config.ts";

/** The names of the configured hospitals, by their ids, which are the names' hashes: no name can stand for another hospital. */
export function hospitalNames({ hospitals }: Pick<Config, "hospitals">): Map<Hex32, string> {
  return new Map(Object.keys(hospitals).map((name) => [pseudonymHash(name), name]));
}
