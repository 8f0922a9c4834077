/** What the services of a hospital and of its firewall have in common on the command line. */
import { parseHospitalParameters } from "@medexchain/actors";
import { ask, type Chain, fromHex32, type Hex32 } from "@medexchain/chain";
import { MedexError, parseServiceUrl, toJson } from "@medexchain/core";
import { guardProcess } from "@medexchain/core/process-guard";
import type { Gateway, GatewayEvent } from "@medexchain/gateway";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { equalBytes } from "@noble/curves/utils.js";
import type { Context } from "../context.ts";
import { exitCodeOf } from "../output/abort-on-signal.ts";
import { writeConfig } from "../session/config.ts";
import type { Session } from "../session/session.ts";
import type { FirewallKeys } from "./vaults.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
}

/**
 * That a hospital is registered with its firewall's keys. Members take both from the registered parameters: with others nothing here would work
 * for them, and a firewall would serve nobody.
 *
 * @returns the hospital's kind of keys
 * @throws INPUT_INVALID
 */
export async function requireRegistered(
  { chain, store }: { readonly chain: Chain; readonly store: ContentStore },
  { id, name }: { readonly id: Hex32; readonly name: string },
  { publicKey, gatewayKey }: FirewallKeys,
) {
  const { status, parametersDigest } = await ask(chain, () => chain.hospitals.hospital(id));
  if (status === 0n) {
    throw new MedexError("INPUT_INVALID", `${name} is not registered yet: its registrar runs medex hospital register`);
  }
  const digest = fromHex32(parametersDigest);
  const parameters = parseHospitalParameters(await store.get(digest, { maxBytes: CONTENT_LIMITS.hospitalParameters }));
  if (
    !equalBytes(parameters.publicKey, publicKey) ||
    parameters.gatewayKey === undefined ||
    !equalBytes(parameters.gatewayKey, gatewayKey)
  ) {
    throw new MedexError(
      "INPUT_INVALID",
      `${name} is registered with other keys than those in this vault; use the vault of its registration, or, if it was paired or upgraded since, have its operator run medex hospital parameters`,
    );
  }
  return parameters.scheme;
}

/** Writes into the configuration of this machine where members reach the firewall: at the URL that is given, or where it listens. */
export async function announce(
  { configFile }: Context,
  hospital: string,
  listening: string,
  given: string | true,
): Promise<void> {
  const url = given === true ? listening : parseServiceUrl("gateway", given).url;
  await writeConfig(configFile, [["hospitals", hospital, "gateway"], url]);
}

/** Writes each call to the log. */
export const logEvents =
  ({ output }: Context) =>
  ({ type, ...event }: GatewayEvent): void =>
    output.note(toJson({ time: new Date().toISOString(), ...(type === "crashed" && { event: type }), ...event }));

/** Stays until the command is asked to end. */
export async function stayUntil(signal: AbortSignal, session: Session, gateway: Gateway): Promise<void> {
  guardProcess({
    crashed: gateway.crashed,
    close: async () => {
      await gateway.close();
      await session[Symbol.asyncDispose]();
    },
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await gateway.close();
  process.exitCode = exitCodeOf(signal);
}
