import { lazy, Suspense, useEffect, useState } from "react";
import type { Person } from "./device/worker.ts";
import { device } from "./device.ts";
import { type Staff, takeStaff } from "./staff.ts";
import { Account } from "./views/account.tsx";
import { DoctorView } from "./views/doctor.tsx";
import { Lobby } from "./views/lobby.tsx";
import { PatientView } from "./views/patient.tsx";
import { Working } from "./views/working.tsx";
import { LANGUAGE_NAMES, useSpeaking } from "./words/index.tsx";

const AuditorView = lazy(async () => ({ default: (await import("./views/auditor/auditor.tsx")).AuditorView }));
const HospitalView = lazy(async () => ({ default: (await import("./views/hospital/hospital.tsx")).HospitalView }));

/** Once, before anything is shown: it takes the token out of the address. */
const arrived = takeStaff();

/** The fragment of a link to the access history. */
const AUDITOR = "#auditor";

export function App() {
  const { say, language, speak } = useSpeaking();
  const [person, setPerson] = useState<Person>();
  const [staff, setStaff] = useState<Staff | undefined>(arrived);
  const [isAuditing, setIsAuditing] = useState(location.hash === AUDITOR);
  // A link that is opened where the app is open already changes the fragment alone.
  useEffect(() => {
    const follow = (): void => {
      const come = takeStaff();
      if (come) setStaff(come);
      setIsAuditing(location.hash === AUDITOR);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const audit = (on: boolean): void => {
    history.replaceState(undefined, "", on ? `/${AUDITOR}` : "/");
    setIsAuditing(on);
  };
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
        {isAuditing && (
          <button type="button" onClick={() => audit(false)}>
            {say("auditor.leave")}
          </button>
        )}
      </header>
      <main>
        <Suspense fallback={<Working busy reason={undefined} />}>
          {isAuditing && <AuditorView />}
          {staff && !isAuditing && <HospitalView staff={staff} />}
        </Suspense>
        {!person && !staff && !isAuditing && <Lobby onEnter={setPerson} onAudit={() => audit(true)} />}
        {person && !isAuditing && (
          <div className="columns">
            {person.role === "owner" ? <PatientView /> : <DoctorView />}
            <Account person={person} />
          </div>
        )}
      </main>
    </>
  );
}
