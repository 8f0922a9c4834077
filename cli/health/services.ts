import { ABIS, connectChain, fromHex32, pseudonymHash } from "@medexchain/chain";
import type { ChainEntry } from "@medexchain/config";
import { encodeObject, MedexError, parseServiceUrl } from "@medexchain/core";
import { CONTENT_LIMITS, createContentStore } from "@medexchain/ipfs";
import { createTangleClient } from "@medexchain/tangle";
import { equalBytes } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import type { Config, HospitalEntry } from "../config.ts";

/** How long a service may take to answer, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** How old a chain's head may be before its node seems stuck, in seconds. Chains that mine on demand are older. */
const STALE_SECONDS = 600;

/** That the chain answers, is the one that is meant, and has all contracts. */
export async function checkChain({ deployment }: ChainEntry): Promise<string> {
  const chain = await connectChain(deployment);
  try {
    for (const name of Object.keys(ABIS) as (keyof typeof ABIS)[]) {
      // the keys of a constant
      if ((await chain.provider.getCode(deployment[name])) === "0x") {
        throw new MedexError(
          "CHAIN_MISMATCH",
          `there is no contract at ${name}, ${deployment[name]}: mend the address`,
        );
      }
    }
    const block = await chain.provider.getBlock("latest");
    const age = Math.floor(Date.now() / 1000) - Number(block?.timestamp ?? 0);
    const old = age > STALE_SECONDS ? ", no block for a while (usual only where blocks are made on demand)" : "";
    return `id ${deployment.chainId}, block ${block?.number}${old}`;
  } finally {
    chain.close();
  }
}

/** That IPFS keeps and gives. */
export async function checkIpfs(url: string): Promise<string> {
  const store = createContentStore({ url, timeoutMs: TIMEOUT_MS });
  const probe = encodeObject({ type: "medexchain/probe", nonce: randomBytes(16) });
  const { cid } = await store.put(probe);
  if (!equalBytes(await store.get(cid), probe))
    throw new MedexError("CONTENT_MISMATCH", `${store.url} gave other content`);
  return `${store.url} stores and gives back`;
}

/** That the Tangle's node answers, and how hard it is to write to. */
export async function checkTangle(url: string): Promise<string> {
  await using tangle = createTangleClient({ url, timeoutMs: TIMEOUT_MS });
  return `${tangle.url}, proof-of-work score ${await tangle.minPowScore()}`;
}

const statusSchema = z.looseObject({ service: z.literal("medex-gateway"), hospital: z.string() });

/** That a hospital is registered and active on every chain, and its gateway, if this machine uses it, is its. */
export async function checkGateway(config: Config, name: string, { gateway }: HospitalEntry): Promise<string> {
  const id = pseudonymHash(name);
  for (const [chainName, entry] of Object.entries(config.chains)) {
    const chain = await connectChain(entry.deployment);
    try {
      const { status, parametersDigest } = await chain.hospitals.hospital(id);
      if (status !== 1n) {
        const what = status === 0n ? "not registered: medex hospital register" : "suspended: ask the registrar";
        throw new MedexError("CERTIFICATE_INVALID", `on ${chainName} it is ${what}`);
      }
      if (config.ipfs)
        await createContentStore({ url: config.ipfs.url }).get(fromHex32(parametersDigest), {
          maxBytes: CONTENT_LIMITS.hospitalParameters,
        });
    } finally {
      chain.close();
    }
  }
  if (gateway === undefined) return "registered; no gateway is configured here";
  const { url } = parseServiceUrl("gateway", gateway);
  const status = statusSchema.safeParse(await getJson(`${url}/v1/status`, "the hospital's gateway"));
  if (!status.success) throw new MedexError("SERVICE_PROTOCOL", `${url} is no gateway; check the URL`);
  if (status.data.hospital !== id)
    throw new MedexError("SERVICE_PROTOCOL", `${url} is another hospital's gateway; check the URL`);
  return `registered, gateway at ${url}`;
}

const healthSchema = z.looseObject({ healthy: z.boolean() });

/** That a relayer's work moves. */
export async function checkRelayer(url: string): Promise<string> {
  const { url: printable } = parseServiceUrl("relayer", url);
  const health = healthSchema.safeParse(await getJson(`${printable}/healthz`, "the relayer"));
  if (!health.success) throw new MedexError("SERVICE_PROTOCOL", `${printable} is no relayer; check the URL`);
  if (!health.data.healthy)
    throw new MedexError("SERVICE_PROTOCOL", `${printable}: its work does not move; see its log`);
  return `${printable}, work moves`;
}

async function getJson(url: string, what: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    return await response.json();
  } catch (cause) {
    throw new MedexError("SERVICE_UNREACHABLE", `${what} does not answer at ${url}: start it, or mend the URL`, {
      cause,
    });
  }
}
