/**
 * MedExChain's Tables III and IV as data: for each of the six schemes that the paper compares, how many operations a stage takes and
 * how many elements an object has (Lv et al., arXiv:2602.12106, §VII). Schemes but ours and IBPRE-CRF are known here by these counts alone.
 */

/** In the paper's order. Numbers are the paper's references. */
export const SCHEMES = [
  "IBPRE-CRF [36]",
  "CDSS [30]",
  "ABE-IBE [45]",
  "CP-HAPRE [46]",
  "FABRIC [52]",
  "MedExChain",
] as const;
export type Scheme = (typeof SCHEMES)[number];

/** @throws when there is none of that name */
export function schemeNamed(name: string): Scheme {
  const found = SCHEMES.find((scheme) => scheme === name);
  if (found === undefined) throw new RangeError(`the paper has no scheme ${name}; it has ${SCHEMES.join(", ")}`);
  return found;
}

/** The paper's stages; a firewall's step belongs to the stage before it. */
export const PAPER_STAGES = ["KeyGen_DO", "KeyGen_DU", "Enc", "ReKeyGen", "ReEnc", "Dec"] as const;
export type PaperStage = (typeof PAPER_STAGES)[number];

/** P a pairing, E1 an exponentiation in G1, E2 in GT, H a hash to G1. */
export const UNITS = ["P", "E1", "E2", "H"] as const;
export type Unit = (typeof UNITS)[number];
export type UnitCounts = Readonly<Partial<Record<Unit, number>>>;

/** n: attributes of the user; N: attributes in the policy. */
export interface Attributes {
  readonly n: number;
  readonly N: number;
}

/** What the paper evaluates its attribute-based schemes with. */
export const PAPER_ATTRIBUTES: Attributes = { n: 3, N: 5 };

/** Table III. */
export function operationsOf(scheme: Scheme, { n, N }: Attributes): Readonly<Record<PaperStage, UnitCounts>> {
  switch (scheme) {
    case "IBPRE-CRF [36]":
      return {
        KeyGen_DO: { E1: 2, H: 1 },
        KeyGen_DU: { E1: 2, H: 1 },
        Enc: { E1: 4, E2: 2, P: 3 },
        ReKeyGen: { E1: 3, E2: 2, P: 2, H: 1 },
        ReEnc: { P: 1 },
        Dec: { P: 2, H: 1 },
      };
    case "CDSS [30]":
      return {
        KeyGen_DO: { E1: 6, H: 2 },
        KeyGen_DU: { E1: 7 },
        Enc: { E1: 4, E2: 2, H: 3, P: 1 },
        ReKeyGen: { E1: 5, E2: 1, P: 1, H: 2 },
        ReEnc: { E1: 1, P: 3 },
        Dec: { E2: 1 },
      };
    case "ABE-IBE [45]":
      return {
        KeyGen_DO: { E1: 2 * N + 1 },
        KeyGen_DU: { E1: 4, H: 1 },
        Enc: { E1: N + 1, E2: 1 },
        ReKeyGen: { E1: 4 * N + 4, E2: 1, P: 1 },
        ReEnc: { E1: 2, E2: 1, P: 2 * N + 1 },
        Dec: { P: 2 },
      };
    case "CP-HAPRE [46]":
      return {
        KeyGen_DO: { E1: 5 * n + 7 },
        KeyGen_DU: { E1: 5 * n + 7 },
        Enc: { E1: 6 * N + 1, E2: 2, P: 1 },
        ReKeyGen: { E1: 5, E2: 2, P: 1, H: 1 },
        ReEnc: { E2: n + 1, P: 3 * n },
        Dec: { P: 3, H: 1 },
      };
    case "FABRIC [52]":
      return {
        KeyGen_DO: { E1: 15, H: 6 },
        KeyGen_DU: { E1: 9 * n + 15, H: 6 * n + 6 },
        Enc: { E1: 12, E2: 2, H: 6 },
        ReKeyGen: { E1: 9 * N * N - 3 * N + 9, E2: 2, H: 6 * N * N + 1 },
        ReEnc: { P: 6 },
        Dec: { E1: 6 * n, P: 9, H: 1 },
      };
    case "MedExChain":
      return {
        KeyGen_DO: { E1: 2, H: 1 },
        KeyGen_DU: { E1: 4, H: 2 },
        Enc: { E1: 3, E2: 2, P: 2 },
        ReKeyGen: { E1: 3, E2: 2, P: 2, H: 1 },
        ReEnc: { P: 1 },
        Dec: { P: 2, H: 1 },
      };
  }
}

