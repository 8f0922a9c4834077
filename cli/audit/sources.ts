import { join } from "node:path";
import type { AuditSource } from "../../audit/index.ts";
import { pseudonymHash } from "../../offchain/chain/index.ts";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";

/** The configured chains, as the audit reads them. */
export function auditSources({ chains }: Config): AuditSource[] {
  return Object.entries(chains).map(([name, entry]) => ({ name, ...entry }));
}

/** Where the audit keeps what it has read. */
export const auditFolder = ({ home }: Pick<Context, "home">): string => join(home, "audit");

/** The names of the configured hospitals, by their ids. */
export function hospitalNames({ hospitals }: Config): Map<string, string> {
  return new Map(Object.keys(hospitals).map((name) => [pseudonymHash(name), name]));
}
