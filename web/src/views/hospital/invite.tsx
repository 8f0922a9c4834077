import { type FormEvent, useState } from "react";
import { saveAs } from "../../save-as.ts";
import type { Invite, Staff } from "../../staff.ts";
import { useTask } from "../../use-task.ts";
import { useSay } from "../../words/index.tsx";
import { Time } from "../auditor/show.tsx";
import { QrCode } from "../qr-code.tsx";
import { Working } from "../working.tsx";

/** Writes an invite, as a file and as a QR code. */
export function InviteForm({ staff, scheme }: { readonly staff: Staff; readonly scheme: "ibe" | "clc" }) {
  const say = useSay();
  const [invite, setInvite] = useState<Invite & { readonly pseudonym: string }>();
  const task = useTask();
  const write = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const pseudonym = String(given.get("pseudonym")).trim();
    setInvite(undefined);
    task.run(async () => {
      const written = await staff.invite({
        pseudonym,
        days: Number(given.get("days")),
        hours: Number(given.get("hours")),
        ether: String(given.get("ether")),
      });
      setInvite({ ...written, pseudonym });
      form.reset();
    });
  };
  return (
    <section aria-labelledby="invite" className="invite">
      <h3 id="invite">{say(scheme === "ibe" ? "hospital.invitePatient" : "hospital.inviteDoctor")}</h3>
      <form onSubmit={write}>
        <label>
          {say("hospital.pseudonym")}
          <input name="pseudonym" maxLength={64} autoComplete="off" required />
        </label>
        <div className="row">
          <label>
            {say("hospital.days")}
            <input name="days" type="number" min={1} max={36500} defaultValue={365} required />
          </label>
          <label>
            {say("hospital.hours")}
            <input name="hours" type="number" min={1} max={8760} defaultValue={72} required />
          </label>
          <label>
            {say("hospital.ether")}
            <input name="ether" inputMode="decimal" pattern="\d{1,9}(\.\d{1,9})?" defaultValue="0" required />
          </label>
        </div>
        <button type="submit" disabled={task.busy}>
          {say("hospital.write")}
        </button>
      </form>
      <Working {...task} />
      <div role="status">
        {invite && (
          <>
            <h4>{say("hospital.written", { name: invite.pseudonym })}</h4>
            <p>{say("hospital.secret")}</p>
            <dl className="ids">
              <div>
                <dt>{say("hospital.fingerprint")}</dt>
                <dd>
                  <code>{invite.fingerprint}</code>
                </dd>
              </div>
              <div>
                <dt>{say("auditor.expires")}</dt>
                <dd>
                  <Time seconds={invite.expiry} />
                </dd>
              </div>
            </dl>
            <p className="actions">
              <button
                type="button"
                onClick={() =>
                  saveAs(
                    new Blob([invite.text], { type: "application/json" }),
                    `${slugOf(invite.pseudonym)}.invite.json`,
                  )
                }
              >
                {say("hospital.saveInvite")}
              </button>
              <button type="button" className="quiet" onClick={() => setInvite(undefined)}>
                {say("hospital.forgetInvite")}
              </button>
            </p>
            <QrCode text={invite.text.trim()} words={say("hospital.qr", { name: invite.pseudonym })} />
            <p className="aside">{say("hospital.qrHint")}</p>
          </>
        )}
      </div>
    </section>
  );
}

/** A name as part of a file's. */
const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "") || "member";
