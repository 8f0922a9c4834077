/** Work that takes less is not worth a line, in milliseconds. */
const QUIET = 1000;
/** Between two changes of the line, in milliseconds. */
const INTERVAL = 200;
/** Back to the line's begin, and clear it (ECMA-48). */
const CLEAR = "\r\u001b[K";

export interface PieceProgress {
  /** So many pieces are done. */
  done(count: number): void;
  /** Takes the line away. */
  end(): void;
}

/**
 * Shows on a terminal how far work has come that takes more than a second. Says nothing where nobody watches.
 *
 * @param total number of pieces
 * @param clock milliseconds
 */
export function pieceProgress(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  total: number,
  clock: () => number = () => performance.now(),
): PieceProgress {
  const started = clock();
  let shown: number | undefined;
  return {
    done(count) {
      const now = clock();
      const elapsed = now - started;
      if (!stream.isTTY || elapsed < QUIET || (shown !== undefined && now - shown < INTERVAL)) return;
      shown = now;
      const left = Math.ceil(((elapsed / count) * (total - count)) / 1000);
      stream.write(`${CLEAR}${count} of ${total} pieces, about ${left} s left`);
    },
    end() {
      if (shown !== undefined) stream.write(CLEAR);
    },
  };
}
