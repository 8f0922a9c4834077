/**
 * The straightforward translation of docs/design.md §3's table: each operation of a formula is one call of the library, a pairing by `pairing`,
 * a power by `pow`, a multiple by `mul`; each equation's two sides are computed and compared. Bytes in and bytes out, from the same
 * draws as ours and with the same checks of what comes from outside, so that both give the same bytes. Only gt = e(g1, g2) is computed
 * once, as the table names it a constant.
 */

import {
  type Ciphertext,
  type CrfReKeyGenInput,
  deriveBeta,
  type FirewalledCiphertext,
  type FirewallSecrets,
  type G1Bytes,
  type G2Bytes,
  type GtBytes,
  type MasterKeyPair,
  type RandomSource,
  type ReEncryptedCiphertext,
  type ReKey,
  type ReKeyProposal,
  type Requester,
  type ScalarBytes,
  type ScopedIdentity,
  type UserKeyPair,
  type UserPublicKey,
} from "@medexchain/pre";
import type { G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import {
  hashOwner,
  hashTarget,
  hashUser,
  readG1,
  readG2,
  readGt,
  readScalar,
  scalar,
  writeG1,
  writeG2,
  writeGt,
  writeScalar,
} from "./elements.ts";

/** The constants of the scheme. */
interface Constants {
  readonly g1: G1;
  readonly g2: G2;
  readonly gt: GT;
}

/** The translation over these generators, compressed. The library must be loaded. */
export function straightforward(g1Bytes: G1Bytes, g2Bytes: G2Bytes) {
  const g1 = readG1(g1Bytes);
  const g2 = readG2(g2Bytes);
  const constants: Constants = { g1, g2, gt: mcl.pairing(g1, g2) };

  const setup = (random: RandomSource): MasterKeyPair => {
    const s = scalar(random);
    return { secretKey: writeScalar(s), publicKey: writeG2(mcl.mul(g2, s)) };
  };

  const firewallSecrets = (random: RandomSource): FirewallSecrets => ({
    blinding: writeScalar(scalar(random)),
    prfKey: random(32),
  });

  const crfSetup = (blinding: ScalarBytes, publicKey: G2Bytes): G2Bytes =>
    writeG2(mcl.mul(readG2(publicKey), readScalar(blinding)));

  const keyGenDO = (secretKey: ScalarBytes, owner: ScopedIdentity): G1Bytes =>
    writeG1(mcl.mul(hashOwner(owner), readScalar(secretKey)));

  const crfKeyGenDO = (blinding: ScalarBytes, key: G1Bytes, owner: ScopedIdentity, publicKey: G2Bytes): G1Bytes => {
    expect(mcl.pairing(readG1(key), g2), mcl.pairing(hashOwner(owner), readG2(publicKey)));
    return writeG1(mcl.mul(readG1(key), readScalar(blinding)));
  };

  const partialKeyGenDU = (secretKey: ScalarBytes, identity: Uint8Array): G1Bytes =>
    writeG1(mcl.mul(hashUser(identity), readScalar(secretKey)));

  const crfKeyGenDU = (blinding: ScalarBytes, key: G1Bytes, identity: Uint8Array, publicKey: G2Bytes): G1Bytes => {
    expect(mcl.pairing(readG1(key), g2), mcl.pairing(hashUser(identity), readG2(publicKey)));
    return writeG1(mcl.mul(readG1(key), readScalar(blinding)));
  };

  const keyGenDU = (key: G1Bytes, identity: Uint8Array, hospitalKey: G2Bytes, random: RandomSource): UserKeyPair => {
    const partial = readG1(key);
    const hospital = readG2(hospitalKey);
    expect(mcl.pairing(partial, g2), mcl.pairing(hashUser(identity), hospital));
    const r = scalar(random);
    return {
      privateKey: writeG1(mcl.mul(partial, r)),
      publicKey: { V: writeG2(mcl.mul(hospital, r)), U: writeG1(mcl.mul(g1, r)) },
    };
  };

  const encapsulate = (owner: ScopedIdentity, hospitalKey: G2Bytes, random: RandomSource) => {
    const m = mcl.pow(constants.gt, scalar(random));
    const alpha = scalar(random);
    const mask = mcl.pow(mcl.pairing(hashOwner(owner), readG2(hospitalKey)), alpha);
    return { m: writeGt(m), sent: { c1: writeG2(mcl.mul(g2, alpha)), c2: writeGt(mcl.mul(m, mask)) } };
  };

  const crfEncrypt = (
    ciphertext: Ciphertext,
    owner: ScopedIdentity,
    hospitalKey: G2Bytes,
    prfKey: Uint8Array,
    recordId: Uint8Array,
  ): FirewalledCiphertext => {
    const c1 = readG2(ciphertext.c1);
    const c2 = readGt(ciphertext.c2);
    const pk = hashOwner(owner);
    const beta = readScalar(deriveBeta(prfKey, recordId));
    return {
      c1: writeG2(mcl.add(c1, mcl.mul(g2, beta))),
      c2: writeGt(mcl.mul(c2, mcl.pow(mcl.pairing(pk, readG2(hospitalKey)), beta))),
      c3: writeG1(mcl.mul(pk, beta)),
    };
  };

  const checkReRandomised = (
    sent: Ciphertext,
    received: FirewalledCiphertext,
    owner: ScopedIdentity,
    hospitalKey: G2Bytes,
  ): void => {
    const c3 = readG1(received.c3);
    const shift = mcl.sub(readG2(received.c1), readG2(sent.c1));
    expect(mcl.pairing(c3, g2), mcl.pairing(hashOwner(owner), shift));
    expect(readGt(received.c2), mcl.mul(readGt(sent.c2), mcl.pairing(c3, readG2(hospitalKey))));
  };

  /** Checks and decodes V. */
  const readUserKey = ({ U, V }: UserPublicKey, hospitalKey: G2Bytes): G2 => {
    const v = readG2(V);
    expect(mcl.pairing(readG1(U), readG2(hospitalKey)), mcl.pairing(g1, v));
    return v;
  };

  const drawX = (random: RandomSource): GtBytes => writeGt(mcl.pow(constants.gt, scalar(random)));

  const reKeyGen = (
    privateKey: G1Bytes,
    xBytes: GtBytes,
    requester: Requester,
    random: RandomSource,
  ): ReKeyProposal => {
    const v = readUserKey(requester.publicKey, requester.hospitalKey);
    const x = readGt(xBytes);
    const lambda = scalar(random);
    const user = hashUser(requester.identity);
    return {
      reKey: {
        rk1: writeG1(mcl.sub(hashTarget(x), readG1(privateKey))),
        rk2: writeG2(mcl.mul(g2, lambda)),
        rk3: writeGt(mcl.mul(x, mcl.pow(mcl.pairing(user, v), lambda))),
      },
      witness: writeG1(mcl.mul(user, lambda)),
    };
  };

  const crfReKeyGen = (
    proposal: ReKeyProposal,
    input: Omit<CrfReKeyGenInput, "beta">,
    prfKey: Uint8Array,
    recordId: Uint8Array,
    random: RandomSource,
  ): ReKey => {
    const { requester } = input;
    const v = readUserKey(requester.publicKey, requester.hospitalKey);
    const rk1 = readG1(proposal.reKey.rk1);
    const rk2 = readG2(proposal.reKey.rk2);
    const rk3 = readGt(proposal.reKey.rk3);
    const witness = readG1(proposal.witness);
    const x = readGt(input.x);
    const pk = hashOwner(input.owner);
    const user = hashUser(requester.identity);
    expect(mcl.mul(mcl.pairing(rk1, g2), mcl.pairing(pk, readG2(input.hospitalKey))), mcl.pairing(hashTarget(x), g2));
    expect(mcl.pairing(witness, g2), mcl.pairing(user, rk2));
    expect(rk3, mcl.mul(x, mcl.pairing(witness, v)));
    const beta = readScalar(deriveBeta(prfKey, recordId));
    random(16); // where ours draws the weight of its checks
    const gamma = scalar(random);
    return {
      rk1: writeG1(mcl.sub(rk1, mcl.mul(pk, beta))),
      rk2: writeG2(mcl.add(rk2, mcl.mul(g2, gamma))),
      rk3: writeGt(mcl.mul(rk3, mcl.pow(mcl.pairing(user, v), gamma))),
    };
  };

  const reEncrypt = ({ c1, c2, c3 }: FirewalledCiphertext, { rk1, rk2, rk3 }: ReKey): ReEncryptedCiphertext => {
    const sum = mcl.add(readG1(rk1), readG1(c3));
    const C2 = writeGt(mcl.mul(readGt(c2), mcl.pairing(sum, readG2(c1))));
    return { C1: c1, C2, C3: writeG2(readG2(rk2)), C4: writeGt(readGt(rk3)) };
  };

  const decryptDU = ({ C1, C2, C3, C4 }: ReEncryptedCiphertext, privateKey: G1Bytes): GtBytes => {
    const x = mcl.div(readGt(C4), mcl.pairing(readG1(privateKey), readG2(C3)));
    return writeGt(mcl.div(readGt(C2), mcl.pairing(hashTarget(x), readG2(C1))));
  };

  const decryptDO = ({ c1, c2 }: Ciphertext, privateKey: G1Bytes): GtBytes =>
    writeGt(mcl.div(readGt(c2), mcl.pairing(readG1(privateKey), readG2(c1))));

  return {
    setup,
    firewallSecrets,
    crfSetup,
    keyGenDO,
    crfKeyGenDO,
    partialKeyGenDU,
    crfKeyGenDU,
    keyGenDU,
    encapsulate,
    crfEncrypt,
    checkReRandomised,
    drawX,
    reKeyGen,
    crfReKeyGen,
    reEncrypt,
    decryptDU,
    decryptDO,
  };
}

function expect(left: GT, right: GT): void {
  if (!left.isEqual(right)) throw new Error("an equation does not hold");
}
