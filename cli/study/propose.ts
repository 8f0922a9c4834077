import { proposeStudy } from "@medexchain/actors/studies";
import { ask, chainTime, pseudonymHash } from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { checkQuestion } from "@medexchain/studies";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { openSession, unlock, walletOf } from "../session/session.ts";
import { openStudySite, type StudySite } from "./open-place.ts";
import { studyProposeOutput } from "./outputs.ts";

export interface ProposeOptions {
  readonly holder: readonly string[];
  readonly computeNode?: string;
  readonly minimum: number;
  readonly maximum: number;
  /** Seconds. */
  readonly joinFor: number;
  readonly publishFor: number;
  /** Thousandths. */
  readonly epsilon: number;
  readonly chain?: string;
}

/** A name that is mistyped would be of a hospital that never approves. */
async function requireHospitals({ chain, chainName }: StudySite, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { operator } = await ask(chain, () => chain.hospitals.hospital(pseudonymHash(name)));
    if (BigInt(operator) === 0n) {
      throw new MedexError(
        "INPUT_INVALID",
        `there is no hospital "${displayText(name)}" on ${chainName}: check --holder`,
      );
    }
  }
}

/** `medex study propose`. */
export async function propose(context: Context, questionFile: string, options: ProposeOptions): Promise<void> {
  const { output } = context;
  const { computeNode, minimum, maximum, joinFor, publishFor, epsilon } = options;
  if (computeNode !== undefined && !isAddress(computeNode)) {
    throw new WrongUse("--compute-node must be an address: 0x and 40 hexadecimal digits");
  }
  const question = checkQuestion(await readJsoncFile("question", questionFile, z.unknown()));
  const { contents } = await unlock(context, ["owner", "doctor", "hospital"]);
  await using session = await openSession(context);
  const account = walletOf(contents);
  const site = await openStudySite(session, options.chain, account);
  await requireHospitals(site, options.holder);
  const now = Number(await chainTime(site.chain));
  const proposed = await proposeStudy(site, {
    question,
    holders: options.holder.map(pseudonymHash),
    computeNode: computeNode === undefined ? account.address : getAddress(computeNode),
    minimumCohort: minimum,
    maximumCohort: maximum,
    joinEnd: now + joinFor,
    end: now + joinFor + publishFor,
    epsilonMilli: epsilon,
  });
  output.result(studyProposeOutput, { ...proposed, chain: site.chainName }, () => {
    output.fact("study", proposed.studyId);
    output.fact("transaction", proposed.transactionHash);
  });
}
