import { join } from "node:path";
import { type AuditSource, type ReadOptions, setStoreAside } from "@medexchain/audit";
import { MedexError, parseServiceUrl } from "@medexchain/core";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import type { Config } from "../session/config.ts";

/** Where what was read from the chains is kept. */
export const auditFolder = ({ home }: Pick<Context, "home">): string => join(home, "audit");

/**
 * The chains of the configuration, to be audited.
 *
 * @param witnesses `network=url`, beside those of the configuration
 * @throws CONFIG_INVALID when there is no chain, INPUT_INVALID for a witness of no chain
 */
export function auditSources(config: Config, witnesses: readonly string[] = []): AuditSource[] {
  const urls: Record<string, string> = { ...config.audit?.witnesses };
  for (const witness of witnesses) {
    const at = witness.indexOf("=");
    if (at < 1) throw new WrongUse("--witness must be network=url, with the name of a network in the configuration");
    urls[witness.slice(0, at)] = witness.slice(at + 1);
  }
  for (const [name, url] of Object.entries(urls)) {
    parseServiceUrl(`witness of ${name}`, url);
    if (config.chains[name] === undefined)
      throw new WrongUse(`--witness ${name}: the configuration has no chain of that name`);
  }
  const entries = Object.entries(config.chains);
  if (entries.length === 0)
    throw new MedexError(
      "CONFIG_INVALID",
      "the configuration has no chains to audit: run medex deploy, or get your hospital's configuration",
    );
  return entries.map(([name, { deployment, fromBlock, confirmations, validators, studies }]) => {
    const witnessUrl = urls[name];
    return {
      name,
      deployment,
      fromBlock,
      confirmations,
      ...(witnessUrl !== undefined && { witnessUrl }),
      ...(validators && { validators }),
      ...(studies !== undefined && { studies }),
    };
  });
}

/** Sets what earlier runs read aside, and tells where it is kept. Throws INPUT_INVALID while another run reads. */
export function forgetReading(
  { home, output }: Pick<Context, "home" | "output">,
  sources: readonly AuditSource[],
): void {
  const aside = setStoreAside(auditFolder({ home }), sources);
  if (aside !== undefined) output.progress(`what was read before is kept in ${aside}`);
}

/** Tells a person at a terminal how far the reading is, in one line that is written over. */
export function readingProgress(): Required<Pick<ReadOptions, "observe">> & Disposable {
  const heads = new Map<bigint, string>();
  const isTerminal = process.stderr.isTTY;
  const clear = () => void (isTerminal && heads.size > 0 && process.stderr.write("\r\x1b[2K"));
  return {
    observe({ chainId, block, last }) {
      if (!isTerminal) return;
      const share = last === 0 ? 1 : block / last;
      const bar = "#".repeat(Math.round(share * 20)).padEnd(20, ".");
      heads.set(chainId, `chain ${chainId} [${bar}] ${Math.floor(share * 100)}%`);
      process.stderr.write(`\r\x1b[2K${[...heads.values()].join("  ")}`);
    },
    [Symbol.dispose]: clear,
  };
}
