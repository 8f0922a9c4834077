/** As if by SIGPIPE, which Node does not deliver: nobody reads our output any more. */
export const EXIT_CODE_OF_BROKEN_PIPE = 141;

/** Whether something was written to a pipe that nobody reads any more. */
export const isBrokenPipe = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "EPIPE";

/**
 * Keeps a reader that has had enough, as `medex … | head` is, from ending the command with a stack trace. What the command does it does to
 * its end, as half a publication helps nobody; then it exits with 141.
 */
export function tolerateBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => {
      if (!isBrokenPipe(error)) throw error;
      process.once("exit", () => {
        process.exitCode = EXIT_CODE_OF_BROKEN_PIPE;
      });
    });
  }
}
