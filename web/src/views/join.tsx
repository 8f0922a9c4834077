import { type FormEvent, useState } from "react";
import type { InviteView } from "../device/joining.ts";
import type { Person } from "../device/worker.ts";
import { device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { NewPassphrase } from "./new-passphrase.tsx";
import { Working } from "./working.tsx";

/** Joins a hospital by the invite that it gave. */
export function Join({ onEnter }: { readonly onEnter: (person: Person) => void }) {
  const say = useSay();
  const task = useTask();
  const [invite, setInvite] = useState<InviteView & { readonly text: string }>();
  /** Who is in, but should be told first that the account has no money. */
  const [unfunded, setUnfunded] = useState<Person>();
  const choose = (file: File | undefined): void => {
    setInvite(undefined);
    if (file === undefined) return;
    task.run(async () => {
      const text = await file.text();
      setInvite({ ...(await result(device.viewInvite(text))), text });
    });
  };
  const join = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const passphrase = String(new FormData(event.currentTarget).get("passphrase"));
    if (!invite) return;
    task.run(async () => {
      const { person, isFunded } = await result(device.join(invite.text, passphrase));
      if (isFunded) onEnter(person);
      else setUnfunded(person);
    });
  };
  if (unfunded) {
    return (
      <section role="alert">
        <p>{say("join.unfunded")}</p>
        <button type="button" onClick={() => onEnter(unfunded)}>
          {say("join.goOn")}
        </button>
      </section>
    );
  }
  return (
    <details>
      <summary>{say("join.title")}</summary>
      <form onSubmit={join}>
        <label>
          {say("join.file")}
          <input type="file" onChange={({ target }) => choose(target.files?.[0])} required />
        </label>
        {invite && (
          <>
            <p>
              {say("join.says", {
                hospital: invite.hospital,
                pseudonym: invite.pseudonym,
                role: say(`lobby.role.${invite.role}`),
              })}
            </p>
            <p className="aside">
              {say("join.compare")} <code>{invite.fingerprint}</code>
            </p>
            <NewPassphrase />
            <button type="submit" disabled={task.busy}>
              {say("join.accept")}
            </button>
          </>
        )}
        <Working {...task} />
      </form>
    </details>
  );
}
