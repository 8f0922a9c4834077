/** The two hospitals of a development network, registered and not founded yet. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { developmentAccount } from "@medexchain/devnet";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { registerAndFund, writeHospitalInvite } from "../hospital/invite.ts";
import { type ConfigEdit, writeConfig } from "../session/config.ts";
import { openSession } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";

/** The hospitals of a development network: of patients, and of doctors. */
const HOSPITALS = [
  { name: "Hospital A", scheme: "ibe", chain: "chainA" },
  { name: "Hospital B", scheme: "clc", chain: "chainB" },
] as const;
const inviteFile = ({ home }: Context, name: string): string => join(home, `${slugOf(name)}.invite.json`);
/** What each hospital is given on each chain, in gwei: 50 ether. */
const GIFT = 50_000_000_000;
const REQUESTS_PER_HOUR = 600;

/** Where the invites are. */
export const inviteFiles = (context: Context): string[] => HOSPITALS.map(({ name }) => inviteFile(context, name));

/** Invites of hospitals that are registered on this devnet's chains; those of an earlier one are worth nothing. */
export async function inviteHospitals(context: Context): Promise<string[]> {
  const entries = HOSPITALS.map(({ name, chain }): ConfigEdit => [["hospitals", name], { chain }]);
  await writeConfig(context.configFile, ...entries); // each invite names both
  await using session = await openSession(context);
  const registrar = new Wallet(developmentAccount(0).privateKey);
  const files: string[] = [];
  for (const { name, scheme, chain } of HOSPITALS) {
    const file = inviteFile(context, name);
    await rm(file, { force: true });
    const invite = await writeHospitalInvite(session, { registrar, name, scheme, chain, file });
    for (const each of Object.keys(session.config.chains)) {
      await registerAndFund(session, each, { registrar, invite, gwei: GIFT, requestsPerHour: REQUESTS_PER_HOUR });
    }
    files.push(file);
  }
  return files;
}
