import type { Overview, Staff } from "../../staff.ts";
import { useList } from "../../use-list.ts";
import { useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";
import { Health } from "./health.tsx";
import "../facts.css";
import "./hospital.css";
import { InviteForm } from "./invite.tsx";
import { Limits } from "./limits.tsx";
import { Members } from "./members.tsx";
import { InFlight } from "./requests.tsx";

/** What a hospital's staff sees and does. */
export function HospitalView({ staff }: { readonly staff: Staff }) {
  const say = useSay();
  const { list, reason, isNew, refresh } = useList<Overview>(async () => [await staff.overview()]);
  const overview = list?.[0];
  return (
    <div className="columns hospital">
      <section className="wide" aria-labelledby="hospital">
        <h2 id="hospital">{overview?.hospital ?? say("hospital.title")}</h2>
        {overview && (
          <ul className="facts">
            {overview.chains.map(({ chain, status }) => (
              <li key={chain}>
                {chain}
                {chain === overview.home && ` (${say("hospital.home")})`}: {say(`hospital.status.${status}`)}
              </li>
            ))}
            <li>{say(`hospital.scheme.${overview.scheme}`)}</li>
          </ul>
        )}
        <Working busy={isNew} reason={reason} />
      </section>
      {overview && (
        <>
          <InFlight overview={overview} />
          <Members staff={staff} />
          <InviteForm staff={staff} scheme={overview.scheme} />
          <Limits staff={staff} overview={overview} onDone={refresh} />
          <Health staff={staff} />
        </>
      )}
    </div>
  );
}
