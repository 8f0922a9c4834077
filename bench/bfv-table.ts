/** Table II of the BFV paper: Enc, Add and Dec at its three parameter sets. Not profiles of ours: they are benchmarked only. */
import { deepStrictEqual } from "node:assert/strict";
import { loadSeal } from "@medexchain/bfv";
import { PAPER_DEVIATIONS_II, PAPER_TIMES_II, type ParameterName } from "./bfv-paper/figures.ts";
import { type Case, figureOf, measure, type Timed } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";

interface ParameterSet {
  readonly name: ParameterName;
  readonly degree: number;
  /** Bits of the primes of q; all of them are in a ciphertext. */
  readonly primes: readonly number[];
  /** Bits of the smallest prime t that batches. */
  readonly plainBits: number;
}

const SETS: readonly ParameterSet[] = [
  { name: "(1024, 27)", degree: 1024, primes: [27], plainBits: 14 },
  { name: "(2048, 52)", degree: 2048, primes: [52], plainBits: 14 },
  { name: "(4096, 86)", degree: 4096, primes: [43, 43], plainBits: 16 },
];

const OPERATIONS = ["encode", "Enc", "encode and Enc", "Add", "Dec", "Dec and decode"] as const;

/** From the first set to the last, %, in the paper. */
function growthOf(operation: "Enc" | "Dec"): string {
  const first = PAPER_TIMES_II["(1024, 27)"][operation];
  return (100 * (PAPER_TIMES_II["(4096, 86)"][operation] / first - 1)).toFixed(1);
}

const NOTES = [
  "node-seal (Microsoft SEAL in WebAssembly), every slot filled, public-key encryption, keys and context kept. Add is of two fresh ciphertexts. " +
    "One call a round, all sets in turn; what is decrypted is compared with what was encrypted before anything is timed.",
  "Each set is within the 128-bit bounds of homomorphicencryption.org for a ternary secret (27, 54 and 109 bits of q at these degrees), and " +
    "SEAL checks it. The first leaves a noise budget of a few bits: it can add, and no more. The product uses none of these sets, but its " +
    "own profiles.",
  "The paper's times are *quoted*: Pyfhel, which is SEAL as native code behind Python, on a Xeon at 2.2 GHz. From its first set to its last they grow by " +
    `${growthOf("Enc")} % for Enc and ${growthOf("Dec")} % for Dec (σ over the sets: ${PAPER_DEVIATIONS_II.Enc} and ${PAPER_DEVIATIONS_II.Dec} ms), although the last has four ` +
    "times the coefficients and twice the primes. Ours grow with both. A cost for each call that does not depend on the set, as that of Python, would " +
    "explain the paper's; so no ratio of the two is made.",
];

