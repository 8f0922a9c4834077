import { useEffect, useState } from "react";
import type { Member, Staff } from "../../staff.ts";
import { useList } from "../../use-list.ts";
import { useTask } from "../../use-task.ts";
import { useSay } from "../../words/index.tsx";
import { Id, Time } from "../auditor/show.tsx";
import { Working } from "../working.tsx";

/** The hospital's members, by name where its address book has one; each can be suspended, and that ended. */
export function Members({ staff }: { readonly staff: Staff }) {
  const say = useSay();
  const [find, setFind] = useState("");
  const { list, reason, isNew, refresh } = useList(async () => [await staff.members(find)]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: reads for what is looked for now
  useEffect(() => void refresh(), [find]);
  const found = list?.[0];
  return (
    <section className="wide" aria-labelledby="members">
      <h3 id="members">
        {say("hospital.members")} {found && <span className="count">{found.count}</span>}
      </h3>
      <label className="find">
        {say("hospital.find")}
        <input type="search" value={find} onChange={({ target }) => setFind(target.value)} />
      </label>
      <Working busy={isNew} reason={reason} />
      {found?.count === 0 && <p>{say(find === "" ? "hospital.nomembers" : "hospital.nomatch")}</p>}
      {found && found.count > found.members.length && (
        <p className="aside">{say("hospital.latest", { count: found.members.length })}</p>
      )}
      <ul className="cards">
        {found?.members.map((member) => (
          <MemberItem key={member.id} member={member} staff={staff} onDone={refresh} />
        ))}
      </ul>
    </section>
  );
}

function MemberItem({
  member,
  staff,
  onDone,
}: {
  readonly member: Member;
  readonly staff: Staff;
  readonly onDone: () => Promise<void>;
}) {
  const say = useSay();
  const task = useTask();
  const { id, name, account, serial, notAfter, suspended, active } = member;
  const change = (verb: "suspend" | "reinstate") => async (): Promise<void> => {
    await staff.setStanding(verb, id);
    await onDone();
  };
  const standing = active ? "active" : suspended ? "suspended" : "inactive";
  return (
    <li>
      <h4>
        {name ?? say("hospital.unnamed")} <Id id={id} />
      </h4>
      <p className="aside">
        <span className={`badge ${active ? "granted" : "refused"}`}>{say(`hospital.standing.${standing}`)}</span>{" "}
        {say("hospital.certificate", { serial })} <Time seconds={notAfter} />
      </p>
      <p className="aside">
        {say("hospital.account")} <code>{account}</code>
      </p>
      <p className="actions">
        {suspended ? (
          <button type="button" disabled={task.busy} onClick={() => task.run(change("reinstate"))}>
            {say("hospital.reinstate")}
          </button>
        ) : (
          <button type="button" className="grave" disabled={task.busy} onClick={() => task.run(change("suspend"))}>
            {say("hospital.suspend")}
          </button>
        )}
      </p>
      <Working {...task} />
    </li>
  );
}
