import { Hospital, openSeenRecords } from "@medexchain/actors";
import { fromHex32 } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import {
  generateFirewallSecrets,
  initCurve,
  ReverseFirewall,
  setupA,
  setupB,
  X_WING_SEED_LENGTH,
  xWingPublicKey,
} from "@medexchain/pre";
import { createVault } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { readPassphrase, readSecretFile } from "../prompt/passphrase.ts";
import { writeConfig } from "../session/config.ts";
import { openSession, seenFolder } from "../session/session.ts";
import { hospitalInitOutput } from "./outputs.ts";
import type { Registration } from "./registration.ts";

export interface InitOptions {
  readonly scheme: string;
  readonly chain: string;
  readonly vault?: string;
  readonly firewallPassphraseFile?: string;
  readonly registration?: string;
}

/** `medex hospital init`. */
export async function initHospital(context: Context, name: string, options: InitOptions): Promise<void> {
  const { output } = context;
  const { scheme } = options;
  if (scheme !== "ibe" && scheme !== "clc") throw new WrongUse("--scheme must be ibe or clc");
  const vault = options.vault ?? slugOf(name);
  await using session = await openSession(context);
  await initCurve();
  const { deployment } = await session.chain(options.chain);
  const passphrase = await readPassphrase(context, `the new vault ${vault}`, { repeat: true });
  const firewallPassphrase =
    options.firewallPassphraseFile === undefined
      ? passphrase
      : await readSecretFile(options.firewallPassphraseFile, "passphrase");

  const masterKeys = scheme === "ibe" ? setupA() : setupB();
  const operator = new Wallet(Wallet.createRandom().privateKey);
  const secrets = generateFirewallSecrets();
  const gatewaySeed = randomBytes(X_WING_SEED_LENGTH);
  const firewallVault = `${vault}-firewall`;
  const seenRecords = await openSeenRecords(seenFolder(context, firewallVault));
  using hospital = new Hospital({ pseudonym: name, scheme, operator, masterKeys });
  using firewall = new ReverseFirewall({ secrets, masterPublicKey: masterKeys.publicKey, seenRecords });

  // The vaults come before anything that others see.
  const accountKey = fromHex32(operator.privateKey);
  const held = { role: "hospital", accountKey, pseudonym: name, scheme, masterKeys } as const;
  await createVault(context.vaults, vault, held, passphrase);
  const guarded = {
    role: "firewall",
    hospital: name,
    ...secrets,
    masterPublicKey: masterKeys.publicKey,
    gatewaySeed,
  } as const;
  await createVault(context.vaults, firewallVault, guarded, firewallPassphrase);

  const gatewayKey = await xWingPublicKey(gatewaySeed);
  const parameters = await hospital.publishParameters(await session.store(), firewall.publicKey, gatewayKey);
  const registration: Registration = {
    type: "medexchain/hospital-registration",
    name,
    hospitalId: hospital.id,
    homeChainId: Number(deployment.chainId), // chain ids are far below 2^53
    operator: operator.address,
    parameters,
  };
  const file = options.registration ?? `${vault}.registration.json`;
  await writeFileDurably(file, `${JSON.stringify(registration, undefined, 2)}\n`);
  await writeConfig(context.configFile, [["hospitals", name], { chain: options.chain }]);
  output.result(hospitalInitOutput, { ...registration, vaults: [vault, firewallVault], registration: file }, () => {
    output.fact("hospital", hospital.id);
    output.fact("operator", operator.address);
    output.fact("vaults", `${vault}, ${firewallVault}`);
    output.fact("registration", file);
    output.note(
      "Give the registration to the chains' registrar: medex hospital register. Back up both vaults: medex keys backup.",
    );
  });
}

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "") || "hospital";
