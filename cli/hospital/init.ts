import { Hospital } from "@medexchain/actors";
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { fromHex32, MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import {
  generateFirewallSecrets,
  initCurve,
  setupA,
  setupB,
  X_WING_SEED_LENGTH,
  xWingPublicKey,
} from "@medexchain/pre";
import { type ContentsOf, createVault, listVaults, openVault, requireNewVault, saveVault } from "@medexchain/vault";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { readPassphrase, readSecretFile } from "../prompt/passphrase.ts";
import { writeConfig } from "../session/config.ts";
import { openSession, walletOf } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";
import { hospitalInitOutput } from "./outputs.ts";
import { offerOf } from "./pairing.ts";
import { writeRegistration } from "./registration.ts";
import { keysOfFirewall } from "./vaults.ts";

export interface InitOptions {
  readonly scheme: string;
  readonly chain: string;
  readonly vault?: string;
  readonly offer?: string;
  readonly withFirewall?: true;
  readonly firewallPassphraseFile?: string;
  readonly registration?: string;
}

/**
 * `medex hospital init`: the hospital's vault, and what its firewall's keeper needs; with `--with-firewall` the firewall's vault, too. Where the
 * hospital has its vault already, its offer is written again.
 */
export async function initHospital(context: Context, name: string, options: InitOptions): Promise<void> {
  const { output } = context;
  const { scheme } = options;
  if (scheme !== "ibe" && scheme !== "clc") throw new WrongUse("--scheme must be ibe or clc");
  if (options.withFirewall === undefined && (options.firewallPassphraseFile ?? options.registration) !== undefined) {
    throw new WrongUse("--firewall-passphrase-file and --registration go with --with-firewall");
  }
  const vault = options.vault ?? slugOf(name);
  await using session = await openSession(context);
  await initCurve();
  const { deployment } = await session.chain(options.chain);
  const homeChainId = Number(deployment.chainId); // chain ids are far below 2^53
  if (options.withFirewall === undefined && (await listVaults(context.vaults)).some((known) => known.name === vault)) {
    await offerAgain(context, { name, vault, homeChainId, options });
    return;
  }
  const passphrase = await readPassphrase(context, `the new vault ${vault}`, { repeat: true });

  const masterKeys = scheme === "ibe" ? setupA() : setupB();
  const accountKey = fromHex32(Wallet.createRandom().privateKey);
  const operator = walletOf({ accountKey });
  using hospital = new Hospital({ pseudonym: name, scheme, operator, masterKeys });
  const serviceSeed = randomBytes(X_WING_SEED_LENGTH);
  const held = { role: "hospital", accountKey, pseudonym: name, scheme, masterKeys, serviceSeed } as const;
  const about = { name, hospitalId: hospital.id, homeChainId, operator: operator.address };

  if (options.withFirewall === undefined) {
    // The vault comes before anything that others see.
    await createVault(context.vaults, vault, held, passphrase);
    await writeConfig(context.configFile, [["hospitals", name], { chain: options.chain }]);
    await writeOffer(context, { vault, about, contents: held, options });
    return;
  }

  const firewallVault = `${vault}-firewall`;
  const firewallPassphrase =
    options.firewallPassphraseFile === undefined
      ? passphrase
      : await readSecretFile(options.firewallPassphraseFile, "passphrase");
  await requireNewVault(context.vaults, firewallVault);
  const guarded: ContentsOf<"firewall"> = {
    role: "firewall",
    hospital: name,
    ...generateFirewallSecrets(),
    masterPublicKey: masterKeys.publicKey,
    gatewaySeed: randomBytes(X_WING_SEED_LENGTH),
    callerKey: fromHex32(Wallet.createRandom().privateKey),
    hospitalKey: await xWingPublicKey(serviceSeed),
  };
  const { publicKey, gatewayKey } = await keysOfFirewall(guarded);
  const caller = hexToBytes(walletOf({ accountKey: guarded.callerKey ?? accountKey }).address.slice(2));
  await createVault(context.vaults, vault, { ...held, firewall: { caller, publicKey, gatewayKey } }, passphrase);
  await createVault(context.vaults, firewallVault, guarded, firewallPassphrase);
  const parameters = await hospital.publishParameters(await session.store(), publicKey, gatewayKey);
  const registration = options.registration ?? `${vault}.registration.json`;
  await writeRegistration(registration, hospital, { ...about, parameters });
  await writeConfig(context.configFile, [["hospitals", name], { chain: options.chain }]);
  output.result(hospitalInitOutput, { ...about, vaults: [vault, firewallVault], parameters, registration }, () => {
    output.fact("hospital", hospital.id);
    output.fact("operator", operator.address);
    output.fact("vaults", `${vault}, ${firewallVault}`);
    output.fact("registration", registration);
    output.note(
      "Both vaults are on this machine, which is for development: who has it has both secrets. In earnest the firewall has a machine and a keeper of its own: medex hospital init without --with-firewall, and medex firewall init there.",
    );
    output.note(
      "Give the registration to the chains' registrar: medex hospital register. Back up both vaults: medex keys backup.",
    );
  });
}

/** Writes the offer of a hospital that has its vault, which gets a key to seal to if it is of before hospital and firewall were two. */
async function offerAgain(
  context: Context,
  of: { readonly name: string; readonly vault: string; readonly homeChainId: number; readonly options: InitOptions },
): Promise<void> {
  const { name, vault, homeChainId, options } = of;
  const passphrase = await readPassphrase(context, `the vault ${vault}`);
  const known = await openVault(context.vaults, vault, passphrase);
  if (known.role !== "hospital" || known.pseudonym !== name || known.scheme !== options.scheme) {
    throw new MedexError("VAULT_EXISTS", `there is a vault named ${vault} already, of another; give --vault`);
  }
  const contents = { ...known, serviceSeed: known.serviceSeed ?? randomBytes(X_WING_SEED_LENGTH) };
  if (known.serviceSeed === undefined) await saveVault(context.vaults, vault, contents, passphrase);
  const operator = walletOf(contents).address;
  await writeOffer(context, {
    vault,
    about: { name, hospitalId: pseudonymHash(name), homeChainId, operator },
    contents,
    options,
  });
}

async function writeOffer(
  { output }: Context,
  of: {
    readonly vault: string;
    readonly about: {
      readonly name: string;
      readonly hospitalId: Hex32;
      readonly homeChainId: number;
      readonly operator: string;
    };
    readonly contents: ContentsOf<"hospital">;
    readonly options: InitOptions;
  },
): Promise<void> {
  const { vault, about, contents, options } = of;
  const offer = options.offer ?? `${vault}.offer.json`;
  await writeFileDurably(offer, `${JSON.stringify(await offerOf(contents, about), undefined, 2)}\n`);
  output.result(hospitalInitOutput, { ...about, vaults: [vault], offer }, () => {
    output.fact("hospital", about.hospitalId);
    output.fact("operator", about.operator);
    output.fact("vault", vault);
    output.fact("offer", offer);
    output.note(
      "Give the offer to the keeper of your firewall: medex firewall init. Back up the vault: medex keys backup.",
    );
  });
}
