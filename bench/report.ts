/** What a section of the benchmark finds, as plain data: text, Markdown, JSON and plots are made of it elsewhere. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { loadNativeCurve } from "../offchain/pre/native-curve.ts";
import type { Measurement } from "./measure.ts";

/** How a section is run. */
export interface RunOptions {
  /** Small sizes, a fraction of the time; enough for the ratios that are watched. */
  readonly quick: boolean;
  /** Rounds of each case; a section has its own number unless given. */
  readonly rounds?: number;
  /** What was given of the section's own options, by their names in camel case. */
  readonly given?: Readonly<Record<string, string>>;
}

/** An option that one section alone knows. */
export interface SectionOption {
  /** As for commander, with a value: `--requests <k>`. */
  readonly flags: string;
  readonly description: string;
}

/** A part of the benchmark: it runs by itself, as a process of its own. */
export interface Section {
  readonly name: string;
  readonly description: string;
  readonly options?: readonly SectionOption[];
  /** Loads the section's code, when it is asked for. */
  load(): Promise<(options: RunOptions) => Promise<Report>>;
}

export type Cell = string | number;

/** A table. Numbers are written with four significant digits at most, whole numbers as they are. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Where the figures come from when they were not measured here. */
  readonly note?: string;
}

export interface Point {
  readonly series: string;
  readonly x: number | string;
  readonly y: number;
}

/** A plot: bars by a name, lines by a number. */
export interface Plot {
  /** The file's name without its ending. */
  readonly file: string;
  readonly title: string;
  readonly kind: "bar" | "line";
  readonly x: string;
  readonly y: string;
  readonly points: readonly Point[];
  /** Axes with a logarithmic scale. */
  readonly log?: readonly ("x" | "y")[];
}

/** What one section found. */
export interface Report {
  readonly title: string;
  readonly measurements: readonly Measurement[];
  /** Named ratios from this run, of processor time unless the name says otherwise; above 1 means that ours is faster, or smaller. */
  readonly ratios: Readonly<Record<string, number>>;
  /** More of them, which the regression check compares with the stored ones: of processor time, bytes or counts, so that load does not move them. */
  readonly watched?: Readonly<Record<string, number>>;
  /** Why nothing could be measured on this machine; the regression check then leaves the section out, and says so. */
  readonly notMeasured?: string;
  readonly tables?: readonly Table[];
  readonly plots?: readonly Plot[];
  /** Bytes, by what was measured. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** What a reader must know to read the figures. */
  readonly notes?: readonly string[];
}

/** The machine and the versions that figures belong to, the day, and the load of the last 1, 5 and 15 minutes. */
export interface Environment {
  readonly date: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly memory: string;
  readonly load: string;
  readonly packages: string;
  /** The library that computed on the curve. */
  readonly curve: string;
}

/** What a section found, and where: the environment is as it was before the section began. */
export interface Measured {
  readonly environment: Environment;
  readonly report: Report;
}

const PACKAGES = [
  "mcl-wasm",
  "node-seal",
  "@nucypher/umbral-pre",
  "@ironcorelabs/recrypt-wasm-binding",
  "@iota/sdk",
  "kubo-rpc-client",
  "hardhat",
  "ethers",
  "@electric-sql/pglite",
];

/** The environment as it is now. */
export function environment(): Environment {
  const [cpu] = cpus();
  const lock: { packages: Record<string, { version?: string; name?: string }> } = JSON.parse(
    readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"),
  );
  const versions = PACKAGES.map((name) => {
    const { version = "not installed", name: real = name } = lock.packages[`node_modules/${name}`] ?? {};
    return `${real} ${version}`;
  });
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${cpus().length} × ${cpu?.model}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    load: loadavg()
      .map((load) => load.toFixed(1))
      .join(", "),
    packages: versions.join(", "),
    curve: loadNativeCurve() ? "blst" : "mcl-wasm",
  };
}
