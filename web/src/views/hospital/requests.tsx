import type { Overview } from "../../staff.ts";
import { purposeIn, useSay } from "../../words/index.tsx";
import { Id, Time } from "../auditor/show.tsx";

/** The requests that have no answer yet: for the hospital's patients, and of its doctors. */
export function InFlight({ overview }: { readonly overview: Overview }) {
  const say = useSay();
  const { requests, requestCount } = overview;
  return (
    <section className="wide" aria-labelledby="in-flight">
      <h3 id="in-flight">
        {say("hospital.requests")} {requestCount > 0 && <span className="count">{requestCount}</span>}
      </h3>
      {requestCount > requests.length && <p className="aside">{say("hospital.latest", { count: requests.length })}</p>}
      {requests.length === 0 && <p>{say("hospital.norequests")}</p>}
      <ul className="cards">
        {requests.map(({ requestId, direction, requester, recordId, owner, purpose, state, expiry, ...known }) => (
          <li key={requestId}>
            <p>
              {direction === "in" ? say("hospital.asksUs") : say("hospital.weAsk")} {purposeIn(say, purpose)} ·{" "}
              <strong>{say(`state.${state}`)}</strong>
            </p>
            <dl className="ids">
              <div>
                <dt>{say("auditor.requester")}</dt>
                <dd>
                  {known.requesterName ?? <Id id={requester} />}
                  {known.requesterHospital !== undefined && ` · ${known.requesterHospital}`}
                </dd>
              </div>
              <div>
                <dt>{say("auditor.record")}</dt>
                <dd>
                  <Id id={recordId} />
                  {owner !== undefined && <> · {known.ownerName ?? <Id id={owner} />}</>}
                </dd>
              </div>
              <div>
                <dt>{say("auditor.expires")}</dt>
                <dd>
                  <Time seconds={expiry} />
                </dd>
              </div>
            </dl>
          </li>
        ))}
      </ul>
    </section>
  );
}
