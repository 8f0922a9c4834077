/** One consistent run of the protocol (docs/design.md §3), from two hospitals' keys to what the doctor opens. */
import {
  checkCiphertext,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  deriveBeta,
  drawX,
  encapsulate,
  generateFirewallSecrets,
  keyGenDO,
  keyGenDU,
  partialKeyGenDU,
  reEncrypt,
  reKeyGen,
  setupA,
  setupB,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";

/** Makes all of it. The curve must be loaded. */
export function makeGranted() {
  const recordId = randomBytes(32);
  const owner = { identity: randomBytes(32), scope: recordId };
  const identity = randomBytes(32);
  const a = setupA();
  const b = setupB();
  const firewallA = generateFirewallSecrets();
  const firewallB = generateFirewallSecrets();
  const keyA = crfSetup(firewallA.blinding, a.publicKey);
  const keyB = crfSetup(firewallB.blinding, b.publicKey);
  const ownerKey = crfKeyGenDO(firewallA.blinding, keyGenDO(a.secretKey, owner), owner, a.publicKey);
  const partial = crfKeyGenDU(firewallB.blinding, partialKeyGenDU(b.secretKey, identity), identity, b.publicKey);
  const user = keyGenDU(partial, identity, keyB);
  const requester = { identity, publicKey: user.publicKey, hospitalKey: keyB };
  const { m, sent } = encapsulate(owner, keyA);
  const beta = () => deriveBeta(firewallA.prfKey, recordId);
  const ciphertext = crfEncrypt(sent, owner, keyA, beta());
  const x = drawX();
  const proposal = reKeyGen(ownerKey, x, requester);
  const checked = { x, owner, hospitalKey: keyA, requester };
  const reKey = crfReKeyGen(proposal, { ...checked, beta: beta() });
  const reEncrypted = reEncrypt(ciphertext, reKey);
  const checkedCiphertext = checkCiphertext(ciphertext);
  return {
    recordId,
    owner,
    identity,
    a,
    b,
    firewallA,
    firewallB,
    keyA,
    keyB,
    ownerKey,
    user,
    requester,
    m,
    sent,
    beta,
    ciphertext,
    proposal,
    /** What CRF-ReKeyGen holds a proposal against, but for β. */
    checked,
    reKey,
    reEncrypted,
    checkedCiphertext,
  };
}
