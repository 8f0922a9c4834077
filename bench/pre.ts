/** Proxy re-encryption, stage by stage (DESIGN §3), beside the straightforward translation in bench/straightforward/. */
import { deepStrictEqual } from "node:assert/strict";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import {
  checkG1,
  checkG2,
  checkReRandomised,
  createCapsule,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  decryptDO,
  decryptDU,
  deriveBeta,
  drawX,
  encapsulate,
  encodeReEncryption,
  forgetKey,
  forgetScope,
  generateFirewallSecrets,
  generateSealingKeyPair,
  initCurve,
  keyGenDO,
  keyGenDU,
  partialKeyGenDU,
  type RandomSource,
  reEncrypt,
  reKeyGen,
  sealReKey,
  setupA,
  setupB,
} from "../offchain/pre/index.ts";
import { startReEncryptor } from "../relayer/re-encrypt/pool.ts";
import { type Case, type Measurement, measure, ratioOf } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";
import { straightforward } from "./straightforward/pre.ts";

const G1_GENERATOR = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
const G2_GENERATOR =
  "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
  "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";

/** Re-encryptions that a round hands to the worker threads at once. */
const BATCH = 24;

const NOTES = [
  "Each stage is everything that its people do in DESIGN §3's table, from bytes to bytes, with the firewall's step where there is one. " +
    "Both forms decode the same points with the library's check of the subgroup, check the same GT elements and equations, and give " +
    "the same bytes from the same draws, which is checked before anything is timed.",
  "Straightforward: one library call for each operation of a formula (pairing, pow, mul), each equation's two sides computed and " +
    "compared, GT elements checked by the library's isValid; gt is computed once. Its multiplications take variable time; ours take " +
    "constant time where the scalar lives long.",
  "First: nothing is kept of the owner's scope, the hospital's key or the requester; the generators' tables are. Later: a further record " +
    "in a scope, a further key of a hospital, a further request of a requester, whose public key was checked before. Setup, ReEnc and " +
    "decryption keep nothing but the generators' tables.",
  "Enc draws M and encrypts it. ReKeyGen has the firewall deal X. The device's check of CRF-Enc is not in DESIGN's table, but no record " +
    "is published without it.",
];

/** Benchmarks PRE. */
export async function benchPre({ quick, rounds = quick ? 15 : 30 }: RunOptions): Promise<Report> {
  await initCurve();
  const { stages, sizes } = makeStages();
  const measurements = await measure(casesOf(stages), rounds);
  const scaling = await measureScaling(Math.max(3, Math.ceil(rounds / 4)));
  const median = (name: string) =>
    [...measurements, ...scaling].find((each) => each.name === name)?.median ?? Number.NaN;
  const sum = (form: string) =>
    stages.reduce(
      (total, { name }) => total + median(nameOf(name, form === "first" && !hasFirst(name) ? "later" : form)),
      0,
    );
  const ratios: Record<string, number> = {};
  for (const { name, first } of stages) {
    if (first !== undefined)
      ratios[`${name}, first`] = median(nameOf(name, "straightforward")) / median(nameOf(name, "first"));
    ratios[first === undefined ? name : `${name}, later`] =
      median(nameOf(name, "straightforward")) / median(nameOf(name, "later"));
  }
  function hasFirst(name: string): boolean {
    return stages.some((stage) => stage.name === name && stage.first !== undefined);
  }
  ratios["all stages, first"] = sum("straightforward") / sum("first");
  ratios["all stages, later"] = sum("straightforward") / sum("later");
  const watched: Record<string, number> = {};
  for (const { name, first } of stages) {
    if (first !== undefined)
      watched[`${name}, first`] = ratioOf(measurements, nameOf(name, "straightforward"), nameOf(name, "first"), "cpu");
    watched[`${name}, later`] = ratioOf(measurements, nameOf(name, "straightforward"), nameOf(name, "later"), "cpu");
  }
  ratios["two workers over one"] = median("ReEnc, one worker, per record") / median("ReEnc, two workers, per record");
  return {
    title: "MedExChain proxy re-encryption, BLS12-381",
    measurements: [...measurements, ...scaling],
    ratios,
    watched,
    sizes,
    notes: NOTES,
  };
}

/** One stage: ours with everything kept from before, ours with nothing kept where that differs, and the straightforward form. */
interface Stage {
  readonly name: string;
  readonly later: Case;
  readonly first?: Case;
  readonly straightforward: Case;
}

function nameOf(stage: string, form: string): string {
  return `${stage}, ${form}`;
}

function casesOf(stages: readonly Stage[]): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (const { name, later, first, straightforward: plain } of stages) {
    cases[nameOf(name, "straightforward")] = plain;
    if (first !== undefined) cases[nameOf(name, "first")] = first;
    cases[nameOf(name, "later")] = later;
  }
  return cases;
}

/** Builds the stages over one consistent protocol run, and checks that both forms agree. */
function makeStages() {
  const plain = straightforward(checkG1(hexToBytes(G1_GENERATOR), "g1"), checkG2(hexToBytes(G2_GENERATOR), "g2"));
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
    ReEnc: { ours: () => reEncrypt(ciphertext, reKey), plain: () => plain.reEncrypt(ciphertext, reKey) },
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
  const stages = Object.entries<Forms>(forms).map(([name, { ours, plain: other, forget }]): Stage => {
    const seed = randomBytes(256);
    deepStrictEqual(ours(replay(seed)), other(replay(seed)), `the two forms of ${name} differ`);
    return {
      name,
      later: () => ours(randomBytes),
      straightforward: () => other(randomBytes),
      ...(forget && {
        first: () => {
          forget();
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

/** What a relayer does for a request, in its own worker threads: opens the sealed key, checks every element, re-encrypts. */
async function measureScaling(rounds: number): Promise<Measurement[]> {
  const sealing = await generateSealingKeyPair();
  const requestId = randomBytes(32);
  const recordId = randomBytes(32);
  const owner = { identity: randomBytes(32), scope: recordId };
  const { publicKey: hospitalKey } = setupA();
  const { m, sent } = encapsulate(owner, hospitalKey);
  const ciphertext = crfEncrypt(sent, owner, hospitalKey, deriveBeta(randomBytes(32), recordId));
  const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey, payload: randomBytes(0) });
  // Any well-formed RK' costs the same to use: this one is made of the capsule's elements.
  const reKey = { rk1: ciphertext.c3, rk2: ciphertext.c1, rk3: ciphertext.c2 };
  const sealedReKey = await sealReKey(reKey, requestId, sealing.publicKey);
  const pools = [startReEncryptor(1, sealing), startReEncryptor(2, sealing)] as const;
  const batch = (pool: (typeof pools)[number]) => () =>
    Promise.all(Array.from({ length: BATCH }, () => pool.run({ requestId, capsule, sealedReKey })));
  try {
    const measured = await measure(
      { "ReEnc, one worker, per record": batch(pools[0]), "ReEnc, two workers, per record": batch(pools[1]) },
      rounds,
    );
    return measured.map(({ name, rounds: count, median, lowerQuartile, upperQuartile }) => ({
      name,
      rounds: count,
      median: median / BATCH,
      lowerQuartile: lowerQuartile / BATCH,
      upperQuartile: upperQuartile / BATCH,
    }));
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}
