import { type FormEvent, useState } from "react";
import { device, result } from "../device.ts";
import { forgetLink, readPersonLink } from "../invite.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Working } from "./working.tsx";

/** Takes a doctor into the patient's address book, by the doctor's link, so that requests come with a name. */
export function People({ onDone }: { readonly onDone: () => Promise<void> }) {
  const say = useSay();
  const task = useTask();
  const invited = readPersonLink(location.href);
  const [link, setLink] = useState(invited === undefined ? "" : location.href);
  const [added, setAdded] = useState<string>();
  const person = readPersonLink(link);
  const add = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const label = String(new FormData(event.currentTarget).get("label") || person?.pseudonym);
    task.run(async () => {
      if (person === undefined) throw new Error(say("people.link"));
      await result(device.addPerson(person.hospital, person.pseudonym, label));
      setAdded(label);
      setLink("");
      forgetLink();
      await onDone();
    });
  };
  return (
    <details open={invited !== undefined}>
      <summary>{say("people.add")}</summary>
      <form onSubmit={add}>
        <label>
          {say("people.link")}
          <input value={link} onChange={({ target }) => setLink(target.value)} required />
        </label>
        {person && (
          <label>
            {say("people.label", { hospital: person.hospital, pseudonym: person.pseudonym })}
            <input name="label" maxLength={80} placeholder={person.pseudonym} />
          </label>
        )}
        <button type="submit" disabled={task.busy}>
          {say("people.addButton")}
        </button>
        {added !== undefined && <p role="status">{say("people.added", { who: added })}</p>}
        <Working {...task} />
      </form>
    </details>
  );
}
