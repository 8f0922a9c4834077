/** How a file would be parted, for the person who owns it alone: nothing leaves the browser. */
import { MedexError } from "@medexchain/core";
import { inspectFormat, type RecordFormat, splitRecord, summariseRecord } from "@medexchain/sfe";
import type { Failure } from "./told.ts";

export interface Preview {
  readonly format: RecordFormat;
  readonly public: PartView;
  readonly private: PartView;
  /** Which place of the public part shows a private value: it is not published so. */
  readonly leak: Failure | undefined;
}

export interface PartView {
  readonly count: number;
  /** Of the values. */
  readonly bytes: number;
  /** The first of them. */
  readonly shown: readonly ShownFeature[];
}

export interface ShownFeature {
  readonly name: string;
  readonly value: string;
  /** What names it in a policy. */
  readonly selector: string;
}

/** Characters of a value, and features of a part, that are shown. */
const SHOWN_LENGTH = 80;
const SHOWN_FEATURES = 500;

export function preview(document: Uint8Array, name: string, selectors: readonly string[]): Preview {
  const { format } = inspectFormat(document, name);
  const parts = { public: part(), private: part() };
  for (const { head, publicFragment, privateFragment } of splitRecord(document, {
    format,
    selectors,
    lastLook: false,
  })) {
    for (const [to, { features }] of [
      [parts.public, publicFragment],
      [parts.private, privateFragment],
    ] as const) {
      for (const { index, value } of features) to.add(format, head.features[index]?.name ?? "", value);
    }
  }
  const leak = leakOf(() => summariseRecord(document, { name, selectors }));
  return { format, public: parts.public.view(), private: parts.private.view(), leak };
}

function leakOf(look: () => unknown): Failure | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (MedexError.is(error, "PRIVATE_VALUE_PUBLIC")) return { code: error.code, message: error.message };
    throw error;
  }
}

function part() {
  const shown: ShownFeature[] = [];
  let [count, bytes] = [0, 0];
  return {
    add(format: RecordFormat, name: string, value: string | Uint8Array): void {
      count += 1;
      bytes += typeof value === "string" ? new TextEncoder().encode(value).length : value.length;
      if (shown.length >= SHOWN_FEATURES) return;
      const text = typeof value === "string" ? value.slice(0, SHOWN_LENGTH) : `${value.length} bytes`;
      shown.push({ name, value: text, selector: selectorOf(format, name) });
    },
    view: (): PartView => ({ count, bytes, shown }),
  };
}

/** A feature's name as a selector: of a line of NDJSON, the same place in every line. */
function selectorOf(format: RecordFormat, name: string): string {
  if (format === "binary") return /^bytes\[(\d+-\d+)\]$/.exec(name)?.[1] ?? name;
  if (format === "fhir-r4+ndjson") return name.replace(/^line\[\d+\]\./, "");
  return name;
}
