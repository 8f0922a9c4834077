import type { Html } from "./html.js";

/** One message of the protocol in a request's row. */
export interface RowStep {
  /** `M1` to `M8`. */
  readonly message: string;
  readonly title: string;
  readonly note: string | undefined;
  readonly outcome: "done" | "refused" | "absent" | "off-chain";
  /** Unix seconds in decimal digits, the chain's name. */
  readonly at:
    | { readonly seconds: string; readonly chain: string; readonly block: number; readonly transaction: string }
    | undefined;
}

/** A request as the page shows it. Numbers of the chains are decimal digits: they may be larger than a script counts. */
export interface RequestRow {
  readonly id: string;
  /** Unix seconds. */
  readonly asked: string | undefined;
  readonly requester: string;
  readonly requesterHospital: string | undefined;
  readonly purpose: string;
  readonly record: string;
  readonly owner: string | undefined;
  readonly ownerHospital: string | undefined;
  readonly decision: string | undefined;
  /** How many findings concern it. */
  readonly findings: number;
  readonly hospitalCount: string | undefined;
  readonly hospitalLimit: string | undefined;
  readonly recordCount: string | undefined;
  readonly recordLimit: string | undefined;
  readonly acknowledgement: string | undefined;
  /** Unix seconds. */
  readonly expires: string;
  readonly steps: readonly RowStep[];
}

/** A packed row: numbers, and lists of them for its steps. */
export type PackedRow = readonly (number | readonly (readonly number[])[])[];

/** Unix seconds as people and programs read them. A time that no calendar has is shown as the number that it is. */
export function timeElement(seconds: bigint | string): Html;
/** A member, hospital or record: its name where it has one, else a short form; in full when pointed at. */
export function idElement(id: string | undefined, names: ReadonlyMap<string, string>): Html;
/** The row, and the one of its steps. */
export function rowsOf(row: RequestRow, names: ReadonlyMap<string, string>): Html;
/** A packed row as it was. Each string stands once in a part's `strings` and is a number in its rows, -1 where there is none. */
export function unpackRow(strings: readonly string[], packed: PackedRow): RequestRow;
