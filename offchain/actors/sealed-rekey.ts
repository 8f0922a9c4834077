import { fromHex32, type Hex32, toHex32 } from "@medexchain/chain";
import { anyBytes, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import {
  checkG1,
  checkG2,
  checkGt,
  checkSignedOff,
  encodeSealedReKey,
  type FirewalledCiphertext,
  type GtBytes,
  parseSealedReKey,
  type ReKeyProposal,
  reKeyGen,
  sealRecordSecret,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { z } from "zod";
import type { ApprovalProgress } from "./approval-progress.ts";
import type { Owner } from "./owner.ts";
import type { RelayersOfNow } from "./relayer-group.ts";
import type { CertifiedRequester } from "./requester.ts";
import { sealedOnce } from "./sealed-part.ts";

/** Names what an approval depends on, besides the record: whom it is for, under which keys, and what is sent. */
export function bindingOf(
  { identity, publicKey, hospitalKey, bfv }: CertifiedRequester,
  features: ReadonlySet<string> | undefined,
): Uint8Array {
  const names = features === undefined ? null : [...features].sort();
  return sha256(encodeObject({ identity, publicKey: { ...publicKey }, hospitalKey, bfv: { ...bfv }, names }));
}

/** A request, the record that it is for, and the relayers to whom is dealt. */
export interface RequestIds {
  readonly recordId: Hex32;
  readonly requestId: Hex32;
  readonly relayers: RelayersOfNow;
}

export interface RekeyInput extends RequestIds {
  readonly privateKey: Parameters<typeof reKeyGen>[0];
  readonly requester: CertifiedRequester;
  /** `(c1', c2', c3')` of the record's capsule. */
  readonly ciphertext: FirewalledCiphertext;
}

/** A sealed key on IPFS. */
export interface PublishedRekey {
  readonly sealedRekey: Hex32;
  /** Bytes. */
  readonly length: number;
  /** Indices of relayers to whom no share is sealed, as they have no key that can be sealed to. */
  readonly leftOut: readonly number[];
}

/**
 * That a record's secret can be sealed to a doctor.
 *
 * @param instead what the owner does now
 * @throws CERTIFICATE_INVALID when the doctor's keys are from before there were such secrets
 */
export function requireSealable({ kem }: CertifiedRequester, requesterId: Hex32, instead: string): void {
  if (kem !== undefined) return;
  throw new MedexError(
    "CERTIFICATE_INVALID",
    `requester ${requesterId} has keys from before each record had one of its own: ${instead}; its hospital enrols the doctor again, who then joins and asks again`,
  );
}

/** The name of what is kept of a sealed key: for other relayers another is made. */
const partOf = ({ relayers }: RequestIds) => `sealed-rekey-${relayers.epoch}` as const;
const proposalPartOf = ({ relayers }: RequestIds) => `proposal-${relayers.epoch}` as const;

const keptSchema = z.strictObject({ sealedReKey: anyBytes(), shares: anyBytes() });

/**
 * That the firewall can seal this request's re-encryption key, which it does once for the relayers of an epoch. Nothing is asked where it is kept
 * from before.
 *
 * @throws APPROVAL_ELSEWHERE as `publishSealedRekey`; what calling the firewall throws
 */
export async function expectSealable(owner: Owner, progress: ApprovalProgress, ids: RequestIds): Promise<void> {
  for (const part of [partOf(ids), proposalPartOf(ids)]) if (await progress.has(part)) return;
  (await dealX(owner, ids)).fill(0); // asked again, the firewall deals the same X
}

/**
 * ReKeyGen on the device, with the firewall's `X`, then CRF-ReKeyGen, dealing and sealing in the firewall. What it dealt is checked, kept, and put on
 * IPFS: the sealed shares first, which the sealed key names.
 *
 * @throws APPROVAL_ELSEWHERE when the firewall has sealed a key for this request and these relayers before: what it sealed then is on another
 *   device, or was made for another choice of features; PRE_DEALING_INVALID when it dealt wrongly; RELAYERS_CHANGED, RELAYERS_UNREADY
 */
export async function publishSealedRekey(
  owner: Owner,
  progress: ApprovalProgress,
  input: RekeyInput,
): Promise<PublishedRekey> {
  const kept = await progress.once(partOf(input), () => makeSealedRekey(owner, progress, input));
  const { sealedReKey, shares } = decodeObject(kept, keptSchema, "what was kept of the approval", "INPUT_INVALID");
  await owner.store.put(shares);
  const { digest } = await owner.store.put(sealedReKey);
  const { indices } = parseSealedReKey(sealedReKey);
  const leftOut = input.relayers.indices.filter((index) => !indices.includes(index));
  return { sealedRekey: toHex32(digest), length: sealedReKey.length, leftOut };
}

async function makeSealedRekey(owner: Owner, progress: ApprovalProgress, input: RekeyInput): Promise<Uint8Array> {
  const { requester, ciphertext } = input;
  const { epoch, threshold, indices } = input.relayers;
  const [recordId, requestId] = [fromHex32(input.recordId), fromHex32(input.requestId)];
  const scope = owner.scopeOf(input.recordId);
  const signOff = async () => {
    const { x, proposal } = await proposalOf(owner, progress, input);
    try {
      const signedOff = await owner.firewall.signOff({ recordId, requestId, epoch, owner: scope, requester, proposal });
      const hospitalKey = owner.firewall.publicKey;
      checkSignedOff(signedOff, { requestId, epoch, x, owner: scope, hospitalKey, ciphertext, threshold, indices });
      return signedOff;
    } finally {
      for (const secret of [x, proposal.witness, ...Object.values(proposal.reKey)]) secret.fill(0);
    }
  };
  const { sealedReKey, shares } = await signOff().catch(async (cause: unknown) => {
    if (!MedexError.is(cause, "PRE_REKEY_REFUSED")) throw cause;
    // The firewall has forgotten the X of a proposal that was kept: once more with another, or it says that it has signed off.
    await progress.drop(proposalPartOf(input));
    return signOff();
  });
  return encodeObject({ sealedReKey: await withSecret(owner, input, sealedReKey), shares });
}

const proposalSchema = z.strictObject({
  x: anyBytes(),
  rk1: anyBytes(),
  rk2: anyBytes(),
  rk3: anyBytes(),
  witness: anyBytes(),
});

/** X and a proposal on it, kept before the firewall has it: if its answer is lost, the same proposal gets the same answer. */
async function proposalOf(
  owner: Owner,
  progress: ApprovalProgress,
  input: RekeyInput,
): Promise<{ readonly x: GtBytes; readonly proposal: ReKeyProposal }> {
  const { recordId, requestId: about, privateKey, requester } = input;
  const kept = await sealedOnce(owner, progress, { recordId, about, part: proposalPartOf(input) }, async () => {
    const x = await dealX(owner, input);
    const { reKey, witness } = reKeyGen(privateKey, x, requester);
    const encoded = encodeObject({ x, ...reKey, witness });
    for (const secret of [x, witness, ...Object.values(reKey)]) secret.fill(0);
    return encoded;
  });
  const { x, rk1, rk2, rk3, witness } = decodeObject(
    kept,
    proposalSchema,
    "what was kept of the approval",
    "INPUT_INVALID",
  );
  const reKey = { rk1: checkG1(rk1, "rk1"), rk2: checkG2(rk2, "rk2"), rk3: checkGt(rk3, "rk3") };
  return { x: checkGt(x, "X"), proposal: { reKey, witness: checkG1(witness, "W") } };
}

/** The firewall's sealed key with the record's secret beside it, which is sealed here: no firewall, hospital or relayer is to know it. */
async function withSecret(owner: Owner, { recordId, requestId, requester }: RekeyInput, bytes: Uint8Array) {
  const { kem } = requester;
  if (kem === undefined) throw new RangeError("a requester without a key for X-Wing is refused before");
  const q = owner.recordSecretOf(recordId);
  const subject = { requestId: fromHex32(requestId), recordId: fromHex32(recordId) };
  const secret = await sealRecordSecret(q, subject, kem).finally(() => q.fill(0));
  return encodeSealedReKey({ ...parseSealedReKey(bytes), secret });
}

async function dealX({ firewall }: Owner, { recordId, requestId, relayers }: RequestIds): Promise<GtBytes> {
  try {
    return await firewall.dealX(fromHex32(recordId), fromHex32(requestId), relayers.epoch);
  } catch (cause) {
    // The one reason for which the firewall deals no X: this request's key is sealed to these relayers.
    if (!MedexError.is(cause, "PRE_REKEY_REFUSED")) throw cause;
    throw new MedexError(
      "APPROVAL_ELSEWHERE",
      `the approval of request ${requestId} was begun on another device, or with other features: finish it there with the same command, or deny the request and let the doctor ask again`,
      { cause },
    );
  }
}
