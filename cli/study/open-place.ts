/** Where studies are, by the configuration. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readStudy, type StudyPlace, type StudyStanding } from "@medexchain/actors/studies";
import { type Hex32, studyChain } from "@medexchain/chain";
import { MedexError, sha256, toHex32 } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import type { Signer } from "ethers";
import type { Context } from "../context.ts";
import { blockOf, type Session } from "../session/session.ts";

/** A registry of studies, seen by one account or by nobody. */
export interface StudySite extends StudyPlace {
  readonly chainName: string;
  /** The registry's first block, or an earlier one. */
  readonly fromBlock: number;
}

/**
 * Connects to the one chain of the configuration that has studies, or to the one that is named.
 * @throws CONFIG_INVALID there is none, or there are several and none is named
 */
export async function openStudySite(session: Session, named?: string, account?: Signer): Promise<StudySite> {
  const known = Object.entries(session.config.chains).filter(([, { studies }]) => studies !== undefined);
  const [first, ...others] = known.filter(([name]) => named === undefined || name === named);
  const [chainName, entry] = first ?? [];
  if (chainName === undefined || entry?.studies === undefined) {
    const which = named === undefined ? "no chain" : `no chain ${named}`;
    throw new MedexError(
      "CONFIG_INVALID",
      `the configuration has ${which} with studies: add its address as chains.<name>.studies`,
    );
  }
  if (others.length > 0) throw new MedexError("INPUT_INVALID", "several chains have studies: choose one with --chain");
  const chain = await session.chain(chainName);
  const site = await studyChain(account === undefined ? chain : chain.as(account), entry.studies);
  return { ...site, store: await session.store(), chainName, fromBlock: blockOf(session, chainName) };
}

/** A study with where it is. */
export async function openStudy(
  session: Session,
  studyId: Hex32,
  account?: Signer,
  named?: string,
): Promise<{ site: StudySite; study: StudyStanding }> {
  const site = await openStudySite(session, named, account);
  return { site, study: await readStudy(site, studyId) };
}

/** By its digest, too: whoever joins again by mistake must not lose what was committed to the first time. */
const inputFile = ({ home }: Pick<Context, "home">, vault: string, studyId: Hex32, digest: Hex32): string =>
  join(home, "studies", vault, `${studyId.slice(2)}.${digest.slice(2)}.input`);

/** Keeps what a patient committed to, until it is published. It is encrypted under the joint key. */
export async function keepInput(context: Context, vault: string, studyId: Hex32, input: Uint8Array): Promise<void> {
  const file = inputFile(context, vault, studyId, toHex32(sha256(input)));
  await mkdir(join(context.home, "studies", vault), { recursive: true, mode: 0o700 });
  await writeFileDurably(file, input);
}

/** @throws INPUT_INVALID there is none: the patient joined elsewhere, or not at all */
export async function keptInput(context: Context, vault: string, studyId: Hex32, digest: Hex32): Promise<Uint8Array> {
  const file = inputFile(context, vault, studyId, digest);
  try {
    return Uint8Array.from(await readFile(file));
  } catch (cause) {
    throw new MedexError(
      "INPUT_INVALID",
      `there is no input of study ${studyId} at ${file}: publish it where medex study join was run`,
      { cause },
    );
  }
}
