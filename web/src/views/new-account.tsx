import { type FormEvent, useState } from "react";
import type { Person } from "../device/worker.ts";
import { type Choices, device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { NewPassphrase } from "./new-passphrase.tsx";
import { Working } from "./working.tsx";

/** An account that its hospital has yet to enrol. */
export interface Enrolment {
  readonly hospital: string;
  readonly pseudonym: string;
  readonly account: string;
}

/** Makes an account at a hospital. */
export function NewAccount({
  hospitals,
  onEnter,
  onWaiting,
}: {
  readonly hospitals: Choices["hospitals"];
  readonly onEnter: (person: Person) => void;
  readonly onWaiting: (enrolment: Enrolment) => void;
}) {
  const say = useSay();
  const task = useTask();
  const [role, setRole] = useState<"owner" | "doctor">("owner");
  const create = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? "");
    const [hospital, pseudonym] = [text("hospital"), text("pseudonym").trim()];
    task.run(async () => {
      const { account, person } = await result(device.create(role, hospital, pseudonym, text("passphrase")));
      if (person) onEnter(person);
      else onWaiting({ hospital, pseudonym, account });
    });
  };
  const scheme = role === "owner" ? "ibe" : "clc";
  const fitting = Object.entries(hospitals).filter(([, each]) => (each.scheme ?? scheme) === scheme);
  return (
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
          {fitting.map(([name]) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        {say("lobby.pseudonym")}
        <input name="pseudonym" maxLength={64} autoComplete="username" required />
      </label>
      <NewPassphrase />
      <button type="submit" disabled={task.busy || fitting.length === 0}>
        {say("lobby.create")}
      </button>
      <Working {...task} what={say("lobby.creating")} />
    </form>
  );
}
