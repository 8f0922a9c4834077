import { fetchRequester, type Hospital, parseMemberKeys } from "@medexchain/actors";
import {
  ask,
  type Chain,
  fromHex32,
  type Hex32,
  hex32,
  memberIdOf,
  recordIdOf,
  requestStateOf,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import {
  checkG1,
  checkG2,
  checkGt,
  checkUserPublicKey,
  type ReverseFirewall,
  type ScopedIdentity,
} from "@medexchain/pre";
import type { z } from "zod";
import { type Call, decodeCall, signerOf } from "./call.ts";
import { METHODS, type Method, type MethodInput, type MethodOutput } from "./methods.ts";
import type { ReplayGuard } from "./replay-guard.ts";

/** A hospital at its gateway. Hospital and firewall are two roles with two secrets, though one process serves both. */
export interface Site {
  readonly hospital: Hospital;
  readonly firewall: ReverseFirewall;
  /** The hospital's home chain, on which its members are enrolled. */
  readonly chain: Chain;
  readonly store: ContentStore;
}

/** A call whose signature is good, whoever made it. */
export interface SignedCall {
  readonly call: Call;
  /** The account that signed it. */
  readonly signer: string;
}

/**
 * What can be said of a call without asking anybody: that it is for this hospital, now, was not taken before, and who signed it.
 *
 * @param bytes from `encodeSignedCall`
 * @throws GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED
 */
export function checkCall({ hospital, chain }: Site, guard: ReplayGuard, bytes: Uint8Array): SignedCall {
  const decoded = decodeCall(bytes);
  if (decoded.call.hospital !== hospital.id) throw refused("is for another hospital; check the gateway's URL");
  guard.check(decoded.call);
  return { call: decoded.call, signer: signerOf(decoded, chain.deployment) };
}

/**
 * Checks with the registry that who signed a call is the member that it names, and an active one of this hospital.
 *
 * @throws GATEWAY_CALL_REFUSED when it is not; SERVICE_UNREACHABLE
 */
export async function requireMember({ hospital, chain }: Site, { call, signer }: SignedCall): Promise<void> {
  const member = await ask(chain, () => chain.hospitals.activeMember(call.member));
  if (BigInt(member.account) === 0n || member.hospitalId !== hospital.id) {
    throw refused("does not come from an active member of this hospital; ask its operator to enrol the account");
  }
  if (member.account !== signer)
    throw refused("is not signed by the member's account; use the vault that was enrolled");
}

/**
 * Carries out a call that was admitted.
 *
 * @param signal gives up, until what is done once is begun
 * @returns the method's output as DAG-CBOR
 * @throws GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED, and what the method throws; the signal's reason
 */
export function carryOut(site: Site, { member, method, payload }: Call, signal: AbortSignal): Promise<Uint8Array> {
  const act = async <M extends Method>(
    name: M,
    perform: (work: Work, input: MethodInput<M>) => Promise<MethodOutput<M>>,
  ): Promise<Uint8Array> => {
    // A union of schemas, one per method: TypeScript does not see that M picks one.
    const schema = METHODS[name].input as unknown as z.ZodType<MethodInput<M>>;
    const input = decodeObject(payload, schema, `the call's ${name} input`, "GATEWAY_CALL_INVALID");
    return encodeObject({ ...(await perform({ ...site, member, signal }, input)) });
  };
  switch (method) {
    case "owner-key":
      return act(method, ownerKey);
    case "partial-key":
      return act(method, partialKey);
    case "certify":
      return act(method, certify);
    case "re-randomise":
      return act(method, reRandomise);
    case "deal-x":
      return act(method, dealX);
    case "sign-off":
      return act(method, signOff);
  }
}

/** What a method works with. */
interface Work extends Site {
  /** Who calls. */
  readonly member: Hex32;
  readonly signal: AbortSignal;
}

async function ownerKey({ hospital, firewall, member }: Work, { scope }: MethodInput<"owner-key">) {
  requireScheme(hospital, "ibe");
  const owner = ownerOf(member, scope);
  return { key: firewall.blindOwnerKey(hospital.issueOwnerKey(owner), owner) };
}

async function partialKey({ hospital, firewall, member }: Work) {
  requireScheme(hospital, "clc");
  const identity = fromHex32(member);
  return { key: firewall.blindPartialKey(hospital.issuePartialKey(identity), identity) };
}

/**
 * A certificate with the digest of the member's keys, in the place of the one without that the operator enrolled. Keys are certified
 * once: whoever stole the account cannot put others in their place; for new keys the operator enrols the member anew.
 */
async function certify({ hospital, firewall, chain, store, member, signal }: Work, input: MethodInput<"certify">) {
  requireScheme(hospital, "clc");
  const [keyDigest, pseudonym] = [toHex32(input.keyDigest), toHex32(input.pseudonym)];
  if (memberIdOf(hospital.id, pseudonym) !== member) throw refused("names a pseudonym that is not the caller's");
  const enrolled = await ask(chain, () => chain.hospitals.member(member));
  if (enrolled.keyDigest !== ZERO_32) {
    throw refused(
      "would replace keys that are already certified; ask the hospital's operator to enrol the member again",
    );
  }
  const keys = await store.get(input.keyDigest, { maxBytes: CONTENT_LIMITS.memberKeys, signal });
  checkUserPublicKey(parseMemberKeys(keys).pre, firewall.publicKey);
  const { account, serial, notAfter } = enrolled;
  const subject = { pseudonym, account, keyDigest, serial: serial + 1n, notAfter };
  const [certificate, signature] = await hospital.certifyHashed(chain, subject);
  signal.throwIfAborted();
  const { hospitals } = chain.as(hospital.operator);
  const { hash } = await transact(chain, () => hospitals.enrolMember(certificate, signature));
  return { transactionHash: fromHex32(hash) };
}

async function reRandomise({ hospital, firewall, chain, member, signal }: Work, input: MethodInput<"re-randomise">) {
  requireScheme(hospital, "ibe");
  const ciphertext = { c1: checkG2(input.c1, "c1"), c2: checkGt(input.c2, "c2") };
  const recordId = recordIdOf(member, toHex32(input.salt));
  // What is anchored went through before, whatever became of the list of seen records.
  const { anchoredAt } = await ask(chain, () => chain.records.record(recordId));
  if (anchoredAt !== 0n) throw new MedexError("FIREWALL_RECORD_SEEN", "the record is anchored; use a new salt");
  signal.throwIfAborted();
  const id = fromHex32(recordId);
  return firewall.reRandomise(id, ownerOf(member, id), ciphertext);
}

async function dealX(work: Work, ids: MethodInput<"deal-x">) {
  requireScheme(work.hospital, "ibe");
  await requesterOf(work, ids);
  return { x: await work.firewall.dealX(ids.recordId, ids.requestId, BigInt(ids.epoch)) };
}

async function signOff(work: Work, input: MethodInput<"sign-off">) {
  const { hospital, firewall, chain, store, member, signal } = work;
  requireScheme(hospital, "ibe");
  const { recordId, requestId, rk1, rk2, rk3 } = input;
  const epoch = BigInt(input.epoch);
  const reKey = { rk1: checkG1(rk1, "rk1"), rk2: checkG2(rk2, "rk2"), rk3: checkGt(rk3, "rk3") };
  const proposal = { reKey, witness: checkG1(input.witness, "W") };
  const requester = await fetchRequester(chain, store, await requesterOf(work, input), { signal });
  signal.throwIfAborted();
  const owner = ownerOf(member, recordId);
  const signedOff = await firewall.signOff({ recordId, requestId, epoch, owner, requester, proposal });
  return { ...signedOff, dealt: [...signedOff.dealt] };
}

/** Who asked, while the request waits on chain, for a record of this member, to be sealed to the relayers of `epoch`. */
async function requesterOf(
  { chain, member, signal }: Work,
  { recordId, requestId, epoch }: { recordId: Uint8Array; requestId: Uint8Array; epoch: number },
): Promise<Hex32> {
  const [grant, record] = await Promise.all([
    ask(chain, () => chain.grants.grant(requestId)),
    ask(chain, () => chain.records.record(recordId)),
  ]);
  signal.throwIfAborted();
  const state = requestStateOf(grant.state);
  const waits = state === "Pending" || (state === "Authorized" && BigInt(epoch) > grant.relayerEpoch);
  if (!waits || grant.recordId !== toHex32(recordId) || record.owner !== member) {
    throw refused(
      "does not name a pending request for one of the caller's records, nor an approved one that is sealed to earlier relayers",
    );
  }
  return hex32(grant.requester);
}

function requireScheme({ scheme }: Hospital, wanted: "ibe" | "clc"): void {
  if (scheme !== wanted) {
    throw refused(
      `needs a hospital with ${wanted === "ibe" ? "identity-based" : "certificateless"} keys; this one has others`,
    );
  }
}

const ownerOf = (member: Hex32, scope: Uint8Array): ScopedIdentity => ({
  identity: fromHex32(member),
  scope,
});

const refused = (why: string) => new MedexError("GATEWAY_CALL_REFUSED", `the call ${why}`);
