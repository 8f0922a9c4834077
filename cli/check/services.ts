import { ABIS, ask, connectChain, fromHex32, pseudonymHash } from "@medexchain/chain";
import type { ChainEntry } from "@medexchain/config";
import { encodeObject, MedexError, parseServiceUrl } from "@medexchain/core";
import { CONTENT_LIMITS, createContentStore } from "@medexchain/ipfs";
import { createTangleClient } from "@medexchain/tangle";
import { equalBytes } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import type { Config, HospitalEntry } from "../session/config.ts";

/** A service that takes longer to answer counts as down, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** How old a chain's head may be before its node seems stuck, in seconds. Chains that mine on demand are older. */
const STALE_SECONDS = 600;

/** That the chain answers, is the one that is meant, and has all contracts. */
export async function checkChain({ deployment }: ChainEntry): Promise<string> {
  const chain = await connectChain(deployment);
  try {
    for (const name of Object.keys(ABIS) as (keyof typeof ABIS)[]) {
      // the keys of a constant
      const code = await ask(chain, () => chain.provider.getCode(deployment[name]));
      if (code === "0x") {
        throw new MedexError("CHAIN_MISMATCH", `there is no contract at ${name}, ${deployment[name]}: fix the address`);
      }
    }
    const block = await ask(chain, () => chain.provider.getBlock("latest"));
    const age = Math.floor(Date.now() / 1000) - Number(block?.timestamp ?? 0);
    const old = age > STALE_SECONDS ? ", no new block for a while (normal only where blocks are made on demand)" : "";
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
    throw new MedexError("CONTENT_MISMATCH", `${store.url} returned other content than was stored; check the node`);
  return `${store.url} stores and returns content`;
}

/** That the Tangle's node answers, and how hard it is to write to. */
export async function checkTangle(section: NonNullable<Config["tangle"]>): Promise<string> {
  // Waits as long as the commands do, which have the same limit.
  await using tangle = createTangleClient(section);
  return `${tangle.url}, proof-of-work score ${await tangle.minPowScore()}`;
}

const statusSchema = z.looseObject({
  service: z.literal("medex-gateway"),
  hospital: z.string(),
  /** Absent from gateways of before hospital and firewall were two. */
  issuer: z.enum(["up", "down", "together"]).optional(),
});
const serviceStatusSchema = z.looseObject({ service: z.literal("medex-hospital"), hospital: z.string() });

/**
 * That a hospital is registered and active on every chain; that its firewall, if this machine uses it, is its, and says that the hospital
 * answers; and that the hospital's own service, if this machine knows it, is its.
 */
export async function checkGateway(config: Config, name: string, { gateway, service }: HospitalEntry): Promise<string> {
  const id = pseudonymHash(name);
  for (const [chainName, entry] of Object.entries(config.chains)) {
    const chain = await connectChain(entry.deployment);
    try {
      const { status, parametersDigest } = await ask(chain, () => chain.hospitals.hospital(id));
      if (status !== 1n) {
        const what = status === 0n ? "not registered: run medex hospital register" : "suspended: ask the registrar";
        throw new MedexError("CERTIFICATE_INVALID", `on ${chainName} the hospital is ${what}`);
      }
      if (config.ipfs)
        await createContentStore({ url: config.ipfs.url }).get(fromHex32(parametersDigest), {
          maxBytes: CONTENT_LIMITS.hospitalParameters,
        });
    } finally {
      chain.close();
    }
  }
  const found = ["registered"];
  if (service !== undefined) found.push(`service at ${await checkService(service, id)}`);
  if (gateway === undefined) return [...found, "no gateway is configured here"].join("; ");
  const { url } = parseServiceUrl("gateway", gateway);
  const status = statusSchema.safeParse(await getJson(`${url}/v1/status`, "the hospital's firewall"));
  if (!status.success) throw new MedexError("SERVICE_PROTOCOL", `${url} is not a gateway; check the URL`);
  if (status.data.hospital !== id)
    throw new MedexError("SERVICE_PROTOCOL", `${url} is another hospital's gateway; check the URL`);
  if (status.data.issuer === "down") {
    throw new MedexError(
      "HOSPITAL_UNREACHABLE",
      `the firewall at ${url} is up, and the hospital behind it is not: its operator starts medex hospital serve; until then nobody joins or approves`,
    );
  }
  const both = status.data.issuer === "together" ? " (with the hospital in one process, for development)" : "";
  return [...found, `gateway at ${url}${both}`].join(", ");
}

/** That a hospital's own service answers and is its. */
async function checkService(service: string, id: string): Promise<string> {
  const { url } = parseServiceUrl("hospital", service);
  const status = serviceStatusSchema.safeParse(await getJson(`${url}/v1/status`, "the hospital's own service"));
  if (!status.success) {
    throw new MedexError("SERVICE_PROTOCOL", `${url} is not a hospital's own service; check the URL`);
  }
  if (status.data.hospital !== id)
    throw new MedexError("SERVICE_PROTOCOL", `${url} is another hospital's service; check the URL`);
  return url;
}

const healthSchema = z.looseObject({ healthy: z.boolean() });

/** That a relayer is healthy. */
export async function checkRelayer(url: string): Promise<string> {
  const { url: printable } = parseServiceUrl("relayer", url);
  const health = healthSchema.safeParse(await getJson(`${printable}/healthz`, "the relayer"));
  if (!health.success) throw new MedexError("SERVICE_PROTOCOL", `${printable} is not a relayer; check the URL`);
  if (!health.data.healthy)
    throw new MedexError("SERVICE_PROTOCOL", `${printable}: the relayer reports a problem; see its log`);
  return `${printable}, healthy`;
}

async function getJson(url: string, what: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    return await response.json();
  } catch (cause) {
    throw new MedexError("SERVICE_UNREACHABLE", `${what} does not answer at ${url}: start it, or fix the URL`, {
      cause,
    });
  }
}
