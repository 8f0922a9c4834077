/**
 * Every algorithm of docs/design.md §3 a second time, over @noble only: from the input and the draws of a vector to its output, all in
 * hexadecimal. Nothing of offchain/pre is used.
 */
import { encode } from "@ipld/dag-cbor";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { hpkeDeriveKeyPair } from "./hpke.ts";
import { Fp12, Fr, G1, G2, g1, g2, gt, hash, type Point1, pair, toG1, toG2, toGt } from "./noble.ts";
import { RECORD_SECRET_ALGORITHMS } from "./noble-record-secret.ts";
import { type Input, type Output, THRESHOLD_ALGORITHMS } from "./noble-threshold.ts";

// Spelled out, not imported: another implementation must use exactly these.
const SUITE = "BLS12381G1_XMD:SHA-256_SSWU_RO_";
const OWNER_TAG = `MEDEXCHAIN-V01-H1-OWNER-with-${SUITE}`;
const USER_TAG = `MEDEXCHAIN-V01-H1-USER-with-${SUITE}`;
const GT_TAG = `MEDEXCHAIN-V01-H2-with-${SUITE}`;

const GT_GENERATOR = () => pair(G1.BASE, G2.BASE);

/** 48 bytes to a scalar. */
const reduce = (wide: Uint8Array): bigint => bytesToNumberBE(wide) % Fr.ORDER;
const scalar = (bytes: Uint8Array): bigint => bytesToNumberBE(bytes);
const toScalar = (k: bigint): Uint8Array => numberToBytesBE(k, 32);

const lengthPrefixed = (part: Uint8Array): Uint8Array => concatBytes(numberToBytesBE(part.length, 4), part);
const hashOwner = (input: Input): Point1 =>
  hash(concatBytes(lengthPrefixed(input("owner", "identity")), lengthPrefixed(input("owner", "scope"))), OWNER_TAG);
const hashUser = (input: Input): Point1 => hash(input("identity"), USER_TAG);

function derive(secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  return hkdf(sha256, secret, undefined, concatBytes(utf8ToBytes(`medexchain/v1/${label}\0`), context), length);
}

const setup =
  (secret: string, name: string) =>
  (_: Input, [wide]: Uint8Array[]): Output => {
    const s = reduce(wide!);
    return { [secret]: toScalar(s), [name]: toG2(G2.BASE.multiply(s)) };
  };

const draw =
  (name: string) =>
  (_: Input, [wide]: Uint8Array[]): Output => ({ [name]: toGt(Fp12.pow(GT_GENERATOR(), reduce(wide!))) });

const multiple =
  (name: string, factor: string, point: string) =>
  (input: Input): Output => ({ [name]: toG1(g1(input(point)).multiply(scalar(input(factor)))) });

