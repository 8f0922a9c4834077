import { useCallback, useEffect, useState } from "react";
import type { Person } from "../device/worker.ts";
import { type Choices, device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Join } from "./join.tsx";
import { type Enrolment, NewAccount } from "./new-account.tsx";
import { Restore } from "./restore.tsx";
import { Unlock } from "./unlock.tsx";
import { Working } from "./working.tsx";

/** Where a person unlocks an account of this browser, makes one, or brings one. */
export function Lobby({
  onEnter,
  onAudit,
}: {
  readonly onEnter: (person: Person) => void;
  readonly onAudit: () => void;
}) {
  const say = useSay();
  const [choices, setChoices] = useState<Choices>();
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const task = useTask();
  const { run } = task;
  const look = useCallback(() => run(async () => setChoices(await result(device.lobby()))), [run]);
  useEffect(look, [look]);
  const onWaiting = (next: Enrolment): void => {
    setEnrolment(next);
    look();
  };
  if (choices === undefined) {
    return (
      <div className="columns">
        <Working {...task} />
        {task.reason !== undefined && (
          <button type="button" onClick={look}>
            {say("app.again")}
          </button>
        )}
      </div>
    );
  }
  return (
    <div className="columns">
      {choices.vaults.length > 0 && <Unlock vaults={choices.vaults} enrolment={enrolment} onEnter={onEnter} />}
      <NewAccount hospitals={choices.hospitals} onEnter={onEnter} onWaiting={onWaiting} />
      <section aria-labelledby="bring">
        <h2 id="bring">{say("lobby.bring")}</h2>
        <Join onEnter={onEnter} />
        <Restore onDone={look} />
      </section>
      <section aria-labelledby="audit">
        <h2 id="audit">{say("auditor.title")}</h2>
        <p className="aside">{say("auditor.about")}</p>
        <button type="button" onClick={onAudit}>
          {say("auditor.enter")}
        </button>
      </section>
    </div>
  );
}
