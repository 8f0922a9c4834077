import type { Cell } from "./report.ts";

/** A cell as text: whole numbers with thousands apart, others with four significant digits, those that are none as a dash. */
export function formatCell(cell: Cell): string {
  if (typeof cell === "string") return cell;
  if (!Number.isFinite(cell)) return "–";
  if (Number.isInteger(cell)) return cell.toLocaleString("en-GB");
  return Math.abs(cell) >= 1000 ? Math.round(cell).toLocaleString("en-GB") : cell.toPrecision(4);
}
