/**
 * IBPRE-CRF: the identity-based proxy re-encryption IBP1 of Green and Ateniese (2007, §4.1) with a reverse firewall before each step
 * that draws. Both users have identity-based keys of one authority. In type-3 pairings: H1, H2 into G1, the generator g2 in G2.
 *
 *   Setup       s, PK = s·g2                                          firewall: a, PK' = a·PK
 *   KeyGen      sk = s·H1(ID)                                         firewall: sk' = a·sk
 *   Enc         α: c1 = α·g2, c2 = M·e(H1(ID), PK')^α                 firewall: β: c1 + β·g2, c2·e(H1(ID), PK')^β
 *   ReKeyGen    X, λ: R1 = λ·g2, R2 = X·e(H1(ID_DU), PK')^λ,
 *               R3 = H2(X) − sk'                                      firewall: γ: R1 + γ·g2, R2·e(H1(ID_DU), PK')^γ
 *   ReEnc       C1 = c1, C2 = c2·e(R3, c1), C3 = R1, C4 = R2
 *   Dec         X = C4 / e(sk_DU', C3), M = C2 / e(H2(X), C1)
 *
 * One call of the library for each operation, as in bench/straightforward/. It is a benchmark's yardstick: the firewall of this scheme
 * checks nothing that it is given but that elements are of their groups, and relay and user together learn the owner's key.
 */

import type {
  Ciphertext,
  Encapsulation,
  G1Bytes,
  G2Bytes,
  GtBytes,
  MasterKeyPair,
  RandomSource,
  ReEncryptedCiphertext,
  ScalarBytes,
} from "@medexchain/pre";
import type { GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import {
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
} from "../straightforward/elements.ts";

/** `(R1, R2, R3)`: an encryption of X to the user, and what turns the owner's ciphertext. */
export interface IbpreReKey {
  readonly R1: G2Bytes;
  readonly R2: GtBytes;
  readonly R3: G1Bytes;
}

/** The scheme over these generators, compressed. The library must be loaded. */
export function ibpreCrf(g1Bytes: G1Bytes, g2Bytes: G2Bytes) {
  const g2 = readG2(g2Bytes);
  const gt = mcl.pairing(readG1(g1Bytes), g2);

  const setup = (random: RandomSource): MasterKeyPair => {
    const s = scalar(random);
    return { secretKey: writeScalar(s), publicKey: writeG2(mcl.mul(g2, s)) };
  };

  const crfSetup = (blinding: ScalarBytes, publicKey: G2Bytes): G2Bytes =>
    writeG2(mcl.mul(readG2(publicKey), readScalar(blinding)));

  const keyGen = (secretKey: ScalarBytes, identity: Uint8Array): G1Bytes =>
    writeG1(mcl.mul(hashUser(identity), readScalar(secretKey)));

  const crfKeyGen = (blinding: ScalarBytes, key: G1Bytes): G1Bytes =>
    writeG1(mcl.mul(readG1(key), readScalar(blinding)));

  const encryptTo = (m: GT, identity: Uint8Array, publicKey: G2Bytes, random: RandomSource): Ciphertext => {
    const alpha = scalar(random);
    const mask = mcl.pow(mcl.pairing(hashUser(identity), readG2(publicKey)), alpha);
    return { c1: writeG2(mcl.mul(g2, alpha)), c2: writeGt(mcl.mul(m, mask)) };
  };

  const encapsulate = (identity: Uint8Array, publicKey: G2Bytes, random: RandomSource): Encapsulation => {
    const m = mcl.pow(gt, scalar(random));
    return { m: writeGt(m), sent: encryptTo(m, identity, publicKey, random) };
  };

  const crfEncrypt = (
    { c1, c2 }: Ciphertext,
    identity: Uint8Array,
    publicKey: G2Bytes,
    random: RandomSource,
  ): Ciphertext => {
    const beta = scalar(random);
    const mask = mcl.pow(mcl.pairing(hashUser(identity), readG2(publicKey)), beta);
    return { c1: writeG2(mcl.add(readG2(c1), mcl.mul(g2, beta))), c2: writeGt(mcl.mul(readGt(c2), mask)) };
  };

  const reKeyGen = (ownerKey: G1Bytes, user: Uint8Array, publicKey: G2Bytes, random: RandomSource): IbpreReKey => {
    const x = mcl.pow(gt, scalar(random));
    const { c1: R1, c2: R2 } = encryptTo(x, user, publicKey, random);
    return { R1, R2, R3: writeG1(mcl.sub(hashTarget(x), readG1(ownerKey))) };
  };

  const crfReKeyGen = (reKey: IbpreReKey, user: Uint8Array, publicKey: G2Bytes, random: RandomSource): IbpreReKey => {
    const { c1: R1, c2: R2 } = crfEncrypt({ c1: reKey.R1, c2: reKey.R2 }, user, publicKey, random);
    return { R1, R2, R3: writeG1(readG1(reKey.R3)) };
  };

  const reEncrypt = ({ c1, c2 }: Ciphertext, { R1, R2, R3 }: IbpreReKey): ReEncryptedCiphertext => ({
    C1: c1,
    C2: writeGt(mcl.mul(readGt(c2), mcl.pairing(readG1(R3), readG2(c1)))),
    C3: writeG2(readG2(R1)),
    C4: writeGt(readGt(R2)),
  });

  const decryptOwner = ({ c1, c2 }: Ciphertext, privateKey: G1Bytes): GtBytes =>
    writeGt(mcl.div(readGt(c2), mcl.pairing(readG1(privateKey), readG2(c1))));

  const decryptUser = ({ C1, C2, C3, C4 }: ReEncryptedCiphertext, privateKey: G1Bytes): GtBytes => {
    const x = mcl.div(readGt(C4), mcl.pairing(readG1(privateKey), readG2(C3)));
    return writeGt(mcl.div(readGt(C2), mcl.pairing(hashTarget(x), readG2(C1))));
  };

  return {
    setup,
    crfSetup,
    keyGen,
    crfKeyGen,
    encapsulate,
    crfEncrypt,
    reKeyGen,
    crfReKeyGen,
    reEncrypt,
    decryptOwner,
    decryptUser,
  };
}
