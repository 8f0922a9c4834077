import type { Staff } from "../../staff.ts";
import { useList } from "../../use-list.ts";
import { useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";

/** How often the services are asked, in milliseconds. */
const EVERY_MS = 30_000;

/** Whether the firewall, the hospital behind it, and the relayers work. */
export function Health({ staff }: { readonly staff: Staff }) {
  const say = useSay();
  const { list, reason, isNew } = useList(staff.health, EVERY_MS);
  return (
    <section aria-labelledby="health">
      <h3 id="health">{say("hospital.health")}</h3>
      <Working busy={isNew} reason={reason} />
      <ul className="facts">
        {list?.map(({ name, isUp, detail }, at) => (
          <li key={name}>
            <span className={`badge ${isUp ? "granted" : "refused"}`}>
              {say(isUp ? "hospital.up" : "hospital.down")}
            </span>{" "}
            {say(at === 0 ? "hospital.firewallOf" : "hospital.relayer", { name })}
            <span className="aside">{detail}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
