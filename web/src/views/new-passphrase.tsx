import { useSay } from "../words/index.tsx";

/** As the vault demands. */
const SHORTEST = 12;

export function NewPassphrase() {
  const say = useSay();
  return (
    <label>
      {say("lobby.passphrase")}
      <input name="passphrase" type="password" minLength={SHORTEST} autoComplete="new-password" required />
      <span className="aside">{say("lobby.passphrase.hint")}</span>
    </label>
  );
}
