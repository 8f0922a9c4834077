/** The regression check: ratios of a quick run beside the stored ones. Absolute times are a machine's and are not compared. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

/** Ratios by section and name. */
export type Ratios = Record<string, Record<string, number>>;

/** The share of a stored ratio that may be lost. */
export const TOLERATED_LOSS = 0.25;

const FILE = new URL("./ratios.json", import.meta.url);
const ratiosSchema = z.record(z.string(), z.record(z.string(), z.number().positive()));

/** The stored ratios. */
export function readRatios(): Ratios {
  return ratiosSchema.parse(JSON.parse(readFileSync(FILE, "utf8")));
}

/** Stores ratios in place of the sections' earlier ones; those of other sections stay. */
export function storeRatios(measured: Ratios, file: URL = FILE): void {
  const rounded = Object.fromEntries(
    Object.entries({ ...readRatios(), ...measured }).map(([section, ratios]) => [
      section,
      Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toPrecision(3))])),
    ]),
  );
  writeFileSync(file, `${JSON.stringify(rounded, null, 2)}\n`);
}

/**
 * What was lost, a line for each ratio: one that fell by more than a quarter, one that is stored and was not measured, one that was
 * measured and is not stored, one that is no number. Only sections that were run are looked at.
 */
export function lossesOf(stored: Ratios, measured: Ratios): string[] {
  return Object.entries(measured).flatMap(([section, ratios]) => {
    const before = stored[section] ?? {};
    const names = new Set([...Object.keys(before), ...Object.keys(ratios)]);
    return [...names].flatMap((name) => {
      const [was, is] = [before[name], ratios[name]];
      const subject = `${section}: ${name}`;
      if (was === undefined) return [`${subject} is not stored; run with --update to store it`];
      if (is === undefined)
        return [`${subject} is stored and was not measured; run with --update if it is gone for good`];
      if (is >= was * (1 - TOLERATED_LOSS)) return []; // false for NaN, so that it is a loss
      return [`${subject} is ${is.toFixed(2)}×, was ${was.toFixed(2)}×: more than ${TOLERATED_LOSS * 100} % lost`];
    });
  });
}

/** The better of two measurements of each ratio. What is lost for good is lost both times; what another program took is not. */
export function betterOf(first: Ratios, again: Ratios): Ratios {
  return Object.fromEntries(
    Object.entries(first).map(([section, ratios]) => [
      section,
      Object.fromEntries(
        Object.entries(ratios).map(([name, ratio]) => [name, Math.max(ratio, again[section]?.[name] ?? ratio)]),
      ),
    ]),
  );
}