/** Benchmarks the three sets. */
export async function benchBfvTable({ quick, rounds = quick ? 200 : 1000 }: RunOptions): Promise<Report> {
  using stack = new DisposableStack();
  const seal = await loadSeal();
  const cases: Record<string, Case> = {};
  const budgets: Record<string, number> = {};
  const sizes: Record<string, number> = {};
  for (const { name, degree, primes, plainBits } of SETS) {
    const own = <Handle extends { delete(): void }>(handle: Handle): Handle =>
      stack.adopt(handle, (each) => each.delete());
    const settings = own(new seal.EncryptionParameters(seal.SchemeType.bfv));
    settings.setPolyModulusDegree(degree);
    settings.setCoeffModulus(own(seal.CoeffModulus.Create(degree, Int32Array.from(primes))));
    settings.setPlainModulus(own(seal.PlainModulus.Batching(degree, plainBits)));
    // Without a chain of moduli no prime is set apart for key switching, so that a ciphertext has all of q.
    const context = own(new seal.SEALContext(settings, false, seal.SecLevelType.tc128));
    if (!context.parametersSet()) throw new Error(`SEAL refused ${name}`);
    const generator = own(new seal.KeyGenerator(context));
    const encryptor = own(new seal.Encryptor(context, own(generator.createPublicKey())));
    const decryptor = own(new seal.Decryptor(context, own(generator.secretKey())));
    const encoder = own(new seal.BatchEncoder(context));
    const evaluator = own(new seal.Evaluator(context));
    const [plain, decrypted] = [own(new seal.Plaintext()), own(new seal.Plaintext())];
    const [left, right, sum] = [own(new seal.Ciphertext()), own(new seal.Ciphertext()), own(new seal.Ciphertext())];
    const slots = BigInt64Array.from({ length: degree }, (_, i) => BigInt((i * 37) % 3000));
    encoder.encode(slots, plain);
    encryptor.encrypt(plain, left);
    encryptor.encrypt(plain, right);
    evaluator.add(left, right, sum);
    decryptor.decrypt(sum, decrypted);
    deepStrictEqual(
      encoder.decodeBigInt64(decrypted),
      slots.map((slot) => 2n * slot),
    );
    budgets[name] = decryptor.invariantNoiseBudget(sum);
    const saved: Uint8Array = left.saveToArray(seal.ComprModeType.none); // embind types it `any`
    sizes[`ciphertext ${name}`] = saved.length;
    const of = (operation: (typeof OPERATIONS)[number]) => nameOf(name, operation);
    cases[of("encode")] = () => encoder.encode(slots, plain);
    cases[of("Enc")] = () => encryptor.encrypt(plain, left);
    cases[of("encode and Enc")] = () => {
      encoder.encode(slots, plain);
      encryptor.encrypt(plain, left);
    };
    cases[of("Add")] = () => evaluator.add(left, right, sum);
    cases[of("Dec")] = () => decryptor.decrypt(right, decrypted);
    cases[of("Dec and decode")] = () => {
      decryptor.decrypt(right, decrypted);
      encoder.decodeBigInt64(decrypted);
    };
  }
  const measurements = await measure(cases, rounds);
  return {
    title: "BFV paper Table II: Enc, Add, Dec by (n, log2 q)",
    measurements,
    ratios: {},
    watched: Object.fromEntries(
      // Growth by degree: a set that falls out of line with the others shows a lost fast path.
      (["Enc", "Dec"] as const).map((operation) => [
        `${operation}, (4096, 86) over (1024, 27) by 8 in size`,
        (8 * figureOf(measurements, nameOf("(1024, 27)", operation), "cpu")) /
          figureOf(measurements, nameOf("(4096, 86)", operation), "cpu"),
      ]),
    ),
    sizes,
    tables: [
      {
        title: `Milliseconds over ${rounds} runs: mean ± σ (median)`,
        columns: ["(n, log2 q)", ...OPERATIONS, "noise budget after Add, bits"],
        rows: SETS.map(({ name }) => [
          name,
          ...OPERATIONS.map((operation) => spread(measurements, nameOf(name, operation))),
          budgets[name] ?? Number.NaN,
        ]),
      },
      {
        title: "Table II: milliseconds, the paper's and ours",
        columns: ["(n, log2 q)", "Enc, *quoted*", "Enc", "Add, *quoted*", "Add", "Dec, *quoted*", "Dec"],
        rows: SETS.map(({ name }) => [
          name,
          ...(["Enc", "Add", "Dec"] as const).flatMap((operation) => [
            PAPER_TIMES_II[name][operation],
            figureOf(measurements, nameOf(name, operation)),
          ]),
        ]),
        note: "the paper's are means, ours medians, which other programs on the machine move less; without encoding",
      },
    ],
    plots: [
      {
        file: "table-ii-bfv",
        title: "BFV: Enc, Add, Dec",
        kind: "bar",
        x: "",
        y: "median, ms",
        points: SETS.flatMap(({ name }) =>
          (["encode and Enc", "Enc", "Add", "Dec", "Dec and decode"] as const).map((operation) => ({
            series: operation,
            x: name,
            y: figureOf(measurements, nameOf(name, operation)),
          })),
        ),
      },
    ],
    notes: NOTES,
  };
}

function spread(measurements: readonly Timed[], name: string): string {
  const found = measurements.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no case is named "${name}"; the benchmark's names disagree`);
  return `${found.mean.toFixed(3)} ± ${found.deviation.toFixed(3)} (${found.median.toFixed(3)})`;
}

const nameOf = (set: string, operation: string): string => `${set} ${operation}`;
