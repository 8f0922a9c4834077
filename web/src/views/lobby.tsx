import { type FormEvent, useEffect, useState } from "react";
import type { Person } from "../device/worker.ts";
import { device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Working } from "./working.tsx";

interface Choices {
  readonly vaults: readonly string[];
  readonly hospitals: Readonly<Record<string, { readonly scheme?: "ibe" | "clc" | undefined }>>;
}

const text = (form: FormData, name: string): string => String(form.get(name) ?? "");

/** Where a person unlocks an account of this browser, or makes one. */
export function Lobby({ onEnter }: { readonly onEnter: (person: Person) => void }) {
  const say = useSay();
  const [choices, setChoices] = useState<Choices>();
  const [enrolment, setEnrolment] = useState<{ hospital: string; pseudonym: string; account: string }>();
  const [role, setRole] = useState<"owner" | "doctor">("owner");
  const task = useTask();
  const { run } = task;
  useEffect(() => run(async () => setChoices(await result(device.lobby()))), [run]);

  const unlock = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    run(async () => onEnter(await result(device.unlock(text(form, "account"), text(form, "passphrase")))));
  };
  const create = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [hospital, pseudonym] = [text(form, "hospital"), text(form, "pseudonym").trim()];
    run(async () => {
      const { account, person } = await result(device.create(role, hospital, pseudonym, text(form, "passphrase")));
      if (person) return onEnter(person);
      setEnrolment({ hospital, pseudonym, account });
      setChoices(await result(device.lobby()));
    });
  };
  const scheme = role === "owner" ? "ibe" : "clc";
  const hospitals = Object.entries(choices?.hospitals ?? {}).filter(([, each]) => (each.scheme ?? scheme) === scheme);

  return (
    <div className="columns">
      {choices && choices.vaults.length > 0 && (
        <form onSubmit={unlock}>
          <h2>{say("lobby.unlock")}</h2>
          {enrolment && (
            <p>
              {say("lobby.enrol", enrolment)} <code>{enrolment.account}</code>
            </p>
          )}
          <label>
            {say("lobby.account")}
            <select name="account">
              {choices.vaults.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            {say("lobby.passphrase")}
            <input name="passphrase" type="password" autoComplete="current-password" required />
          </label>
          <button type="submit" disabled={task.busy}>
            {say("lobby.unlock")}
          </button>
        </form>
      )}
      <form onSubmit={create}>
        <h2>{say("lobby.new")}</h2>
        <label>
          {say("lobby.role")}
          <select name="role" value={role} onChange={({ target }) => setRole(target.value as typeof role)}>
            <option value="owner">{say("lobby.role.owner")}</option>
            <option value="doctor">{say("lobby.role.doctor")}</option>
          </select>
        </label>
        <label>
          {say("lobby.hospital")}
          <select name="hospital" required>
            {hospitals.map(([name]) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          {say("lobby.pseudonym")}
          <input name="pseudonym" maxLength={64} autoComplete="username" required />
        </label>
        <label>
          {say("lobby.passphrase")}
          <input name="passphrase" type="password" minLength={12} autoComplete="new-password" required />
          <span className="aside">{say("lobby.passphrase.hint")}</span>
        </label>
        <button type="submit" disabled={task.busy || hospitals.length === 0}>
          {say("lobby.create")}
        </button>
      </form>
      <Working {...task} what={say("lobby.creating")} />
    </div>
  );
}
