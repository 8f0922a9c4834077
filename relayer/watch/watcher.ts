import { type Loop, startLoop } from "../concurrency/loop.ts";
import { failureOf } from "../observe/failure.ts";
import type { WatchContext } from "./context.ts";
import { watchRange } from "./watch-range.ts";

/**
 * Watches a chain until it is stopped: one range of blocks after another, then a look every `pollIntervalMs`.
 *
 * @param takesWork false while what is read could not be written down
 */
export function startWatcher(context: WatchContext, takesWork: () => boolean = () => true): Loop {
  const { config, observe } = context;
  const { chainId } = config.deployment;
  return startLoop(
    async () => takesWork() && watchRange(context),
    config.pollIntervalMs,
    (error) => {
      const { code, message } = failureOf(error);
      observe({ type: "watch-failed", chainId, code, message });
    },
  );
}
