import { type FormEvent, useState } from "react";
import type { Person } from "../device/worker.ts";
import { type Choices, device, result } from "../device.ts";
import { askPasskey } from "../passkey.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import type { Enrolment } from "./new-account.tsx";
import { Working } from "./working.tsx";

/** Unlocks an account of this browser by its passphrase, or by the passkey that opens that. */
export function Unlock({
  vaults,
  enrolment,
  onEnter,
}: {
  readonly vaults: Choices["vaults"];
  readonly enrolment: Enrolment | undefined;
  readonly onEnter: (person: Person) => void;
}) {
  const say = useSay();
  const task = useTask();
  const [chosen, setChosen] = useState(vaults[0]?.name ?? "");
  const passkey = vaults.find(({ name }) => name === chosen)?.passkey;
  const unlock = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const passphrase = String(new FormData(event.currentTarget).get("passphrase"));
    task.run(async () => onEnter(await result(device.unlock(chosen, passphrase))));
  };
  const byPasskey = (): void =>
    task.run(async () => {
      if (passkey === undefined) return;
      const passphrase = await askPasskey(passkey).catch((cause: unknown) => {
        throw new Error(say("passkey.refused"), { cause });
      });
      onEnter(await result(device.unlock(chosen, passphrase)));
    });
  return (
    <form onSubmit={unlock}>
      <h2>{say("lobby.unlock")}</h2>
      {enrolment && (
        <p>
          {say("lobby.enrol", { hospital: enrolment.hospital, pseudonym: enrolment.pseudonym })}{" "}
          <code>{enrolment.account}</code>
        </p>
      )}
      <label>
        {say("lobby.account")}
        <select value={chosen} onChange={({ target }) => setChosen(target.value)}>
          {vaults.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        {say("lobby.passphrase")}
        <input name="passphrase" type="password" autoComplete="current-password" required />
      </label>
      <p className="actions">
        <button type="submit" disabled={task.busy}>
          {say("lobby.unlock")}
        </button>
        {passkey && (
          <button type="button" disabled={task.busy} onClick={byPasskey}>
            {say("passkey.unlock")}
          </button>
        )}
      </p>
      <Working {...task} />
    </form>
  );
}