/** The paper's objects. */
export const OBJECTS = ["Key_DO", "Key_DU", "CT", "RK", "CT'"] as const;
export type PaperObject = (typeof OBJECTS)[number];
export type ElementCounts = Readonly<{ G1?: number; GT?: number; Zq?: number }>;

/** Table IV. */
export function elementsOf(scheme: Scheme, { n, N }: Attributes): Readonly<Record<PaperObject, ElementCounts>> {
  switch (scheme) {
    case "IBPRE-CRF [36]":
      return {
        Key_DO: { G1: 2 },
        Key_DU: { G1: 2 },
        CT: { G1: 1, GT: 1 },
        RK: { G1: 2, GT: 1 },
        "CT'": { G1: 2, GT: 2 },
      };
    case "CDSS [30]":
      return {
        Key_DO: { G1: 6, Zq: 2 },
        Key_DU: { G1: 7, Zq: 2 },
        CT: { G1: 3, GT: 2 },
        RK: { G1: 4, GT: 1 },
        "CT'": { G1: 1, GT: 3 },
      };
    case "ABE-IBE [45]":
      return {
        Key_DO: { G1: 2 * N + 1 },
        Key_DU: { G1: 2 },
        CT: { G1: N + 1, GT: 1 },
        RK: { G1: 4 * N + 3, GT: 1 },
        "CT'": { G1: 2, GT: 1 },
      };
    case "CP-HAPRE [46]":
      return {
        Key_DO: { G1: 2 * n + 4 },
        Key_DU: { G1: 2 * n + 4 },
        CT: { G1: 3 * N + 2, GT: 1 },
        RK: { G1: 7 },
        "CT'": { G1: 4, GT: 1 },
      };
    case "FABRIC [52]":
      return {
        Key_DO: { G1: 6 },
        Key_DU: { G1: 3 * n + 6 },
        CT: { G1: 9, GT: 1 },
        RK: { G1: 3 * N + 12 },
        "CT'": { G1: 3 * N + 9, GT: 1 },
      };
    case "MedExChain":
      return {
        Key_DO: { G1: 2 },
        Key_DU: { G1: 3 },
        CT: { G1: 2, GT: 1 },
        RK: { G1: 2, GT: 1 },
        "CT'": { G1: 2, GT: 2 },
      };
  }
}

/** Milliseconds of one operation as the paper measured them: type A curve at 80 bits, JPBC, Ryzen 7 5800H. */
export const PAPER_TIMES: Readonly<Record<Unit, number>> = { P: 3.823, E1: 5.689, E2: 0.498, H: 0.269 };

/** Bytes of one element as the paper has them, at 80 bits. */
export const PAPER_BYTES = { G1: 128, GT: 128, Zq: 20 } as const;

/** What the paper's tables give as the sum of each row. */
export const PAPER_TOTALS: Readonly<Record<Scheme, { readonly ms: number; readonly bytes: number }>> = {
  "IBPRE-CRF [36]": { ms: 96.02, bytes: 1664 },
  "CDSS [30]": { ms: 154.05, bytes: 3536 },
  "ABE-IBE [45]": { ms: 322.77, bytes: 6016 },
  "CP-HAPRE [46]": { ms: 491.36, bytes: 6400 },
  "FABRIC [52]": { ms: 1856.46, bytes: 10_624 },
  MedExChain: { ms: 98.24, bytes: 1920 },
};
