import type { FormEvent } from "react";
import type { Overview, Staff } from "../../staff.ts";
import { useTask } from "../../use-task.ts";
import { useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";

/** The hospital's limits, as each chain has them; those that its operator sets can be set. */
export function Limits({
  staff,
  overview,
  onDone,
}: {
  readonly staff: Staff;
  readonly overview: Overview;
  readonly onDone: () => Promise<void>;
}) {
  const say = useSay();
  const home = overview.chains.find(({ chain }) => chain === overview.home);
  return (
    <section aria-labelledby="limits">
      <h3 id="limits">{say("hospital.limits")}</h3>
      <dl className="limits">
        {overview.chains.map(({ chain, maxRequestsPerHour, maxRequestsPerMember }) => (
          <div key={chain}>
            <dt>{chain}</dt>
            <dd>
              {say("hospital.perHour", { count: maxRequestsPerHour })},{" "}
              {maxRequestsPerMember === 0
                ? say("hospital.perMemberHalf", { count: Math.ceil(maxRequestsPerHour / 2) })
                : say("hospital.perMember", { count: maxRequestsPerMember })}
            </dd>
          </div>
        ))}
      </dl>
      <Limit
        name={say("hospital.accessLimit")}
        hint={say("hospital.accessLimit.hint")}
        value={home?.maxAccessCount ?? 0}
        set={staff.setAccessLimit}
        onDone={onDone}
      />
      <Limit
        name={say("hospital.memberLimit")}
        hint={say("hospital.memberLimit.hint")}
        value={home?.maxRequestsPerMember ?? 0}
        set={staff.setMemberLimit}
        onDone={onDone}
      />
    </section>
  );
}

function Limit({
  name,
  hint,
  value,
  set,
  onDone,
}: {
  readonly name: string;
  readonly hint: string;
  readonly value: number;
  readonly set: (count: number) => Promise<unknown>;
  readonly onDone: () => Promise<void>;
}) {
  const say = useSay();
  const task = useTask();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const count = Number(new FormData(event.currentTarget).get("count"));
    task.run(async () => {
      await set(count);
      await onDone();
    });
  };
  return (
    <form className="limit" onSubmit={submit}>
      <label>
        {name}
        {/* What is in force is shown anew whenever it changes. */}
        <input key={value} name="count" type="number" min={0} max={4294967295} defaultValue={value} required />
        <span className="aside">{hint}</span>
      </label>
      <button type="submit" disabled={task.busy}>
        {say("hospital.set")}
      </button>
      <Working {...task} />
    </form>
  );
}
