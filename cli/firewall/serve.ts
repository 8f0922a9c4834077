import { pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { linkHospital, startGateway } from "@medexchain/gateway";
import { initCurve } from "@medexchain/pre";
import { gatewaySeedOf } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { requirePaired } from "../hospital/pairing.ts";
import { announce, type ListenOptions, logEvents, requireRegistered, stayUntil } from "../hospital/serving.ts";
import { keysOfFirewall } from "../hospital/vaults.ts";
import { abortOnSignal } from "../output/abort-on-signal.ts";
import { hospitalEntry } from "../session/config.ts";
import { openSession, unlock, walletOf } from "../session/session.ts";
import { openFirewall } from "./open.ts";
import { firewallServeOutput } from "./outputs.ts";

export interface FirewallServeOptions extends ListenOptions {
  /** Of the hospital's own service; the configuration's unless given. */
  readonly hospitalUrl?: string;
  /** Write into the configuration where members reach it. */
  readonly announce?: string | true;
}

/** `medex firewall serve`. It starts without the hospital, too, and says then who is missing. */
export async function serveFirewall(context: Context, options: FirewallServeOptions): Promise<void> {
  const { output } = context;
  const signal = abortOnSignal();
  const { name: vault, contents } = await unlock(context, ["firewall"]);
  const guarded = requirePaired(contents);
  const { hospital: name } = guarded;
  await using session = await openSession(context);
  await initCurve();
  const entry = hospitalEntry(session.config, name);
  const url = options.hospitalUrl ?? entry.service;
  if (url === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `nobody says where the service of ${name} is: give --hospital-url, or set hospitals.${name}.service in the configuration`,
    );
  }
  const store = await session.store();
  const chain = await session.chain(entry.chain);
  const id = pseudonymHash(name);
  using firewall = await openFirewall(context, { guarded, vault, chain, store });
  const scheme = await requireRegistered({ chain, store }, { id, name }, await keysOfFirewall(guarded));
  const issuer = linkHospital({
    url,
    deployment: chain.deployment,
    hospitalId: id,
    hospitalKey: guarded.hospitalKey,
    caller: walletOf({ accountKey: guarded.callerKey }),
  });
  const gateway = await startGateway({
    hospital: { id, scheme },
    firewall,
    issuer,
    chain,
    store,
    gatewaySeed: gatewaySeedOf(guarded),
    host: options.host,
    port: options.port,
    observer: logEvents(context),
  });
  if (options.announce !== undefined) await announce(context, name, gateway.url, options.announce);
  const isUp = (await issuer.health()) === "up";
  output.result(firewallServeOutput, { url: gateway.url, hospitalId: id, hospital: isUp ? "up" : "down" }, () => {
    output.line(`The firewall of ${name} serves the hospital's members at ${gateway.url}. Press Ctrl-C to stop.`);
  });
  if (!isUp) {
    output.note(
      `The hospital's own service does not answer at ${url}: members get no keys until it does (medex hospital serve). They publish, and their approvals wait.`,
    );
  }
  await stayUntil(signal, session, gateway);
}
