import type { ProvenReceipt } from "@medexchain/audit/view";
import { type FormEvent, useState } from "react";
import { auditing } from "../../auditor.ts";
import { result } from "../../device.ts";
import { useTask } from "../../use-task.ts";
import { useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";
import { decisionIn, Time } from "./show.tsx";

/** Checks a receipt that somebody gives, by what the auditor trusts. */
export function Receipt() {
  const say = useSay();
  const [proven, setProven] = useState<ProvenReceipt>();
  const task = useTask();
  const check = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const file = form.get("receipt");
    setProven(undefined);
    task.run(async () => {
      if (!(file instanceof File)) return;
      const trust = { root: String(form.get("root")), witnesses: String(form.get("witnesses")) };
      setProven(await result(auditing().receipt(file, trust)));
    });
  };
  return (
    <form onSubmit={check} className="wide receipt" aria-labelledby="receipt">
      <h3 id="receipt">{say("auditor.receipt")}</h3>
      <p className="aside">{say("auditor.receipt.about")}</p>
      <div className="row">
        <label>
          {say("auditor.receipt.file")}
          <input name="receipt" type="file" accept=".json" required />
        </label>
        <label>
          {say("auditor.receipt.root")}
          <input name="root" autoComplete="off" />
        </label>
        <label>
          {say("auditor.receipt.witnesses")}
          <textarea name="witnesses" rows={2} />
        </label>
      </div>
      <button type="submit" disabled={task.busy}>
        {say("auditor.receipt.check")}
      </button>
      <Working {...task} />
      <div role="status">
        {proven && (
          <>
            <p>
              <span className="badge granted">✓ {say("auditor.receipt.holds")}</span>
            </p>
            <p className="aside">
              {say("auditor.receipt.ledger", {
                ledger: proven.ledger,
                chain: String(proven.chainId),
                entries: proven.entryCount,
                root: proven.root,
              })}
            </p>
            <ul>
              {proven.entries.map(({ index, decision, timestamp }) => (
                <li key={index}>
                  {say("auditor.receipt.entry", { index, decision: decisionIn(say, decision) })}{" "}
                  <Time seconds={timestamp} />
                </li>
              ))}
              {proven.cosignatures.map(({ name, time }) => (
                <li key={name}>
                  {say("auditor.receipt.cosigned", { name })} <Time seconds={time} />
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </form>
  );
}
