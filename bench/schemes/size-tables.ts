/** Table IV for the paper's six schemes, by its element counts: at its sizes, whose totals are checked, and at those of BLS12-381. */
import type { Cell, Plot, Table } from "../report.ts";
import { bytesOf, type ElementBytes, modelBytes } from "./modelled.ts";
import {
  type ElementCounts,
  elementsOf,
  OBJECTS,
  PAPER_ATTRIBUTES,
  PAPER_BYTES,
  PAPER_TOTALS,
  type PaperObject,
  SCHEMES,
} from "./paper-counts.ts";

/**
 * Bytes of BLS12-381's elements as they are serialised here, points compressed. The paper's G1 is both groups of a symmetric pairing;
 * in a type-3 pairing an element of it is in G1 or in G2, so that a scheme's size lies between these two.
 */
export const LEAST_BYTES: ElementBytes = { G1: 48, GT: 576, Zq: 32 };
export const MOST_BYTES: ElementBytes = { G1: 96, GT: 576, Zq: 32 };

/** Bytes of ours by the paper's objects. */
export interface MeasuredSizes {
  readonly name: string;
  readonly bytes: Readonly<Record<PaperObject, number>>;
}

/** Table IV: its formulas, its totals checked, and its counts at our sizes beside ours. */
export function sizeTables(measured: readonly MeasuredSizes[]): Table[] {
  return [
    {
      title: "Table IV: elements by the paper's counts",
      columns: ["scheme", ...OBJECTS],
      rows: SCHEMES.map((scheme) => {
        const elements = elementsOf(scheme, PAPER_ATTRIBUTES);
        return [scheme, ...OBJECTS.map((object) => written(elements[object]))];
      }),
      note: "*quoted*, with n = 3 and N = 5 put in",
    },
    {
      title: "Table IV, checked: bytes at 80 bits, |G1| = |GT| = 128, |Zq| = 20",
      columns: ["scheme", ...OBJECTS, "total", "*quoted* total", "difference"],
      rows: SCHEMES.map((scheme): Cell[] => {
        const found = modelBytes(scheme, PAPER_BYTES);
        const { bytes } = PAPER_TOTALS[scheme];
        return [scheme, ...OBJECTS.map((object) => found[object]), found.total, bytes, found.total - bytes];
      }),
    },
    {
      title: "Table IV at 128 bits: bytes by the paper's counts on BLS12-381, and ours, measured",
      columns: ["scheme", ...OBJECTS, "total"],
      rows: [
        ...SCHEMES.map((scheme): Cell[] => {
          const elements = elementsOf(scheme, PAPER_ATTRIBUTES);
          const range = (counts: readonly ElementCounts[]): Cell => {
            const [least, most] = [LEAST_BYTES, MOST_BYTES].map((bytes) =>
              counts.reduce((sum, each) => sum + bytesOf(each, bytes), 0).toLocaleString("en-GB"),
            );
            return `${least}–${most}`;
          };
          const each = OBJECTS.map((object) => elements[object]);
          return [scheme, ...each.map((counts) => range([counts])), range(each)];
        }),
        ...measured.map(({ name, bytes }): Cell[] => [
          `${name}, measured`,
          ...OBJECTS.map((object) => bytes[object]),
          OBJECTS.reduce((sum, object) => sum + bytes[object], 0),
        ]),
      ],
      note: "from all of the paper's G1 in G1 (48 bytes) to all of it in G2 (96); GT 576, Zq 32. The paper's Key_DO has pk_DO, which here is a hash of the identity and is never sent",
    },
  ];
}

/** Fig. 7 for all six at the paper's sizes. */
export function sizePlot(): Plot {
  return {
    file: "fig-7-schemes",
    title: "Fig. 7: bytes of each object of six schemes, by the paper's counts at 80 bits",
    kind: "bar",
    x: "",
    y: "bytes",
    points: SCHEMES.flatMap((scheme) => {
      const found = modelBytes(scheme, PAPER_BYTES);
      return OBJECTS.map((object) => ({ series: scheme, x: object, y: found[object] }));
    }),
  };
}

/** `2G1+GT`, as the paper writes it. */
function written(counts: ElementCounts): string {
  return (["G1", "GT", "Zq"] as const)
    .flatMap((group) => {
      const count = counts[group] ?? 0;
      return count === 0 ? [] : [`${count === 1 ? "" : count}${group}`];
    })
    .join("+");
}
