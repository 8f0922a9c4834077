import { readFileSync } from "node:fs";
import { EXIT_CODE_OF_BROKEN_PIPE, isBrokenPipe } from "./broken-pipe.ts";

/** Exit codes by the shell's convention: 128 and the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Interval at which a process that must not outlive its parent checks that it is there, in milliseconds. */
const PARENT_INTERVAL = 500;

/** The reason of an abort: the process was asked to end. Not a fault, so nothing is told of it. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`interrupted, exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The exit code that an aborted signal of `abortOnSignal` asks for; undefined where it is not aborted. */
export const exitCodeOf = ({ reason }: AbortSignal): number | undefined =>
  reason instanceof Interruption ? reason.exitCode : undefined;

/**
 * Aborted when the process is asked to end, with an `Interruption` as its reason, so that whatever runs can be stopped in order. A
 * second signal ends the process at once.
 *
 * @param options.withParent end when the parent is gone, too: whoever kills `npm run` with SIGKILL leaves its child no signal
 */
export function abortOnSignal(options: { withParent?: boolean } = {}): AbortSignal {
  const controller = new AbortController();
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort(new Interruption(code));
    });
  }
  process.stdout.on("error", (error) => {
    if (!isBrokenPipe(error)) throw error;
    controller.abort(new Interruption(EXIT_CODE_OF_BROKEN_PIPE));
  });
  if (options.withParent) {
    const ancestors = parents();
    setInterval(
      () => parents() === ancestors || controller.abort(new Interruption(EXIT_CODES.SIGHUP)),
      PARENT_INTERVAL,
    ).unref();
  }
  return controller.signal;
}

/** The process ids of the parent and, where the system tells, of its parent: between npm and us stands a shell. */
function parents(): string {
  const { ppid } = process;
  try {
    return `${ppid} ${/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${ppid}/status`, "utf8"))?.[1]}`;
  } catch {
    return String(ppid); // no procfs here
  }
}
