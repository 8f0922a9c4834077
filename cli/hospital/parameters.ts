import type { Hospital } from "@medexchain/actors";
import { ask, type Hex32, transact } from "@medexchain/chain";
import { initCurve } from "@medexchain/pre";
import type { Context } from "../context.ts";
import { openSession, type Session, unlock } from "../session/session.ts";
import { hospitalParametersOutput } from "./outputs.ts";
import {
  type FirewallKeys,
  type FirewallVaultOptions,
  keysOfFirewall,
  openFirewallVault,
  openHospital,
  pairedKeys,
} from "./vaults.ts";

/** `medex hospital parameters`: as the vaults have them, on every chain that has others. Run again, it changes nothing. */
export async function publishParameters(context: Context, options: FirewallVaultOptions): Promise<void> {
  const { output } = context;
  const unlocked = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  await initCurve();
  using hospital = openHospital(unlocked.contents);
  const keys =
    pairedKeys(unlocked.contents) ??
    (await keysOfFirewall((await openFirewallVault(context, unlocked, options)).guarded));
  const published = await publishKeys(session, hospital, keys);
  output.result(hospitalParametersOutput, { hospitalId: hospital.id, ...published }, () => {
    output.fact("parameters", published.parameters);
    for (const { chain, transactionHash } of published.changed)
      output.fact(chain, transactionHash ?? "has them already");
  });
}

/** Stores a hospital's parameters with these keys, and registers them where it is registered with others. */
export async function publishKeys(
  session: Session,
  hospital: Hospital,
  { publicKey, gatewayKey }: FirewallKeys,
): Promise<{ parameters: Hex32; changed: { chain: string; transactionHash: string | null }[] }> {
  const parameters = await hospital.publishParameters(await session.store(), publicKey, gatewayKey);
  const changed: { chain: string; transactionHash: string | null }[] = [];
  for (const [name, known] of await session.chains()) {
    const chain = known.as(hospital.operator);
    const { status, parametersDigest } = await ask(chain, () => chain.hospitals.hospital(hospital.id));
    if (status === 0n) continue;
    const isSet = parametersDigest === parameters;
    const send = () => chain.hospitals.setParameters(hospital.id, parameters);
    changed.push({ chain: name, transactionHash: isSet ? null : (await transact(chain, send)).hash });
  }
  return { parameters, changed };
}
