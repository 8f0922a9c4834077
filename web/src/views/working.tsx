import { useSay, useSpeaking } from "../words/index.tsx";

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
          <Explanation reason={reason} />
        </p>
      )}
    </div>
  );
}

/** What went wrong: in the person's language where there are words for it, and as the library says it. */
export function Explanation({ reason }: { readonly reason: unknown }) {
  const { text, detail } = useSpeaking().explain(reason);
  if (text === undefined) return detail;
  return (
    <>
      {text} <span lang="en">({detail})</span>
    </>
  );
}
