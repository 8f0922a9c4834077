import { firewallSources, Hospital, openSeenRecords, parseHospitalParameters } from "@medexchain/actors";
import { ask, fromHex32 } from "@medexchain/chain";
import { MedexError, toJson } from "@medexchain/core";
import { guardProcess } from "@medexchain/core/process-guard";
import { startGateway } from "@medexchain/gateway";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { checkG2, checkScalar, initCurve, ReverseFirewall } from "@medexchain/pre";
import { openVault } from "@medexchain/vault";
import { equalBytes } from "@noble/curves/utils.js";
import type { Context } from "../context.ts";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { readSecretFile } from "../prompt/passphrase.ts";
import { hospitalEntry } from "../session/config.ts";
import { openSession, seenFolder, unlock, walletOf } from "../session/session.ts";
import { hospitalServeOutput } from "./outputs.ts";

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly firewall?: string;
  readonly firewallPassphraseFile?: string;
}

/** `medex hospital serve`. */
export async function serveHospital(context: Context, options: ServeOptions): Promise<void> {
  const { output } = context;
  const signal = abortOnSignal();
  const { name, contents, passphrase } = await unlock(context, ["hospital"]);
  const firewallVault = options.firewall ?? `${name}-firewall`;
  const firewallPassphrase =
    options.firewallPassphraseFile === undefined
      ? passphrase
      : await readSecretFile(options.firewallPassphraseFile, "passphrase");
  const guarded = await openVault(context.vaults, firewallVault, firewallPassphrase);
  if (guarded.role !== "firewall" || guarded.hospital !== contents.pseudonym) {
    throw new MedexError(
      "INPUT_INVALID",
      `${firewallVault} is not the vault of ${contents.pseudonym}'s firewall; give --firewall`,
    );
  }

  await using session = await openSession(context);
  await initCurve();
  const store = await session.store();
  const chain = await session.chain(hospitalEntry(session.config, contents.pseudonym).chain);
  const masterKeys = {
    secretKey: checkScalar(contents.masterKeys.secretKey, "the master secret"),
    publicKey: checkG2(contents.masterKeys.publicKey, "the master public key"),
  };
  const { pseudonym, scheme } = contents;
  using hospital = new Hospital({ pseudonym, scheme, operator: walletOf(contents), masterKeys });
  using firewall = new ReverseFirewall({
    secrets: { blinding: checkScalar(guarded.blinding, "the blinding"), prfKey: guarded.prfKey },
    masterPublicKey: masterKeys.publicKey,
    seenRecords: await openSeenRecords(seenFolder(context, firewallVault)),
    sources: firewallSources(chain, store),
  });

  // Members take both keys from the registered parameters: with others nothing here would work for them.
  const { parametersDigest } = await ask(chain, () => chain.hospitals.hospital(hospital.id));
  const digest = fromHex32(parametersDigest);
  const parameters = parseHospitalParameters(await store.get(digest, { maxBytes: CONTENT_LIMITS.hospitalParameters }));
  const { gatewayKeys } = guarded;
  if (
    !equalBytes(parameters.publicKey, firewall.publicKey) ||
    parameters.gatewayKey === undefined ||
    !equalBytes(parameters.gatewayKey, gatewayKeys.publicKey)
  ) {
    throw new MedexError(
      "INPUT_INVALID",
      `${pseudonym} is registered with other keys than those in these vaults; use the vaults of its registration`,
    );
  }

  const gateway = await startGateway({
    hospital,
    firewall,
    chain,
    store,
    gatewayKeys,
    host: options.host,
    port: options.port,
    observer: ({ type, ...event }) =>
      output.note(toJson({ time: new Date().toISOString(), ...(type === "crashed" && { event: type }), ...event })),
  });
  guardProcess({
    crashed: gateway.crashed,
    close: async () => {
      await gateway.close();
      await session[Symbol.asyncDispose]();
    },
  });
  output.result(hospitalServeOutput, { url: gateway.url, hospitalId: hospital.id }, () => {
    output.line(`${pseudonym} serves its members at ${gateway.url}. Press Ctrl-C to stop.`);
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await gateway.close();
  process.exitCode = exitCodeOf(signal);
}
