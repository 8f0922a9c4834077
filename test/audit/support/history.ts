/** One real history for a suite: two chains, IPFS, Tangle and relayer; a record granted, opened, refused by its limit, and denied. */
import { type AuditSource, type Finding, type Verdict, type VerifyOptions, verifyHistory } from "@medexchain/audit";
import type { Deployment, Hex32 } from "@medexchain/chain";
import { grantTo, publishExample, reachesRequester, requestFrom } from "../../e2e/support.ts";
import { temporaryDirectory } from "../../relayer/support/directory.ts";
import { type Network, startNetwork } from "../../world/network.ts";

export interface History extends Network {
  readonly recordId: Hex32;
  readonly granted: Hex32;
  readonly refused: Hex32;
  readonly denied: Hex32;
}

export async function makeHistory(): Promise<History> {
  await using stack = new AsyncDisposableStack();
  const { devnet, cast } = stack.use(await startNetwork());
  const { patient, doctors } = cast;
  const recordId = await publishExample(cast, 1);
  const granted = await grantTo(cast, doctors[0], recordId);
  await doctors[0].acknowledge(granted, "Opened");
  const refused = await requestFrom(cast, doctors[0], recordId);
  await patient.approve(refused);
  await reachesRequester(cast, refused, "Refused");
  const denied = await requestFrom(cast, doctors[1], recordId);
  await patient.deny(denied);
  await reachesRequester(cast, denied, "Denied");
  const running = stack.move();
  return { devnet, cast, recordId, granted, refused, denied, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

export const sourceOf = (name: string, deployment: Deployment, witnessUrl?: string): AuditSource => ({
  name,
  deployment,
  fromBlock: 0,
  confirmations: 0,
  ...(witnessUrl !== undefined && { witnessUrl }),
});

/** Audits with a store of its own. */
export async function audit(sources: readonly AuditSource[], options: Partial<VerifyOptions> = {}): Promise<Verdict> {
  await using directory = await temporaryDirectory();
  return verifyHistory({ sources, directory: directory.path, ...options });
}

/** The codes of what is wrong, or unchecked, or a warning; each once. */
export const codesOf = (findings: readonly Finding[]): string[] =>
  [...new Set(findings.filter(({ severity }) => severity !== "notice").map(({ code }) => code))].sort();
