import { type FormEvent, useEffect, useState } from "react";
import type { Person } from "../device/worker.ts";
import { device, result } from "../device.ts";
import { makePasskey, passkeyHindrance } from "../passkey.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Working } from "./working.tsx";

/** Makes a passkey that unlocks the account beside its passphrase, or forgets it. */
export function Passkey({ vault }: Pick<Person, "vault">) {
  const say = useSay();
  const task = useTask();
  const { run } = task;
  const [has, setHas] = useState(false);
  useEffect(() => run(async () => setHas(await result(device.hasPasskey()))), [run]);
  const hindrance = passkeyHindrance();
  const make = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const passphrase = String(new FormData(event.currentTarget).get("passphrase"));
    run(async () => {
      await result(device.requirePassphrase(passphrase));
      const passkey = await makePasskey(vault, passphrase).catch((cause: unknown) => {
        throw new Error(say("passkey.failed"), { cause });
      });
      await result(device.keepPasskey(passkey));
      setHas(true);
    });
  };
  const forget = (): void =>
    run(async () => {
      await result(device.removePasskey());
      setHas(false);
    });
  return (
    <details>
      <summary>{say("passkey.title")}</summary>
      {hindrance !== undefined && <p>{say(hindrance, { address: `http://localhost:${location.port}` })}</p>}
      {hindrance === undefined && has && (
        <p className="actions">
          <span>{say("passkey.is")}</span>
          <button type="button" className="grave" disabled={task.busy} onClick={forget}>
            {say("passkey.forget")}
          </button>
        </p>
      )}
      {hindrance === undefined && !has && (
        <form onSubmit={make}>
          <p className="aside">{say("passkey.hint")}</p>
          <label>
            {say("lobby.passphrase")}
            <input name="passphrase" type="password" autoComplete="current-password" required />
          </label>
          <button type="submit" disabled={task.busy}>
            {say("passkey.make")}
          </button>
        </form>
      )}
      <Working {...task} />
    </details>
  );
}
