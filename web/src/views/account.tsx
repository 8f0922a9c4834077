import { type FormEvent, useState } from "react";
import type { Person } from "../device/worker.ts";
import { device, result } from "../device.ts";
import { personLink } from "../invite.ts";
import { saveAs } from "../save-as.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Passkey } from "./passkey.tsx";
import { ShareLink } from "./share-link.tsx";
import { Working } from "./working.tsx";

/** What a person keeps of the account: its backup, its passkey, and the link by which others know it. */
export function Account({ person }: { readonly person: Person }) {
  const say = useSay();
  return (
    <section aria-labelledby="account" className="wide">
      <h2 id="account">{say("account.title")}</h2>
      {person.role === "doctor" && (
        <>
          <p>{say("account.introduce")}</p>
          <div className="actions">
            <ShareLink link={personLink(person)} words={say("account.link")} />
          </div>
        </>
      )}
      <BackUp vault={person.vault} />
      <Passkey vault={person.vault} />
    </section>
  );
}

function BackUp({ vault }: Pick<Person, "vault">) {
  const say = useSay();
  const task = useTask();
  const [done, setDone] = useState(false);
  const backUp = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const passphrase = String(new FormData(form).get("passphrase"));
    task.run(async () => {
      saveAs(await result(device.backUp(passphrase)), `${vault.replaceAll(/[^\p{L}\p{N}._-]/gu, "-")}.backup`);
      form.reset();
      setDone(true);
    });
  };
  return (
    <details>
      <summary>{say("backup.title")}</summary>
      <form onSubmit={backUp}>
        <p className="aside">{say("backup.hint")}</p>
        <label>
          {say("lobby.passphrase")}
          <input name="passphrase" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" disabled={task.busy}>
          {say("backup.save")}
        </button>
        {done && <p role="status">{say("backup.saved")}</p>}
        <Working {...task} />
      </form>
    </details>
  );
}
