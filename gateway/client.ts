import { type KeyScheme, type OwnerFirewall, parseHospitalParameters } from "@medexchain/actors";
import { ask, type Chain, fromHex32, type Hex32 } from "@medexchain/chain";
import { decodeObject, ERROR_CODES, encodeObject, MedexError, parseServiceUrl } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { checkG1, checkG2, checkGt, type G1Bytes, initCurve, type ScopedIdentity } from "@medexchain/pre";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Signer } from "ethers";
import { z } from "zod";
import { encodeSignedCall } from "./call.ts";
import { METHODS, type Method, type MethodInput, type MethodOutput } from "./methods.ts";
import { LostReply, postCall } from "./post-call.ts";
import { sealCall } from "./sealed-call.ts";
import { tryAgain } from "./try-again.ts";

const DEFAULT_TIMEOUT_MS = 30_000;

/** What a hospital does once: done a second time, it is refused. So they are not tried again when nobody knows whether they were done. */
const ONCE: ReadonlySet<Method> = new Set(["certify", "re-randomise", "sign-off"]);

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
  /** For each call, tried again included, in milliseconds; 30 s unless given. */
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
   * @param pseudonym the member's `pseudonymHash`, 32 bytes
   * @returns the hash of the transaction that enrolled the certificate
   */
  certify(keyDigest: Uint8Array, pseudonym: Uint8Array): Promise<string>;
}

const answerSchema = z.union([
  z.strictObject({ ok: z.instanceof(Uint8Array) }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string().max(1000) }) }),
]);

/**
 * Prepares calls to a hospital's gateway: fetches the hospital's parameters by the digest that the registry holds. They name the key
 * to which calls are sealed, so no URL, proxy or certificate authority is believed.
 *
 * A call whose failure passes is tried again, see `tryAgain`. Every call throws GATEWAY_CALL_REFUSED, GATEWAY_BUSY, GATEWAY_INTERNAL, or
 * what the hospital's side threw; SERVICE_UNREACHABLE, SERVICE_PROTOCOL.
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
  const parameters = parseHospitalParameters(
    await store.get(fromHex32(parametersDigest), { maxBytes: CONTENT_LIMITS.hospitalParameters }),
  );
  const { gatewayKey, publicKey, scheme } = parameters;
  if (gatewayKey === undefined) {
    throw new MedexError("CERTIFICATE_INVALID", `hospital ${hospitalId} published no gateway key; ask its operator`);
  }

  const call = async <M extends Method>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>> => {
    const payload = encodeObject({ ...input });
    const signed = { hospital: hospitalId, member: memberId, method, payload };
    // The epoch of a call does not become that of now by waiting.
    const isFinal = (error: MedexError) =>
      error.code === "RELAYERS_CHANGED" || (error instanceof LostReply && ONCE.has(method));
    // Each try is a call of its own, with its own nonce and seal: the hospital takes none twice.
    const ok = await tryAgain({ timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, isFinal }, async (signal) => {
      const sealed = await sealCall(await encodeSignedCall(options.account, chain.deployment, signed), gatewayKey);
      const reply = sealed.openReply(await postCall(`${url}/v1/calls`, sealed.bytes, signal));
      const answer = decodeObject(reply, answerSchema, "the hospital's reply", "SERVICE_PROTOCOL");
      if ("error" in answer) throw remoteError(url, answer.error);
      return answer.ok;
    });
    // A union of schemas, one per method: TypeScript does not see that M picks one.
    const schema = METHODS[method].output as unknown as z.ZodType<MethodOutput<M>>;
    return decodeObject(ok, schema, "the hospital's reply", "SERVICE_PROTOCOL");
  };

  return {
    scheme,
    firewall: {
      publicKey,
      // The hospital makes the record's id itself, of the member and the salt.
      async reRandomise(_recordId, _owner, { c1, c2 }, salt) {
        const output = await call("re-randomise", { salt, c1, c2 });
        return { c1: checkG2(output.c1, "c1'"), c2: checkGt(output.c2, "c2'"), c3: checkG1(output.c3, "c3'") };
      },
      dealX: async (recordId, requestId, epoch) =>
        checkGt((await call("deal-x", { recordId, requestId, epoch: Number(epoch) })).x, "X"),
      // The firewall takes the requester from the chain, as it must not believe a device.
      async signOff({ recordId, requestId, epoch, proposal: { reKey, witness } }) {
        const ids = { recordId, requestId, epoch: Number(epoch) };
        const { dealt, ...objects } = await call("sign-off", { ...ids, ...reKey, witness });
        return { ...objects, dealt: dealt.map(({ index, share }) => ({ index, share: checkG1(share, "a share") })) };
      },
    },
    requestKey: async ({ scope }) => checkG1((await call("owner-key", { scope })).key, "sk_DO'"),
    requestPartialKey: async () => checkG1((await call("partial-key", {})).key, "D'"),
    certify: async (keyDigest, pseudonym) =>
      `0x${bytesToHex((await call("certify", { keyDigest, pseudonym })).transactionHash)}`,
  };
}

/** An error of the hospital's side. Its code is kept where it is known; its message is put on one printable line. */
function remoteError(url: string, { code, message }: { code: string; message: string }): MedexError {
  const known = ERROR_CODES.find((registered) => registered === code);
  if (known === undefined)
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `the gateway at ${url} returned an error that this version does not know; update medex`,
    );
  return new MedexError(known, `the hospital says: ${message.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, " ")}`);
}
