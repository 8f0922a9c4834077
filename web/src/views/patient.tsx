import { device, result } from "../device.ts";
import { useList } from "../use-list.ts";
import { useSay } from "../words/index.tsx";
import { People } from "./people.tsx";
import { Publish } from "./publish.tsx";
import { RecordCard } from "./record-card.tsx";
import { RequestCard } from "./request-card.tsx";
import { Studies } from "./studies.tsx";
import { Working } from "./working.tsx";

/** A patient's records, what others ask for, and publishing. */
export function PatientView() {
  const say = useSay();
  const records = useList(() => result(device.records()));
  const inbox = useList(() => result(device.inbox()));
  const pending = inbox.list?.filter(({ state }) => state === "Pending").length ?? 0;
  return (
    <>
      <section aria-labelledby="requests">
        <h2 id="requests">
          {say("patient.requests")} {pending > 0 && <span className="count">{pending}</span>}
        </h2>
        <Working busy={inbox.isNew} reason={inbox.reason} />
        {inbox.list?.length === 0 && <p>{say("patient.norequests")}</p>}
        <ul className="cards">
          {inbox.list?.map((entry) => (
            <RequestCard key={entry.requestId} entry={entry} onDone={inbox.refresh} />
          ))}
        </ul>
        <People onDone={inbox.refresh} />
      </section>
      <section aria-labelledby="records">
        <h2 id="records">{say("patient.records")}</h2>
        <Working busy={records.isNew} reason={records.reason} />
        {records.list?.length === 0 && <p>{say("patient.none")}</p>}
        <ul className="cards">
          {records.list?.map((record) => (
            <RecordCard key={record.recordId} record={record} onDone={records.refresh} />
          ))}
        </ul>
      </section>
      <Publish onDone={records.refresh} />
      <Studies />
    </>
  );
}
