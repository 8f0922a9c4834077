/** The tables and plots of the paper's six schemes by their operation counts, beside what was measured of those that are implemented. */
import { type Counts, OPERATIONS, type Operation } from "../count-operations.ts";
import type { Cell, Plot, Table } from "../report.ts";
import { modelTimes, type UnitTimes } from "./modelled.ts";
import {
  operationsOf,
  PAPER_ATTRIBUTES,
  PAPER_STAGES,
  PAPER_TIMES,
  PAPER_TOTALS,
  type PaperStage,
  SCHEMES,
  UNITS,
  type Unit,
  type UnitCounts,
} from "./paper-counts.ts";

/** Users of Fig. 6, and the number that this project adds. */
export const USER_COUNTS = [10, 20, 30, 40, 50, 1000] as const;

/** One implemented form, by the paper's stages: milliseconds that were measured, and operations that were counted. */
export interface Implemented {
  readonly name: string;
  readonly times: Readonly<Record<PaperStage, number>>;
  readonly counts: Readonly<Record<PaperStage, Counts>>;
}

const UNIT_OF: Readonly<Partial<Record<Operation, Unit>>> = {
  "Miller loops": "P",
  "k·P in G1": "E1",
  "k·Q in G2": "E1",
  "powers in GT": "E2",
  "hashes to G1": "H",
};

/** The tables, Table III and its totals first. `here`: milliseconds of one operation on this machine. */
export function modelTables(here: UnitTimes, implemented: readonly Implemented[]): Table[] {
  return [
    {
      title: "Table III: operations by the paper's counts",
      columns: ["scheme", ...PAPER_STAGES],
      rows: SCHEMES.map((scheme) => {
        const operations = operationsOf(scheme, PAPER_ATTRIBUTES);
        return [scheme, ...PAPER_STAGES.map((stage) => written(operations[stage]))];
      }),
      note: "*quoted*, with n = 3 attributes of the user and N = 5 of the policy put in; P a pairing, E1 an exponentiation in G1, E2 in GT, H a hash",
    },
    {
      title: "The paper's totals, checked: its counts with its times, ms",
      columns: ["scheme", "by its counts and times", "*quoted* total", "difference", "difference, %"],
      rows: SCHEMES.map((scheme): Cell[] => {
        const { total } = modelTimes(scheme, PAPER_TIMES);
        const { ms } = PAPER_TOTALS[scheme];
        return [scheme, total.toFixed(2), ms.toFixed(2), signed(total - ms), signed((100 * (total - ms)) / ms)];
      }),
      note: "its times, *quoted*: P 3.823, E1 5.689, E2 0.498, H 0.269 ms, at 80 bits on its machine",
    },
    stageTable("By the paper's counts with the paper's times, ms", PAPER_TIMES, []),
    stageTable(
      "By the paper's counts with the times of one operation here, ms; and what was measured here",
      here,
      implemented,
    ),
    {
      title: "Operations, the paper's count and what is counted here",
      columns: ["stage", "IBPRE-CRF [36], paper", "IBPRE-CRF, here", "MedExChain, paper", ...namesOf(implemented)],
      rows: PAPER_STAGES.map((stage) => [
        stage,
        written(operationsOf("IBPRE-CRF [36]", PAPER_ATTRIBUTES)[stage]),
        ...implemented.filter(isIbpre).map(({ counts }) => written(inUnits(counts[stage]))),
        written(operationsOf("MedExChain", PAPER_ATTRIBUTES)[stage]),
        ...implemented.filter((each) => !isIbpre(each)).map(({ counts }) => written(inUnits(counts[stage]))),
      ]),
      note: "here a Miller loop counts as P, a product by a scalar in G1 or in G2 as E1; additions, products and decoding are in none of them. What ours has more of in KeyGen and ReKeyGen are the checks of keys and of what a device proposes",
    },
    ...usersTables(here),
  ];
}

/** Fig. 5 with the paper's times and with those here, and Fig. 6 for all six. */
export function modelPlots(here: UnitTimes): Plot[] {
  const bars = (file: string, title: string, times: UnitTimes): Plot => ({
    file,
    title,
    kind: "bar",
    x: "",
    y: "ms",
    log: ["y"], // the largest is a hundred times the smallest
    points: SCHEMES.flatMap((scheme) => {
      const found = modelTimes(scheme, times);
      return PAPER_STAGES.map((stage) => ({ series: scheme, x: stage, y: found[stage] }));
    }),
  });
  return [
    bars("fig-5-schemes-paper", "Fig. 5: six schemes by their counts, the paper's times", PAPER_TIMES),
    bars("fig-5-schemes-here", "Fig. 5: six schemes by their counts, times of this machine", here),
    {
      file: "fig-6-schemes",
      title: "Fig. 6: all stages for many users, by the counts, times of this machine",
      kind: "line",
      x: "users",
      y: "ms",
      log: ["x", "y"],
      points: SCHEMES.flatMap((scheme) => {
        const { total } = modelTimes(scheme, here);
        return USER_COUNTS.map((users) => ({ series: scheme, x: users, y: users * total }));
      }),
    },
  ];
}

function stageTable(title: string, times: UnitTimes, implemented: readonly Implemented[]): Table {
  return {
    title,
    columns: ["scheme", ...PAPER_STAGES, "total", "over MedExChain"],
    rows: [
      ...SCHEMES.map((scheme): Cell[] => {
        const found = modelTimes(scheme, times);
        const over = found.total / modelTimes("MedExChain", times).total;
        return [scheme, ...PAPER_STAGES.map((stage) => found[stage]), found.total, over];
      }),
      ...implemented.map((each): Cell[] => {
        const total = PAPER_STAGES.reduce((sum, stage) => sum + each.times[stage], 0);
        const over = total / modelTimes("MedExChain", times).total;
        return [`${each.name}, measured`, ...PAPER_STAGES.map((stage) => each.times[stage]), total, over];
      }),
    ],
  };
}

/** Fig. 6 as tables: a user takes what a user takes, so that the model is a line through zero; what is measured of ours is in `users`. */
function usersTables(here: UnitTimes): Table[] {
  const forUsers = (users: number): Table => ({
    title: `Fig. 6: ${users.toLocaleString("en-GB")} users, by the paper's counts with the times here, ms`,
    columns: ["scheme", ...PAPER_STAGES, "total"],
    rows: SCHEMES.map((scheme) => {
      const found = modelTimes(scheme, here);
      return [scheme, ...PAPER_STAGES.map((stage) => users * found[stage]), users * found.total];
    }),
  });
  return [50, 1000].map(forUsers);
}

/** `4E1+2E2+3P`, as the paper writes it. */
function written(counts: UnitCounts): string {
  const parts = (["E1", "E2", "P", "H"] as const).flatMap((unit) => {
    const count = counts[unit] ?? 0;
    return count === 0 ? [] : [`${count === 1 ? "" : count}${unit}`];
  });
  return parts.length === 0 ? "–" : parts.join("+");
}

function inUnits(counts: Counts): UnitCounts {
  const found: Record<Unit, number> = Object.fromEntries(UNITS.map((unit) => [unit, 0])) as Record<Unit, number>; // a number for each
  for (const operation of OPERATIONS) {
    const unit = UNIT_OF[operation];
    if (unit !== undefined) found[unit] += counts[operation];
  }
  return found;
}

const isIbpre = ({ name }: Implemented): boolean => name === "IBPRE-CRF";
const namesOf = (implemented: readonly Implemented[]): string[] =>
  implemented.filter((each) => !isIbpre(each)).map(({ name }) => `${name}, here`);
const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
