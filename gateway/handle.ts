import { fetchRequester, type Hospital, parseMemberKeys } from "@medexchain/actors";
import {
  ask,
  type Chain,
  fromHex32,
  type Hex32,
  hex32,
  requestStateOf,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { decodeObject, encodeObject, MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import {
  checkG1,
  checkG2,
  checkGt,
  checkUserPublicKey,
  type ReverseFirewall,
  type ScopedIdentity,
} from "@medexchain/pre";
import type { z } from "zod";
import { type Call, decodeSignedCall } from "./call.ts";
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

/**
 * Checks that a call comes from a member of this hospital, now and for the first time, and carries it out.
 *
 * @param bytes from `encodeSignedCall`
 * @returns the call, and the method's output as DAG-CBOR
 * @throws GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED, and what the method throws
 */
export async function handleCall(
  site: Site,
  guard: ReplayGuard,
  bytes: Uint8Array,
  onAuthentic: (call: Call) => void,
): Promise<Uint8Array> {
  const { hospital, chain } = site;
  const { call, signer } = decodeSignedCall(bytes, chain.deployment);
  if (call.hospital !== hospital.id) throw refused("is for another hospital; check the gateway's URL");
  const member = await ask(chain, () => chain.hospitals.activeMember(call.member));
  if (BigInt(member.account) === 0n || member.hospitalId !== hospital.id) {
    throw refused("comes from no active member of this hospital; have its operator enrol the account");
  }
  if (member.account !== signer)
    throw refused("is not signed by the member's account; use the vault that was enrolled");
  guard.take(call);
  onAuthentic(call);
  return run(site, call.member, call.method, call.payload);
}

function run(site: Site, member: Hex32, method: Method, payload: Uint8Array): Promise<Uint8Array> {
  const act = <M extends Method>(
    name: M,
    perform: (site: Site, member: Hex32, input: MethodInput<M>) => Promise<MethodOutput<M>>,
  ): Promise<Uint8Array> => {
    // A union of schemas, one per method: TypeScript does not see that M picks one.
    const schema = METHODS[name].input as unknown as z.ZodType<MethodInput<M>>;
    const input = decodeObject(payload, schema, `the call's ${name} input`, "GATEWAY_CALL_INVALID");
    return perform(site, member, input).then((output) => encodeObject({ ...output }));
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

async function ownerKey({ hospital, firewall }: Site, member: Hex32, { scope }: MethodInput<"owner-key">) {
  requireScheme(hospital, "ibe");
  const owner = ownerOf(member, scope);
  return { key: firewall.blindOwnerKey(hospital.issueOwnerKey(owner), owner) };
}

async function partialKey({ hospital, firewall }: Site, member: Hex32) {
  requireScheme(hospital, "clc");
  const identity = fromHex32(member);
  return { key: firewall.blindPartialKey(hospital.issuePartialKey(identity), identity) };
}

/**
 * A certificate with the digest of the member's keys, in the place of the one without that the operator enrolled. Keys are certified
 * once: whoever stole the account cannot put others in their place; for new keys the operator enrols the member anew.
 */
async function certify(
  { hospital, firewall, chain, store }: Site,
  member: Hex32,
  { keyDigest }: MethodInput<"certify">,
) {
  requireScheme(hospital, "clc");
  const digest = toHex32(keyDigest);
  const enrolled = await ask(chain, () => chain.hospitals.member(member));
  if (enrolled.keyDigest !== ZERO_32) {
    throw refused("would replace keys that were certified; have the operator enrol the member anew");
  }
  checkUserPublicKey(parseMemberKeys(await store.get(keyDigest)).pre, firewall.publicKey);
  const pseudonym = await pseudonymOf(chain, member, enrolled.serial);
  const { account, serial, notAfter } = enrolled;
  const subject = { pseudonym, account, keyDigest: digest, serial: serial + 1n, notAfter };
  const [certificate, signature] = await hospital.certifyHashed(chain, subject);
  const { hospitals } = chain.as(hospital.operator);
  const { hash } = await transact(chain, () => hospitals.enrolMember(certificate, signature));
  return { transactionHash: fromHex32(hash) };
}

async function reRandomise({ hospital, firewall, chain }: Site, member: Hex32, input: MethodInput<"re-randomise">) {
  requireScheme(hospital, "ibe");
  const { recordId, c1, c2 } = input;
  // What is anchored went through before, whatever became of the list of seen records.
  const { anchoredAt } = await ask(chain, () => chain.records.record(recordId));
  if (anchoredAt !== 0n) throw new MedexError("FIREWALL_RECORD_SEEN", "the record is anchored; use a new record id");
  return firewall.reRandomise(recordId, ownerOf(member, recordId), { c1: checkG2(c1, "c1"), c2: checkGt(c2, "c2") });
}

async function dealX({ hospital, firewall, chain }: Site, member: Hex32, ids: MethodInput<"deal-x">) {
  requireScheme(hospital, "ibe");
  await pendingRequester(chain, member, ids);
  return { x: await firewall.dealX(ids.recordId, ids.requestId) };
}

async function signOff({ hospital, firewall, chain, store }: Site, member: Hex32, input: MethodInput<"sign-off">) {
  requireScheme(hospital, "ibe");
  const { recordId, requestId, rk1, rk2, rk3, witness } = input;
  const requester = await fetchRequester(chain, store, await pendingRequester(chain, member, input));
  const sealingKey = fromHex32(await ask(chain, () => chain.relayers.sealingKey()));
  const reKey = { rk1: checkG1(rk1, "rk1"), rk2: checkG2(rk2, "rk2"), rk3: checkGt(rk3, "rk3") };
  const proposal = { reKey, witness: checkG1(witness, "W") };
  const sealed = await firewall.signOff({
    recordId,
    requestId,
    owner: ownerOf(member, recordId),
    requester,
    proposal,
    sealingKey,
  });
  return { sealed };
}

/** Who asked, once the request waits on chain for a record of this member. */
async function pendingRequester(
  chain: Chain,
  member: Hex32,
  { recordId, requestId }: { recordId: Uint8Array; requestId: Uint8Array },
): Promise<Hex32> {
  const [grant, record] = await Promise.all([
    ask(chain, () => chain.grants.grant(requestId)),
    ask(chain, () => chain.records.record(recordId)),
  ]);
  if (requestStateOf(grant.state) !== "Pending" || grant.recordId !== toHex32(recordId) || record.owner !== member) {
    throw refused("names no pending request for a record of the caller");
  }
  return hex32(grant.requester);
}

/** The hash of the member's pseudonym, from the certificate that the operator enrolled. */
async function pseudonymOf(chain: Chain, member: Hex32, serial: bigint): Promise<Hex32> {
  const { hospitals } = chain;
  const logs = await ask(chain, () => hospitals.queryFilter(hospitals.filters.MemberEnrolled(member)));
  const certificate = logs.map(({ args }) => args.certificate).find((enrolled) => enrolled.serial === serial);
  if (certificate === undefined) {
    throw new MedexError(
      "CHAIN_MISMATCH",
      `the node of chain ${chain.deployment.chainId} withholds the member's certificate; use another`,
    );
  }
  return certificate.pseudonym as Hex32; // bytes32 in the ABI
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
