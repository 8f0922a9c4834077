import { explain } from "../explain.ts";
import { useSay } from "../words/index.tsx";

export interface Steps {
  readonly done: number;
  readonly total: number;
}

/** That something is under way, how far it is, and what went wrong. */
export function Working({
  busy,
  reason,
  what,
  progress,
}: {
  readonly busy: boolean;
  readonly reason: unknown;
  readonly what?: string | undefined;
  readonly progress?: Steps | undefined;
}) {
  const say = useSay();
  return (
    <div role="status">
      {busy && (
        <p className="working">
          {what ?? say("app.working")}
          <progress
            {...(progress && progress.total > 0 && { value: progress.done, max: progress.total })}
            aria-label={what ?? say("app.working")}
          />
        </p>
      )}
      {reason !== undefined && (
        <p className="error" role="alert">
          {explain(say, reason)}
        </p>
      )}
    </div>
  );
}
