import { sizeOf } from "./sizes.ts";

/** Work that takes less is not worth a line, in milliseconds. */
const QUIET = 1000;
/** Between two changes of the line, in milliseconds. */
const INTERVAL = 200;
/** Back to the line's begin, and clear it (ECMA-48). */
const CLEAR = "\r\u001b[K";

/** How far one step of the work has come. */
export interface StepProgress {
  /** What is being done: `encrypting`. */
  readonly step: string;
  readonly unit: "bytes" | "pieces";
  readonly done: number;
  readonly total: number;
}

export interface ProgressLine {
  show(progress: StepProgress): void;
  /** Takes the line away. */
  end(): void;
}

/**
 * Shows on a terminal how far work has come that takes more than a second, and how long the step that it is at will take. Says nothing
 * where nobody watches.
 *
 * @param clock milliseconds
 */
export function progressLine(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  clock: () => number = () => performance.now(),
): ProgressLine {
  const started = clock();
  let step: { readonly name: string; readonly since: number } | undefined;
  let shown: number | undefined;
  return {
    show(progress) {
      const now = clock();
      // The first of a step is told when it is done: it began when the step before it ended.
      if (step?.name !== progress.step) step = { name: progress.step, since: step === undefined ? started : now };
      if (!stream.isTTY || now - started < QUIET || (shown !== undefined && now - shown < INTERVAL)) return;
      shown = now;
      stream.write(`${CLEAR}${textOf(progress, now - step.since)}`);
    },
    end() {
      if (shown !== undefined) stream.write(CLEAR);
    },
  };
}

function textOf({ step, unit, done, total }: StepProgress, elapsed: number): string {
  const how = unit === "pieces" ? `${done} of ${total} pieces` : `${sizeOf(done)} of ${sizeOf(total)}`;
  // Nothing is known of a step that has only begun.
  const left = elapsed > 0 && done > 0 ? `, about ${Math.ceil(((elapsed / done) * (total - done)) / 1000)} s left` : "";
  return `${step}: ${how}${left}`;
}
