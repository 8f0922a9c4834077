import { existsSync } from "node:fs";
import { pseudonymHash } from "@medexchain/chain";
import { MedexError, toJson } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { readInviteFile } from "@medexchain/gateway";
import type { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { gweiOf } from "../member/ether.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { writeConfig } from "../session/config.ts";
import { networkOf } from "../session/network.ts";
import { openSession, type Session } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";
import {
  createHospitalInvite,
  fingerprintOfInvite,
  giveEther,
  type HospitalInvite,
  hospitalInviteSchema,
  registerInvited,
} from "./hospital-invite.ts";
import { hospitalInviteOutput } from "./outputs.ts";
import { readRegistrar } from "./registration.ts";

export interface HospitalInviteOptions {
  readonly scheme: string;
  readonly chain: string;
  readonly registrarKeyFile?: string;
  readonly requestsPerHour: number;
  /** What the hospital is given on each chain. */
  readonly ether: string;
  readonly output?: string;
}

/** `medex hospital invite`. Run again with the same file, it goes on where it broke off. */
export async function inviteHospital(context: Context, name: string, options: HospitalInviteOptions): Promise<void> {
  const { output } = context;
  const { scheme, chain, requestsPerHour } = options;
  if (scheme !== "ibe" && scheme !== "clc") throw new WrongUse("--scheme must be ibe or clc");
  const gwei = gweiOf(options.ether);
  const registrar = await readRegistrar(options.registrarKeyFile);
  await using session = await openSession(context);
  const file = options.output ?? `${slugOf(name)}.invite.json`;
  const invite = await writeHospitalInvite(session, { registrar, name, scheme, chain, file });
  for (const each of Object.keys(session.config.chains)) {
    output.progress(`registering on ${each}`);
    await registerAndFund(session, each, { registrar, invite, gwei, requestsPerHour });
  }
  if (session.config.hospitals[name] === undefined) {
    await writeConfig(context.configFile, [["hospitals", name], { chain }]);
  }
  const fingerprint = fingerprintOfInvite(invite);
  output.result(hospitalInviteOutput, { hospitalId: pseudonymHash(name), file, fingerprint }, () => {
    output.fact("invite", file);
    output.fact("fingerprint", fingerprint);
    output.note(
      `Give it to the hospital by a way that nobody reads along: until it is used, whoever has the file can found ${name}. They run: medex hospital join ${file}`,
    );
  });
}

/** Writes an invite; one that is there already, of the same hospital, is taken as it is. */
export async function writeHospitalInvite(
  session: Session,
  about: {
    readonly registrar: Wallet;
    readonly name: string;
    readonly scheme: "ibe" | "clc";
    readonly chain: string;
    readonly file: string;
  },
): Promise<HospitalInvite> {
  const { registrar, name, scheme, chain, file } = about;
  if (existsSync(file)) {
    const known = await readInviteFile(file, hospitalInviteSchema);
    if (known.name === name && known.scheme === scheme && known.chain === chain) return known;
    throw new MedexError("INPUT_INVALID", `${file} is an invite of another hospital; give --output`);
  }
  const { config } = session;
  const network = networkOf({ ...config, hospitals: { ...config.hospitals, [name]: { chain } } });
  const invite = await createHospitalInvite(registrar, { network, name, scheme, chain });
  // The key is kept before the hospital is registered with it.
  await writeFileDurably(file, `${toJson(invite, { integer: Number })}\n`, { exclusive: true });
  return invite;
}

/** Registers an invited hospital on one chain, and gives it something to pay for transactions with. */
export async function registerAndFund(
  session: Session,
  chainName: string,
  of: {
    readonly registrar: Wallet;
    readonly invite: HospitalInvite;
    readonly gwei: number;
    readonly requestsPerHour: number;
  },
): Promise<void> {
  const { registrar, invite, gwei, requestsPerHour } = of;
  const home = await session.chain(invite.chain);
  const chain = (await session.chain(chainName)).as(registrar);
  await registerInvited(chain, invite, home.deployment.chainId, requestsPerHour);
  await giveEther(chain, registrar, invite, gwei);
}
