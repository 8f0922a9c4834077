/** The stages of IBPRE-CRF over one run of it, named as MedExChain's. */
import { deepStrictEqual } from "node:assert/strict";
import { generateFirewallSecrets } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { generators } from "../generators.ts";
import type { Case } from "../measure.ts";
import { ibpreCrf } from "./ibpre-crf.ts";

/** A case for each stage. The curve must be loaded. */
export function ibpreStages(): Record<string, Case> {
  const { g1, g2 } = generators();
  const scheme = ibpreCrf(g1, g2);
  const [owner, user] = [randomBytes(32), randomBytes(32)];
  const { secretKey, publicKey } = scheme.setup(randomBytes);
  const { blinding } = generateFirewallSecrets();
  const authority = scheme.crfSetup(blinding, publicKey);
  const keyOf = (identity: Uint8Array) => scheme.crfKeyGen(blinding, scheme.keyGen(secretKey, identity));
  const [ownerKey, userKey] = [keyOf(owner), keyOf(user)];
  const { m, sent } = scheme.encapsulate(owner, authority, randomBytes);
  const ciphertext = scheme.crfEncrypt(sent, owner, authority, randomBytes);
  const proposal = scheme.reKeyGen(ownerKey, user, authority, randomBytes);
  const reKey = scheme.crfReKeyGen(proposal, user, authority, randomBytes);
  const reEncrypted = scheme.reEncrypt(ciphertext, reKey);
  deepStrictEqual(scheme.decryptUser(reEncrypted, userKey), m);
  return {
    KeyGen_DO: () => keyOf(owner),
    KeyGen_DU: () => keyOf(user),
    Enc: () => scheme.encapsulate(owner, authority, randomBytes),
    "CRF-Enc": () => scheme.crfEncrypt(sent, owner, authority, randomBytes),
    ReKeyGen: () => scheme.reKeyGen(ownerKey, user, authority, randomBytes),
    "CRF-ReKeyGen": () => scheme.crfReKeyGen(proposal, user, authority, randomBytes),
    ReEnc: () => scheme.reEncrypt(ciphertext, reKey),
    Dec_DU: () => scheme.decryptUser(reEncrypted, userKey),
  };
}
