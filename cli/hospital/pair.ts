import { MedexError } from "@medexchain/core";
import { initCurve } from "@medexchain/pre";
import { saveVault } from "@medexchain/vault";
import { equalBytes } from "@noble/curves/utils.js";
import type { Context } from "../context.ts";
import { hospitalEntry } from "../session/config.ts";
import { openSession, unlock } from "../session/session.ts";
import { hospitalPairOutput } from "./outputs.ts";
import { checkAnswer, fingerprintOf, offerOf, readAnswer } from "./pairing.ts";
import { publishKeys } from "./parameters.ts";
import { writeRegistration } from "./registration.ts";
import { openHospital } from "./vaults.ts";

/** `medex hospital pair`. Run again, with the same answer, it changes nothing. */
export async function pairHospital(
  context: Context,
  file: string,
  options: { readonly registration?: string },
): Promise<void> {
  const { output } = context;
  const answer = await readAnswer(file);
  const { name, contents, passphrase } = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  await initCurve();
  using hospital = openHospital(contents);
  const { deployment } = await session.chain(hospitalEntry(session.config, contents.pseudonym).chain);
  const homeChainId = Number(deployment.chainId); // chain ids are far below 2^53
  const offer = await offerOf(contents, { hospitalId: hospital.id, homeChainId });
  const firewall = checkAnswer(offer, answer);
  if (contents.firewall !== undefined && !equalBytes(contents.firewall.publicKey, firewall.publicKey)) {
    throw new MedexError(
      "INPUT_INVALID",
      `${contents.pseudonym} is paired with a firewall that blinds otherwise: with another one nothing that its patients published could be opened; restore that firewall's vault from its backup`,
    );
  }
  await saveVault(context.vaults, name, { ...contents, firewall }, passphrase);
  const { parameters, changed } = await publishKeys(session, hospital, firewall);
  const registration = options.registration ?? `${name}.registration.json`;
  await writeRegistration(registration, hospital, { name: contents.pseudonym, homeChainId, parameters });
  const fingerprint = fingerprintOf(answer);
  output.result(hospitalPairOutput, { hospitalId: hospital.id, fingerprint, parameters, registration }, () => {
    output.fact("fingerprint", fingerprint);
    output.fact("registration", registration);
    output.note(
      `Compare the fingerprint with what the firewall's keeper was shown, by telephone or in person.${changed.length > 0 ? ` The chains have the parameters: ${changed.map(({ chain }) => chain).join(", ")}.` : " Then give the registration to the chains' registrar (medex hospital register)."}`,
    );
  });
}
