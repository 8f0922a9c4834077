import { type KeyScheme, type OwnerFirewall, parseHospitalParameters } from "@medexchain/actors";
import { ask, type Chain, fromHex32, type Hex32 } from "@medexchain/chain";
import { decodeObject, encodeObject, MedexError, parseServiceUrl } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { checkG1, checkG2, checkGt, type G1Bytes, initCurve, type ScopedIdentity } from "@medexchain/pre";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Signer } from "ethers";
import type { z } from "zod";
import { encodeSignedCall } from "./call.ts";
import { METHODS, type Method, type MethodInput, type MethodOutput } from "./methods.ts";
import { LostReply, postCall } from "./post-call.ts";
import { readAnswer } from "./remote-answer.ts";
import { sealCall } from "./sealed-call.ts";
import { tryAgain } from "./try-again.ts";

const DEFAULT_TIMEOUT_MS = 30_000;

/** The largest reply: the sealed shares of as many relayers as there may be, see `CONTENT_LIMITS`, with the sealed key and the shares. */
const MAX_REPLY_BYTES = 192 * 1024;

/** What a hospital does once: done a second time, it is refused. So they are not tried again when nobody knows whether they were done. */
const ONCE: ReadonlySet<Method> = new Set(["enrol", "certify", "re-randomise", "sign-off"]);

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
  /**
   * Has the account enrolled that an invitation was accepted for, see `acceptInvitation`.
   *
   * @returns the hash of the transaction, and whether the account has what it was promised to pay for others with
   */
  enrol(input: MethodInput<"enrol">): Promise<{ readonly transactionHash: string; readonly isFunded: boolean }>;
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

/**
 * Prepares calls to a hospital's gateway: fetches the hospital's parameters by the digest that the registry holds. They name the key
 * to which calls are sealed, so no URL, proxy or certificate authority is believed.
 *
 * A call whose failure passes is tried again, see `tryAgain`. Every call throws GATEWAY_CALL_REFUSED, GATEWAY_BUSY, GATEWAY_INTERNAL, or
 * what the hospital's side threw; SERVICE_UNREACHABLE when the firewall does not answer, HOSPITAL_UNREACHABLE when the hospital behind it does
 * not; SERVICE_PROTOCOL.
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
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `hospital ${hospitalId} published no gateway key that this version seals to; its operator runs medex hospital parameters`,
    );
  }

  const target = {
    url: `${url}/v1/calls`,
    name: `the hospital's firewall at ${url}`,
    maxReply: MAX_REPLY_BYTES,
    advice: "check that it is up, and the URL",
    unreachable: "SERVICE_UNREACHABLE",
  } as const;
  const call = async <M extends Method>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>> => {
    const payload = encodeObject({ ...input });
    const signed = { hospital: hospitalId, member: memberId, method, payload };
    // The epoch of a call does not become that of now by waiting.
    const isFinal = (error: MedexError) => error.code === "RELAYERS_CHANGED" || (isOpen(error) && ONCE.has(method));
    // Each try is a call of its own, with its own nonce and seal: the hospital takes none twice.
    const ok = await tryAgain({ timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, isFinal }, async (signal) => {
      const sealed = await sealCall(await encodeSignedCall(options.account, chain.deployment, signed), gatewayKey);
      return readAnswer(sealed.openReply(await postCall(target, sealed.bytes, signal)), "the hospital's firewall");
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
    enrol: async (input) => {
      const { transactionHash, isFunded } = await call("enrol", input);
      return { transactionHash: `0x${bytesToHex(transactionHash)}`, isFunded };
    },
    requestKey: async ({ scope }) => checkG1((await call("owner-key", { scope })).key, "sk_DO'"),
    requestPartialKey: async () => checkG1((await call("partial-key", {})).key, "D'"),
    certify: async (keyDigest, pseudonym) =>
      `0x${bytesToHex((await call("certify", { keyDigest, pseudonym })).transactionHash)}`,
  };
}

/** Whether nobody here knows what became of the call: its reply was lost, here or between the firewall and the hospital. */
const isOpen = (error: MedexError): boolean => error instanceof LostReply || error.code === "HOSPITAL_UNREACHABLE";
