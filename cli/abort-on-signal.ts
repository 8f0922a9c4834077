/** Exit codes by the shell's convention: 128 and the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** As if by SIGPIPE, which Node does not deliver: nobody reads our output any more. */
const EXIT_CODE_OF_BROKEN_PIPE = 141;

/**
 * Aborted when the process is asked to end, with the exit code as its reason, so that whatever runs can be stopped in order. A second
 * signal ends the process at once.
 */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort(code);
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    controller.abort(EXIT_CODE_OF_BROKEN_PIPE);
  });
  return controller.signal;
}
