import { fromHex32, MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { checkG2, generateFirewallSecrets, initCurve, X_WING_SEED_LENGTH } from "@medexchain/pre";
import { createVault, requireNewVault } from "@medexchain/vault";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { slugOf } from "../hospital/init.ts";
import { answerOf, fingerprintOf, readOffer } from "../hospital/pairing.ts";
import { readPassphrase } from "../prompt/passphrase.ts";
import { type ConfigEdit, writeConfig } from "../session/config.ts";
import { openSession } from "../session/session.ts";
import { firewallInitOutput } from "./outputs.ts";

/** `medex firewall init`: the firewall's vault, and its answer to the hospital. */
export async function initFirewall(
  context: Context,
  file: string,
  options: { readonly vault?: string; readonly answer?: string },
): Promise<void> {
  const { output } = context;
  const offer = await readOffer(file);
  const vault = options.vault ?? `${slugOf(offer.name)}-firewall`;
  await requireNewVault(context.vaults, vault);
  await using session = await openSession(context);
  await initCurve();
  const known: readonly ConfigEdit[] =
    session.config.hospitals[offer.name] === undefined
      ? [[["hospitals", offer.name], { chain: homeChain(session.config.chains, offer) }]]
      : [];
  const passphrase = await readPassphrase(context, `the new vault ${vault}`, { repeat: true });
  const guarded = {
    role: "firewall",
    hospital: offer.name,
    ...generateFirewallSecrets(),
    masterPublicKey: checkG2(hexToBytes(offer.masterPublicKey.slice(2)), "the hospital's public key"),
    gatewaySeed: randomBytes(X_WING_SEED_LENGTH),
    callerKey: fromHex32(Wallet.createRandom().privateKey),
    hospitalKey: hexToBytes(offer.serviceKey.slice(2)),
  } as const;
  // The vault comes before anything that others see.
  await createVault(context.vaults, vault, guarded, passphrase);
  const answer = await answerOf(offer, guarded);
  const path = options.answer ?? `${vault}.answer.json`;
  await writeFileDurably(path, `${JSON.stringify(answer, undefined, 2)}\n`);
  await writeConfig(context.configFile, ...known);
  const fingerprint = fingerprintOf(answer);
  output.result(
    firewallInitOutput,
    { hospitalId: offer.hospitalId, vault, caller: answer.caller, answer: path, fingerprint },
    () => {
      output.fact("vault", vault);
      output.fact("answer", path);
      output.fact("fingerprint", fingerprint);
      output.note(
        "Give the answer to the hospital (medex hospital pair), whose operator is shown the same fingerprint: compare the two by telephone or in person. Back up the vault: medex keys backup.",
      );
    },
  );
}

/** The configured chain that the hospital enrols its members on. */
function homeChain(
  chains: Readonly<Record<string, { readonly deployment: { readonly chainId: bigint } }>>,
  { name, homeChainId }: { readonly name: string; readonly homeChainId: number },
): string {
  const [found] = Object.entries(chains).find(([, { deployment }]) => deployment.chainId === BigInt(homeChainId)) ?? [];
  if (found === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the configuration has no chain ${homeChainId}, on which ${name} enrols its members; get the hospital's configuration`,
    );
  }
  return found;
}
