import { useState } from "react";
import type { Person } from "./device/worker.ts";
import { device } from "./device.ts";
import { Account } from "./views/account.tsx";
import { DoctorView } from "./views/doctor.tsx";
import { Lobby } from "./views/lobby.tsx";
import { PatientView } from "./views/patient.tsx";
import { LANGUAGE_NAMES, useSpeaking } from "./words/index.tsx";

export function App() {
  const { say, language, speak } = useSpeaking();
  const [person, setPerson] = useState<Person>();
  const lock = (): void => {
    void device.lock();
    setPerson(undefined);
  };
  return (
    <>
      <header>
        <div>
          <h1>MedExChain</h1>
          <p>{person ? `${person.pseudonym} · ${person.hospital}` : say("app.subtitle")}</p>
        </div>
        <label>
          <span className="aside">{say("app.language")}</span>
          <select value={language} onChange={({ target }) => speak(target.value)}>
            {Object.entries(LANGUAGE_NAMES).map(([code, name]) => (
              <option key={code} value={code} lang={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {person && (
          <button type="button" onClick={lock}>
            {say("app.lock")}
          </button>
        )}
      </header>
      <main>
        {person === undefined && <Lobby onEnter={setPerson} />}
        {person && (
          <div className="columns">
            {person.role === "owner" ? <PatientView /> : <DoctorView />}
            <Account person={person} />
          </div>
        )}
      </main>
    </>
  );
}
