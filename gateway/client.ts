import { type KeyScheme, type OwnerFirewall, parseHospitalParameters } from "@medexchain/actors";
import { ask, type Chain, fromHex32, type Hex32 } from "@medexchain/chain";
import { decodeObject, ERROR_CODES, encodeObject, MedexError, parseServiceUrl } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import { checkG1, checkG2, checkGt, type G1Bytes, initCurve, type ScopedIdentity } from "@medexchain/pre";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Signer } from "ethers";
import { z } from "zod";
import { encodeSignedCall } from "./call.ts";
import { METHODS, type Method, type MethodInput, type MethodOutput } from "./methods.ts";
import { sealCall } from "./sealed-call.ts";

/** The largest reply: `X`, or a sealed re-encryption key, is about 1 KiB. */
const MAX_REPLY_BYTES = 64 * 1024;

export interface GatewayClientOptions {
  /** Of the hospital's gateway, http or https. */
  readonly url: string;
  /** The home chain of the hospital. */
  readonly chain: Chain;
  readonly store: ContentStore;
  readonly hospitalId: Hex32;
  readonly memberId: Hex32;
  /** The member's; signs every call. */
  readonly account: Signer;
  /** For each call, in milliseconds; 30 s unless given. */
  readonly timeoutMs?: number;
}

/** A member's view of its hospital. */
export interface GatewayClient {
  readonly scheme: KeyScheme;
  /** What a `DataOwner` needs of the firewall. */
  readonly firewall: OwnerFirewall;
  /** What a `DataOwner` needs of the hospital: `sk_DO'` of one of its scopes. */
  requestKey(scope: ScopedIdentity): Promise<G1Bytes>;
  /** What a doctor needs for KeyGen_DU: `D'`. */
  requestPartialKey(): Promise<G1Bytes>;
  /**
   * Has a doctor's published keys certified.
   *
   * @param keyDigest of the keys on IPFS, 32 bytes
   * @returns the hash of the transaction that enrolled the certificate
   */
  certify(keyDigest: Uint8Array): Promise<string>;
}

const answerSchema = z.union([
  z.strictObject({ ok: z.instanceof(Uint8Array) }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string().max(1000) }) }),
]);

/**
 * Prepares calls to a hospital's gateway: fetches the hospital's parameters by the digest that the registry holds. They name the key
 * to which calls are sealed, so no URL, proxy or certificate authority is believed.
 *
 * Every call throws GATEWAY_CALL_REFUSED, GATEWAY_INTERNAL, or what the hospital's side threw; SERVICE_UNREACHABLE, SERVICE_PROTOCOL.
 *
 * @throws CERTIFICATE_INVALID when the registry does not know the hospital, or it has no gateway; CONTENT_NOT_FOUND,
 *   SERVICE_UNREACHABLE, CONFIG_INVALID
 */
export async function connectGateway(options: GatewayClientOptions): Promise<GatewayClient> {
  await initCurve();
  const { chain, store, hospitalId, memberId } = options;
  const { url } = parseServiceUrl("gateway", options.url);
  const { homeChainId, parametersDigest } = await ask(chain, () => chain.hospitals.hospital(hospitalId));
  const { chainId } = chain.deployment;
  if (homeChainId !== chainId) {
    throw new MedexError("CERTIFICATE_INVALID", `hospital ${hospitalId} is not registered as one of chain ${chainId}`);
  }
  const parameters = parseHospitalParameters(await store.get(fromHex32(parametersDigest)));
  const { gatewayKey, publicKey, scheme } = parameters;
  if (gatewayKey === undefined) {
    throw new MedexError("CERTIFICATE_INVALID", `hospital ${hospitalId} published no gateway key; ask its operator`);
  }

  const call = async <M extends Method>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>> => {
    const payload = encodeObject({ ...input });
    const signed = { hospital: hospitalId, member: memberId, method, payload };
    const sealed = await sealCall(await encodeSignedCall(options.account, chain.deployment, signed), gatewayKey);
    const reply = sealed.openReply(await post(`${url}/v1/calls`, sealed.bytes, options.timeoutMs ?? 30_000));
    const answer = decodeObject(reply, answerSchema, "the hospital's reply", "SERVICE_PROTOCOL");
    if ("error" in answer) throw remoteError(url, answer.error);
    // A union of schemas, one per method: TypeScript does not see that M picks one.
    const schema = METHODS[method].output as unknown as z.ZodType<MethodOutput<M>>;
    return decodeObject(answer.ok, schema, "the hospital's reply", "SERVICE_PROTOCOL");
  };

  return {
    scheme,
    firewall: {
      publicKey,
      async reRandomise(recordId, _owner, { c1, c2 }) {
        const output = await call("re-randomise", { recordId, c1, c2 });
        return { c1: checkG2(output.c1, "c1'"), c2: checkGt(output.c2, "c2'"), c3: checkG1(output.c3, "c3'") };
      },
      dealX: async (recordId, requestId) => checkGt((await call("deal-x", { recordId, requestId })).x, "X"),
      // The firewall takes the requester and the sealing key from the chain, as it must not believe a device.
      async signOff({ recordId, requestId, proposal: { reKey, witness } }) {
        return (await call("sign-off", { recordId, requestId, ...reKey, witness })).sealed;
      },
    },
    requestKey: async ({ scope }) => checkG1((await call("owner-key", { scope })).key, "sk_DO'"),
    requestPartialKey: async () => checkG1((await call("partial-key", {})).key, "D'"),
    certify: async (keyDigest) => `0x${bytesToHex((await call("certify", { keyDigest })).transactionHash)}`,
  };
}

async function post(url: string, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/cbor" },
      body: new Uint8Array(body), // over an ArrayBuffer of its own, as fetch's type wants it
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    bytes = await readAtMost(response, MAX_REPLY_BYTES);
  } catch (cause) {
    if (MedexError.is(cause)) throw cause;
    throw new MedexError(
      "SERVICE_UNREACHABLE",
      `the hospital's gateway does not answer at ${url}: check that it is up, and the URL`,
      {
        cause,
      },
    );
  }
  if (response.status === 503)
    throw new MedexError("SERVICE_UNREACHABLE", `the hospital's gateway at ${url} is busy; try again`);
  if (!response.ok) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `the gateway at ${url} did not take the call (HTTP ${response.status}): is it this hospital's, with the keys that it registered?`,
    );
  }
  return bytes;
}

async function readAtMost(response: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) throw new MedexError("SERVICE_PROTOCOL", "the gateway's reply is too long; check its URL");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** An error of the hospital's side. Its code is kept where it is known; its message is put on one printable line. */
function remoteError(url: string, { code, message }: { code: string; message: string }): MedexError {
  const known = ERROR_CODES.find((registered) => registered === code);
  if (known === undefined)
    throw new MedexError("SERVICE_PROTOCOL", `the gateway at ${url} gave an unknown error; update medex`);
  return new MedexError(known, `the hospital says: ${message.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, " ")}`);
}
