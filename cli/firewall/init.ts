import { fromHex32, MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { checkG2, generateFirewallSecrets, initCurve, X_WING_SEED_LENGTH } from "@medexchain/pre";
import { createVault, listVaults, openVault, saveVault } from "@medexchain/vault";
import { equalBytes } from "@noble/curves/utils.js";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { answerOf, fingerprintOf, type HospitalOffer, type PairedFirewall, readOffer } from "../hospital/pairing.ts";
import { readPassphrase } from "../prompt/passphrase.ts";
import { type ConfigEdit, writeConfig } from "../session/config.ts";
import { openSession } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";
import { firewallInitOutput } from "./outputs.ts";

/**
 * `medex firewall init`: the firewall's vault, and its answer to the hospital. Where there is the vault already, for the same key of the same
 * hospital, its answer is written again; a hospital that lost its service's key is taken with the new one.
 */
export async function initFirewall(
  context: Context,
  file: string,
  options: { readonly vault?: string; readonly answer?: string },
): Promise<void> {
  const { output } = context;
  const offer = await readOffer(file);
  const vault = options.vault ?? `${slugOf(offer.name)}-firewall`;
  await using session = await openSession(context);
  await initCurve();
  const known: readonly ConfigEdit[] =
    session.config.hospitals[offer.name] === undefined
      ? [[["hospitals", offer.name], { chain: homeChain(session.config.chains, offer) }]]
      : [];
  // The vault comes before anything that others see.
  const isThere = (await listVaults(context.vaults)).some(({ name }) => name === vault);
  const guarded = await (isThere ? openFor : createFor)(context, vault, offer);
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

async function createFor(context: Context, vault: string, offer: HospitalOffer): Promise<PairedFirewall> {
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
  await createVault(context.vaults, vault, guarded, passphrase);
  return guarded;
}

async function openFor(context: Context, vault: string, offer: HospitalOffer): Promise<PairedFirewall> {
  const passphrase = await readPassphrase(context, `the vault ${vault}`);
  const known = await openVault(context.vaults, vault, passphrase);
  const masterPublicKey = hexToBytes(offer.masterPublicKey.slice(2));
  if (
    known.role !== "firewall" ||
    known.hospital !== offer.name ||
    !equalBytes(known.masterPublicKey, masterPublicKey)
  ) {
    throw new MedexError("VAULT_EXISTS", `there is a vault named ${vault} already, of another; give --vault`);
  }
  const hospitalKey = hexToBytes(offer.serviceKey.slice(2));
  const callerKey = known.callerKey ?? fromHex32(Wallet.createRandom().privateKey);
  const guarded = { ...known, callerKey, hospitalKey };
  if (known.callerKey !== undefined && known.hospitalKey !== undefined && equalBytes(known.hospitalKey, hospitalKey)) {
    return guarded;
  }
  await saveVault(context.vaults, vault, guarded, passphrase);
  context.output.note(
    `From now on the firewall calls the key of ${offer.name}'s service in this offer: it serves nothing of the hospital's until the hospital takes the answer.`,
  );
  return guarded;
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
