/** One user's way through MedExChain's stages, firewalls included, each stage on what the one before gave. Data crosses threads. */

import {
  type Ciphertext,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  decryptDU,
  deriveBeta,
  drawX,
  encapsulate,
  type FirewalledCiphertext,
  type FirewallSecrets,
  forgetKey,
  forgetScope,
  type G1Bytes,
  type G2Bytes,
  type GtBytes,
  generateFirewallSecrets,
  keyGenDO,
  keyGenDU,
  type MasterKeyPair,
  partialKeyGenDU,
  type ReEncryptedCiphertext,
  type ReKey,
  reEncrypt,
  reKeyGen,
  setupA,
  setupB,
  type UserKeyPair,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";

/** The stages in their order; `control` is arithmetic without memory, to see what a second thread gives on this machine. */
export const USER_STAGES = ["KeyGen_DO", "KeyGen_DU", "Enc", "ReKeyGen", "ReEnc", "Dec", "control"] as const;
export type UserStage = (typeof USER_STAGES)[number];

/** Both hospitals with their firewalls. */
export interface Hospitals {
  readonly a: MasterKeyPair;
  readonly b: MasterKeyPair;
  readonly firewallA: FirewallSecrets;
  readonly firewallB: FirewallSecrets;
  readonly keyA: G2Bytes;
  readonly keyB: G2Bytes;
}

export function makeHospitals(): Hospitals {
  const [a, b] = [setupA(), setupB()];
  const [firewallA, firewallB] = [generateFirewallSecrets(), generateFirewallSecrets()];
  const keyA = crfSetup(firewallA.blinding, a.publicKey);
  const keyB = crfSetup(firewallB.blinding, b.publicKey);
  return { a, b, firewallA, firewallB, keyA, keyB };
}

/** A pair of an owner with one record and a user who asks for it, and what the stages have made for it so far. */
export interface UserState {
  readonly owner: { readonly identity: Uint8Array; readonly scope: Uint8Array };
  readonly identity: Uint8Array;
  ownerKey?: G1Bytes;
  userKeys?: UserKeyPair;
  m?: GtBytes;
  sent?: Ciphertext;
  ciphertext?: FirewalledCiphertext;
  reKey?: ReKey;
  reEncrypted?: ReEncryptedCiphertext;
  opened?: GtBytes;
}

export function newUser(): UserState {
  return { owner: { identity: randomBytes(32), scope: randomBytes(32) }, identity: randomBytes(32) };
}

/** Runs one stage for one user, with nothing kept of that user before. The hospitals' keys are known. */
export function runStage(stage: UserStage, hospitals: Hospitals, user: UserState): void {
  const { a, b, firewallA, firewallB, keyA, keyB } = hospitals;
  const { owner, identity } = user;
  switch (stage) {
    case "KeyGen_DO":
      user.ownerKey = crfKeyGenDO(firewallA.blinding, keyGenDO(a.secretKey, owner), owner, a.publicKey);
      break;
    case "KeyGen_DU": {
      const partial = partialKeyGenDU(b.secretKey, identity);
      user.userKeys = keyGenDU(crfKeyGenDU(firewallB.blinding, partial, identity, b.publicKey), identity, keyB);
      break;
    }
    case "Enc": {
      const { m, sent } = encapsulate(owner, keyA);
      user.m = m;
      user.sent = sent;
      user.ciphertext = crfEncrypt(sent, owner, keyA, deriveBeta(firewallA.prfKey, owner.scope));
      break;
    }
    case "ReKeyGen": {
      const requester = { identity, publicKey: made(user.userKeys).publicKey, hospitalKey: keyB };
      const x = drawX();
      const proposal = reKeyGen(made(user.ownerKey), x, requester);
      const beta = deriveBeta(firewallA.prfKey, owner.scope);
      user.reKey = crfReKeyGen(proposal, { x, owner, hospitalKey: keyA, requester, beta });
      break;
    }
    case "ReEnc":
      user.reEncrypted = reEncrypt(made(user.ciphertext), made(user.reKey));
      break;
    case "Dec":
      user.opened = decryptDU(made(user.reEncrypted), made(user.userKeys).privateKey);
      break;
    case "control":
      spin();
      break;
  }
  forgetScope(owner);
  if (user.userKeys !== undefined) forgetKey(user.userKeys.publicKey.V);
}

function made<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("a stage was run before the one that it needs");
  return value;
}

/** Some milliseconds of arithmetic in registers. */
function spin(): number {
  let x = 1;
  for (let i = 0; i < 8e6; i += 1) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x;
}
