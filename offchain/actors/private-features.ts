import type { Hex32 } from "@medexchain/chain";
import { initCurve } from "@medexchain/pre";
import { openOwnCapsule } from "./own-capsule.ts";
import type { Owner } from "./owner.ts";
import { headsOf } from "./record-secrets.ts";

/**
 * The names of a record's private features, each once, in the record's order: what `ApproveOptions.features` is chosen among.
 *
 * @throws as `openOwnCapsule`
 */
export async function privateFeaturesOf(owner: Owner, recordId: Hex32): Promise<string[]> {
  await initCurve();
  const { m, privateKey, secrets } = await openOwnCapsule(owner, recordId);
  m.fill(0);
  privateKey.fill(0);
  const names = new Set<string>();
  for (const { features } of headsOf(secrets)) {
    for (const { name, commitment } of features) if (commitment !== undefined) names.add(name);
  }
  return [...names];
}
