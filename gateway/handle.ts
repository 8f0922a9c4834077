/** The firewall's part of its members' calls. */
import { fetchRequester, type KeyScheme } from "@medexchain/actors";
import { ask, fromHex32, type Hex32, hex32, recordIdOf, requestStateOf, toHex32 } from "@medexchain/chain";
import { encodeObject, MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import { checkG1, checkG2, checkGt, type ReverseFirewall } from "@medexchain/pre";
import type { Audience, SignedCall } from "./admit.ts";
import type { IssuedMethod, Issuer } from "./issuer.ts";
import { ownerOf, requireScheme } from "./member-scope.ts";
import { decodeInput, type Method, type MethodInput, type MethodOutput } from "./methods.ts";
import { refused } from "./refused.ts";

/** A firewall at its gateway, with the hospital behind it, of whose secrets it has none. */
export interface Site extends Audience {
  readonly hospital: { readonly id: Hex32; readonly scheme: KeyScheme };
  readonly firewall: ReverseFirewall;
  readonly issuer: Issuer;
  readonly store: ContentStore;
}

/**
 * Carries out a call that was admitted.
 *
 * @param signal gives up, until what is done once is begun
 * @returns the method's output as DAG-CBOR
 * @throws GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED, and what the method throws; the signal's reason
 */
export function carryOut(site: Site, { call, bytes }: SignedCall, signal: AbortSignal): Promise<Uint8Array> {
  const { member, method, payload } = call;
  const act = async <M extends Method>(
    name: M,
    perform: (work: Work, input: MethodInput<M>) => Promise<MethodOutput<M>>,
  ): Promise<Uint8Array> => {
    const input = decodeInput(name, payload);
    return encodeObject({ ...(await perform({ ...site, member, signal, signed: bytes }, input)) });
  };
  switch (method) {
    case "enrol":
      return act(method, (work, input) => issuedOf(work, method, input));
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
  /** The call as the member signed it. */
  readonly signed: Uint8Array;
}

/** Asks the hospital for its part. */
const issuedOf = <M extends IssuedMethod>({ issuer, signed, member, signal }: Work, method: M, input: MethodInput<M>) =>
  issuer.issue({ method, input, signed, member }, signal);

async function ownerKey(work: Work, input: MethodInput<"owner-key">) {
  requireScheme(work.hospital, "ibe");
  const { key } = await issuedOf(work, "owner-key", input);
  return { key: work.firewall.blindOwnerKey(checkG1(key, "sk_DO"), ownerOf(work.member, input.scope)) };
}

async function partialKey(work: Work, input: MethodInput<"partial-key">) {
  requireScheme(work.hospital, "clc");
  const { key } = await issuedOf(work, "partial-key", input);
  return { key: work.firewall.blindPartialKey(checkG1(key, "D"), fromHex32(work.member)) };
}

async function certify(work: Work, input: MethodInput<"certify">) {
  requireScheme(work.hospital, "clc");
  return issuedOf(work, "certify", input);
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
