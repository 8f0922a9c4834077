import { useSay } from "../words/index.tsx";

/** That something is under way, how far it is, and what went wrong. */
export function Working({
  busy,
  error,
  what,
  progress,
}: {
  readonly busy: boolean;
  readonly error: string | undefined;
  readonly what?: string | undefined;
  readonly progress?: { readonly done: number; readonly total: number } | undefined;
}) {
  const say = useSay();
  return (
    <div role="status">
      {busy && (
        <p className="working">
          {what ?? say("app.working")}
          <progress
            {...(progress && { value: progress.done, max: progress.total })}
            aria-label={what ?? say("app.working")}
          />
        </p>
      )}
      {error !== undefined && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
