import { Hospital } from "@medexchain/actors";
import { ask, transact } from "@medexchain/chain";
import { checkG2, checkScalar, crfSetup, initCurve, xWingPublicKey } from "@medexchain/pre";
import { gatewaySeedOf } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { openSession, walletOf } from "../session/session.ts";
import { hospitalParametersOutput } from "./outputs.ts";
import { type FirewallVaultOptions, openHospitalVaults } from "./vaults.ts";

/** `medex hospital parameters`: as the vaults have them, on every chain that has others. Run again, it changes nothing. */
export async function publishParameters(context: Context, options: FirewallVaultOptions): Promise<void> {
  const { output } = context;
  const { contents, guarded } = await openHospitalVaults(context, options);
  await using session = await openSession(context);
  await initCurve();
  const { pseudonym, scheme } = contents;
  const masterKeys = {
    secretKey: checkScalar(contents.masterKeys.secretKey, "the master secret"),
    publicKey: checkG2(contents.masterKeys.publicKey, "the master public key"),
  };
  const operator = walletOf(contents);
  using hospital = new Hospital({ pseudonym, scheme, operator, masterKeys });
  const publicKey = crfSetup(checkScalar(guarded.blinding, "the blinding"), masterKeys.publicKey);
  const gatewayKey = await xWingPublicKey(gatewaySeedOf(guarded));
  const digest = await hospital.publishParameters(await session.store(), publicKey, gatewayKey);
  const changed: { chain: string; transactionHash: string | null }[] = [];
  for (const [name, known] of await session.chains()) {
    const chain = known.as(operator);
    const { status, parametersDigest } = await ask(chain, () => chain.hospitals.hospital(hospital.id));
    if (status === 0n) continue;
    const isSet = parametersDigest === digest;
    const send = () => chain.hospitals.setParameters(hospital.id, digest);
    changed.push({ chain: name, transactionHash: isSet ? null : (await transact(chain, send)).hash });
  }
  output.result(hospitalParametersOutput, { hospitalId: hospital.id, parameters: digest, changed }, () => {
    output.fact("parameters", digest);
    for (const { chain, transactionHash } of changed) output.fact(chain, transactionHash ?? "has them already");
  });
}
