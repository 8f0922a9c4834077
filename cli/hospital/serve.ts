import { MedexError } from "@medexchain/core";
import { issueHere, startGateway, startHospitalService } from "@medexchain/gateway";
import { initCurve } from "@medexchain/pre";
import { gatewaySeedOf } from "@medexchain/vault";
import { bytesToHex } from "@noble/hashes/utils.js";
import { getAddress } from "ethers";
import type { Context } from "../context.ts";
import { openFirewall } from "../firewall/open.ts";
import { abortOnSignal } from "../output/abort-on-signal.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { hospitalEntry } from "../session/config.ts";
import { openSession, unlock } from "../session/session.ts";
import { hospitalServeOutput } from "./outputs.ts";
import { announce, type ListenOptions, logEvents, requireRegistered, stayUntil } from "./serving.ts";
import { type FirewallVaultOptions, keysOfFirewall, openFirewallVault, openHospital, pairedKeys } from "./vaults.ts";

export interface ServeOptions extends FirewallVaultOptions, Omit<ListenOptions, "port"> {
  /** 8091 unless given, which is 8090 with the firewall. */
  readonly port?: number;
  readonly withFirewall?: true;
  /** Write into the configuration where members reach it. */
  readonly announce?: string | true;
}

/** `medex hospital serve`. */
export async function serveHospital(context: Context, options: ServeOptions): Promise<void> {
  if (options.withFirewall !== undefined) return serveTogether(context, options);
  if ((options.firewall ?? options.firewallPassphraseFile ?? options.announce) !== undefined) {
    throw new WrongUse("--firewall, --firewall-passphrase-file and --announce go with --with-firewall");
  }
  const { output } = context;
  const signal = abortOnSignal();
  const { contents } = await unlock(context, ["hospital"]);
  const { pseudonym, serviceSeed, firewall } = contents;
  await using session = await openSession(context);
  await initCurve();
  const keys = pairedKeys(contents);
  if (serviceSeed === undefined || firewall === undefined || keys === undefined) {
    throw new MedexError(
      "INPUT_INVALID",
      `${pseudonym} is paired with no firewall: run medex hospital pair with its answer; where both vaults are of before the two were two, medex firewall split; for development, --with-firewall`,
    );
  }
  const store = await session.store();
  const chain = await session.chain(hospitalEntry(session.config, pseudonym).chain);
  using hospital = openHospital(contents);
  await requireRegistered({ chain, store }, { id: hospital.id, name: pseudonym }, keys);
  const service = await startHospitalService({
    hospital,
    publicKey: keys.publicKey,
    chain,
    store,
    serviceSeed,
    caller: getAddress(`0x${bytesToHex(firewall.caller)}`),
    host: options.host,
    port: options.port ?? 8091,
    observer: logEvents(context),
  });
  output.result(hospitalServeOutput, { url: service.url, hospitalId: hospital.id, withFirewall: false }, () => {
    output.line(`${pseudonym} serves its firewall at ${service.url}. Press Ctrl-C to stop.`);
  });
  await stayUntil(signal, session, service);
}

/** Both in one process, which is for development. */
async function serveTogether(context: Context, options: ServeOptions): Promise<void> {
  const { output } = context;
  const signal = abortOnSignal();
  const unlocked = await unlock(context, ["hospital"]);
  const { contents } = unlocked;
  const { guarded, firewallVault } = await openFirewallVault(context, unlocked, options);
  output.note(
    `For development: the firewall of ${contents.pseudonym} is in the hospital's own process. Who has this machine has both secrets, computes M of every record that a patient of this hospital publishes, and sees all that members send. In earnest run medex hospital serve here, and medex firewall serve on another machine.`,
  );
  await using session = await openSession(context);
  await initCurve();
  const store = await session.store();
  const chain = await session.chain(hospitalEntry(session.config, contents.pseudonym).chain);
  using hospital = openHospital(contents);
  using firewall = await openFirewall(context, { guarded, vault: firewallVault, chain, store });
  await requireRegistered(
    { chain, store },
    { id: hospital.id, name: contents.pseudonym },
    await keysOfFirewall(guarded),
  );
  const gateway = await startGateway({
    hospital,
    firewall,
    issuer: issueHere({ hospital, publicKey: firewall.publicKey, chain, store }),
    chain,
    store,
    gatewaySeed: gatewaySeedOf(guarded),
    host: options.host,
    port: options.port ?? 8090,
    observer: logEvents(context),
  });
  if (options.announce !== undefined) await announce(context, contents.pseudonym, gateway.url, options.announce);
  output.result(hospitalServeOutput, { url: gateway.url, hospitalId: hospital.id, withFirewall: true }, () => {
    output.line(`${contents.pseudonym} serves its members at ${gateway.url}. Press Ctrl-C to stop.`);
  });
  await stayUntil(signal, session, gateway);
}
