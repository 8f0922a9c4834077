/** The stages of proxy re-encryption (docs/design.md §3) over one run of the protocol: ours, and the straightforward translation. */
import { deepStrictEqual } from "node:assert/strict";
import {
  checkReKey,
  checkReRandomised,
  createCapsule,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  decryptDO,
  decryptDU,
  drawX,
  encapsulate,
  encodeReEncryption,
  forgetKey,
  forgetScope,
  generateFirewallSecrets,
  keyGenDO,
  keyGenDU,
  partialKeyGenDU,
  type RandomSource,
  reEncrypt,
  reEncryptChecked,
  reKeyGen,
  setupA,
  setupB,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { generators } from "./generators.ts";
import { makeGranted } from "./granted.ts";
import type { Case } from "./measure.ts";
import { straightforward } from "./straightforward/pre.ts";

/** One stage: ours with everything kept from before, ours with nothing kept where that differs, and the straightforward form. */
export interface Stage {
  readonly name: string;
  readonly later: Case;
  readonly first?: Case;
  readonly straightforward: Case;
}

/** Builds the stages over one consistent protocol run, and checks that both forms agree. */
export function makeStages() {
  const { g1, g2 } = generators();
  const plain = straightforward(g1, g2);
  const granted = makeGranted();
  const { recordId, owner, identity, a, b, firewallA, firewallB, keyA, keyB, ownerKey, user, requester } = granted;
  const { m, sent, beta, ciphertext, proposal, checked, reKey, reEncrypted, checkedCiphertext } = granted;

  const forgetOwner = () => forgetScope(owner);
  const forgetRequester = () => forgetKey(user.publicKey.V);

  const forms = {
    "Setup A": {
      ours: (random: RandomSource) => {
        const pair = setupA(random);
        const secrets = generateFirewallSecrets(random);
        return { pair, secrets, publicKey: crfSetup(secrets.blinding, pair.publicKey) };
      },
      plain: setupPlain,
    },
    "Setup B": {
      ours: (random: RandomSource) => {
        const pair = setupB(random);
        const secrets = generateFirewallSecrets(random);
        return { pair, secrets, publicKey: crfSetup(secrets.blinding, pair.publicKey) };
      },
      plain: setupPlain,
    },
    KeyGen_DO: {
      ours: () => crfKeyGenDO(firewallA.blinding, keyGenDO(a.secretKey, owner), owner, a.publicKey),
      plain: () => plain.crfKeyGenDO(firewallA.blinding, plain.keyGenDO(a.secretKey, owner), owner, a.publicKey),
      forget: () => {
        forgetOwner();
        forgetKey(a.publicKey);
      },
    },
    KeyGen_DU: {
      ours: (random: RandomSource) => {
        const given = partialKeyGenDU(b.secretKey, identity);
        return keyGenDU(crfKeyGenDU(firewallB.blinding, given, identity, b.publicKey), identity, keyB, random);
      },
      plain: (random: RandomSource) => {
        const given = plain.partialKeyGenDU(b.secretKey, identity);
        const blinded = plain.crfKeyGenDU(firewallB.blinding, given, identity, b.publicKey);
        return plain.keyGenDU(blinded, identity, keyB, random);
      },
      forget: () => {
        forgetKey(b.publicKey);
        forgetKey(keyB);
      },
    },
    Enc: {
      ours: (random: RandomSource) => encapsulate(owner, keyA, random),
      plain: (random: RandomSource) => plain.encapsulate(owner, keyA, random),
      forget: forgetOwner,
    },
    "CRF-Enc": {
      ours: () => crfEncrypt(sent, owner, keyA, beta()),
      plain: () => plain.crfEncrypt(sent, owner, keyA, firewallA.prfKey, recordId),
      forget: forgetOwner,
    },
    "device's check of CRF-Enc": {
      ours: () => checkReRandomised(sent, ciphertext, owner, keyA),
      plain: () => plain.checkReRandomised(sent, ciphertext, owner, keyA),
      forget: forgetOwner,
    },
    ReKeyGen: {
      ours: (random: RandomSource) => {
        const dealt = drawX(random);
        return reKeyGen(ownerKey, dealt, requester, random);
      },
      plain: (random: RandomSource) => plain.reKeyGen(ownerKey, plain.drawX(random), requester, random),
      forget: forgetRequester,
    },
    "CRF-ReKeyGen": {
      ours: (random: RandomSource) => crfReKeyGen(proposal, { ...checked, beta: beta() }, random),
      plain: (random: RandomSource) => plain.crfReKeyGen(proposal, checked, firewallA.prfKey, recordId, random),
      forget: () => {
        forgetOwner();
        forgetRequester();
      },
    },
    ReEnc: {
      ours: () => reEncrypt(ciphertext, reKey),
      plain: () => plain.reEncrypt(ciphertext, reKey),
      kept: () => {
        using key = checkReKey(reKey);
        return reEncryptChecked(checkedCiphertext, key);
      },
    },
    Dec_DU: {
      ours: () => decryptDU(reEncrypted, user.privateKey),
      plain: () => plain.decryptDU(reEncrypted, user.privateKey),
    },
    Dec_DO: { ours: () => decryptDO(ciphertext, ownerKey), plain: () => plain.decryptDO(ciphertext, ownerKey) },
  } satisfies Record<string, Forms>;

  function setupPlain(random: RandomSource) {
    const pair = plain.setup(random);
    const secrets = plain.firewallSecrets(random);
    return { pair, secrets, publicKey: plain.crfSetup(secrets.blinding, pair.publicKey) };
  }

  deepStrictEqual(decryptDU(reEncrypted, user.privateKey), m);
  const stages = Object.entries<Forms>(forms).map(([name, { ours, plain: other, forget, kept = ours }]): Stage => {
    const seed = randomBytes(256);
    for (const form of [ours, kept]) {
      deepStrictEqual(form(replay(seed)), other(replay(seed)), `the two forms of ${name} differ`);
    }
    return {
      name,
      later: () => kept(randomBytes),
      straightforward: () => other(randomBytes),
      ...((forget !== undefined || kept !== ours) && {
        first: () => {
          forget?.();
          return ours(randomBytes);
        },
      }),
    };
  });
  const payload = randomBytes(0);
  const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey: keyA, payload });
  return {
    stages,
    sizes: {
      "PK, PK', V": keyA.length,
      "sk_DO, sk_DO', sk_DU, U": ownerKey.length,
      "M, X": m.length,
      "(c1, c2)": total(sent),
      "(c1', c2', c3')": total(ciphertext),
      "RK'": total(reKey),
      "C_DU, elements": total(reEncrypted),
      "C_DU, as published": encodeReEncryption({ requestId: recordId, ...reEncrypted }).length,
      "capsule with an empty payload": capsule.length,
    },
  };
}

interface Forms {
  readonly ours: (random: RandomSource) => unknown;
  readonly plain: (random: RandomSource) => unknown;
  /** Drops what is kept from before. */
  readonly forget?: () => void;
  /** Ours with what its caller keeps from before, where it is not kept by the library itself. */
  readonly kept?: (random: RandomSource) => unknown;
}

/** The same draws for both forms. */
function replay(seed: Uint8Array): RandomSource {
  let position = 0;
  return (length) => {
    position += length;
    return seed.slice(position - length, position);
  };
}

function total(elements: object): number {
  return Object.values(elements).reduce((bytes, element: Uint8Array) => bytes + element.length, 0);
}
