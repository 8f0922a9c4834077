import { type FormEvent, useState } from "react";
import { device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Working } from "./working.tsx";

/** Restores an account from its backup, made here or by the command. */
export function Restore({ onDone }: { readonly onDone: () => void }) {
  const say = useSay();
  const task = useTask();
  const [restored, setRestored] = useState<string>();
  const restore = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    const file = form.get("file");
    if (!(file instanceof File)) return;
    task.run(async () => {
      setRestored(await result(device.restore(file, String(form.get("passphrase")))));
      target.reset();
      onDone();
    });
  };
  return (
    <details>
      <summary>{say("restore.title")}</summary>
      <form onSubmit={restore}>
        <label>
          {say("restore.file")}
          <input name="file" type="file" required />
        </label>
        <label>
          {say("restore.passphrase")}
          <input name="passphrase" type="password" autoComplete="off" required />
        </label>
        <button type="submit" disabled={task.busy}>
          {say("restore.button")}
        </button>
        {restored !== undefined && <p role="status">{say("restore.done", { name: restored })}</p>}
        <Working {...task} />
      </form>
    </details>
  );
}