const ALGORITHMS: Record<string, (input: Input, random: Uint8Array[]) => Output> = {
  "H1 of an owner": (input) => ({ point: toG1(hashOwner(input)) }),
  "H1 of a user": (input) => ({ point: toG1(hashUser(input)) }),
  H2: (input) => ({ point: toG1(hash(input("X"), GT_TAG)) }),

  "Setup A": setup("s", "PK_A"),
  "Setup B": setup("y", "PK_B"),
  "firewall secrets": (_, [wide, prfKey]) => ({ blinding: toScalar(reduce(wide!)), k_A: prfKey! }),
  "CRF-Setup": (input) => ({ PK_blinded: toG2(g2(input("PK")).multiply(scalar(input("blinding")))) }),
  KeyGen_DO: (input) => ({ sk_DO: toG1(hashOwner(input).multiply(scalar(input("s")))) }),
  "CRF-KeyGen_DO": multiple("sk_DO_blinded", "a", "sk_DO"),
  "KeyGen_DU, partial": (input) => ({ D: toG1(hashUser(input).multiply(scalar(input("y")))) }),
  "CRF-KeyGen_DU": multiple("D_blinded", "b", "D"),
  KeyGen_DU: (input, [wide]) => {
    const r = reduce(wide!);
    return {
      sk_DU: toG1(g1(input("D_blinded")).multiply(r)),
      V: toG2(g2(input("PK_B_blinded")).multiply(r)),
      U: toG1(G1.BASE.multiply(r)),
    };
  },

  M: draw("M"),
  Enc: (input, [wide]) => {
    const alpha = reduce(wide!);
    const mask = Fp12.pow(pair(hashOwner(input), g2(input("PK_A_blinded"))), alpha);
    return { c1: toG2(G2.BASE.multiply(alpha)), c2: toGt(Fp12.mul(gt(input("M")), mask)) };
  },
  PRF: (input) => ({ beta: toScalar(reduce(derive(input("k_A"), "firewall/beta", input("recordId"), 48))) }),
  "CRF-Enc": (input) => {
    const beta = scalar(input("beta"));
    const pk = hashOwner(input);
    const mask = Fp12.pow(pair(pk, g2(input("PK_A_blinded"))), beta);
    return {
      c1: toG2(g2(input("c1")).add(G2.BASE.multiply(beta))),
      c2: toGt(Fp12.mul(gt(input("c2")), mask)),
      c3: toG1(pk.multiply(beta)),
    };
  },
  Dec_DO: (input) => ({ M: toGt(Fp12.div(gt(input("c2")), pair(g1(input("sk_DO_blinded")), g2(input("c1"))))) }),
  "key derivation": (input) => ({
    key: derive(input("M"), new TextDecoder().decode(input("label")), input("context"), 32),
  }),
  capsule: (input, [, nonce]) => {
    // The first draw is the weight of the device's check of the firewall, of which nothing is to be seen.
    const [c1, c2, c3] = [input("c1"), input("c2"), input("c3")];
    const { identity, scope } = { identity: input("owner", "identity"), scope: input("owner", "scope") };
    const aad = encode(["medexchain/v1/capsule", input("recordId"), identity, scope, c1, c2, c3]);
    const box = xchacha20poly1305(derive(input("M"), "capsule/box", input("recordId"), 32), nonce!, aad);
    const commitment = derive(input("M"), "capsule/commitment", input("recordId"), 32);
    const payload = box.encrypt(input("payload"));
    return { capsule: encode({ v: 1, c1, c2, c3, commitment, nonce: nonce!, box: payload }) };
  },

  X: draw("X"),
  ReKeyGen: (input, [wide]) => {
    const lambda = reduce(wide!);
    const mask = Fp12.pow(pair(hashUser(input), g2(input("V"))), lambda);
    return {
      rk1: toG1(hash(input("X"), GT_TAG).subtract(g1(input("sk_DO_blinded")))),
      rk2: toG2(G2.BASE.multiply(lambda)),
      rk3: toGt(Fp12.mul(gt(input("X")), mask)),
      W: toG1(hashUser(input).multiply(lambda)),
    };
  },
  "CRF-ReKeyGen": (input, [, wide]) => {
    // The first draw is the weight of the firewall's checks.
    const gamma = reduce(wide!);
    const mask = Fp12.pow(pair(hashUser(input), g2(input("V"))), gamma);
    return {
      rk1: toG1(g1(input("rk1")).subtract(hashOwner(input).multiply(scalar(input("beta"))))),
      rk2: toG2(g2(input("rk2")).add(G2.BASE.multiply(gamma))),
      rk3: toGt(Fp12.mul(gt(input("rk3")), mask)),
    };
  },
  "sealing key": (_, [ikm]) => ({ ...hpkeDeriveKeyPair(ikm!) }),
  ReEnc: (input) => ({
    C1: input("c1"),
    C2: toGt(Fp12.mul(gt(input("c2")), pair(g1(input("rk1")).add(g1(input("c3"))), g2(input("c1"))))),
    C3: input("rk2"),
    C4: input("rk3"),
  }),
  "C_DU as published": (input) => {
    const [requestId, C1, C2, C3, C4] = ["requestId", "C1", "C2", "C3", "C4"].map((field) => input(field));
    return { published: encode({ v: 1, requestId, C1, C2, C3, C4 }) };
  },
  Dec_DU: (input) => {
    const x = Fp12.div(gt(input("C4")), pair(g1(input("sk_DU")), g2(input("C3"))));
    const mask = pair(hash(toGt(x), GT_TAG), g2(input("C1")));
    return { M: toGt(Fp12.div(gt(input("C2")), mask)) };
  },

  ...THRESHOLD_ALGORITHMS,
  ...RECORD_SECRET_ALGORITHMS,
};

export const NOBLE_ALGORITHMS: readonly string[] = Object.keys(ALGORITHMS);

interface Tree {
  readonly [field: string]: string | Tree;
}

/** Recomputes the output of a vector. */
export function recompute(algorithm: string, input: Tree, random: readonly string[]): Record<string, string> {
  const read: Input = (...path) => {
    let value: string | Tree | undefined = input;
    for (const field of path) value = typeof value === "object" ? value[field] : undefined;
    if (typeof value !== "string") throw new Error(`${algorithm} has no input ${path.join(".")}`);
    return hexToBytes(value);
  };
  const compute = ALGORITHMS[algorithm];
  if (compute === undefined) throw new Error(`${algorithm} was not written a second time`);
  const output = compute(
    read,
    random.map((draw) => hexToBytes(draw)),
  );
  return Object.fromEntries(Object.entries(output).map(([field, bytes]) => [field, bytesToHex(bytes)]));
}
