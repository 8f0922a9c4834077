import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  openAudit,
  parseCheckpointText,
  parseSignerKey,
  parseVerifierKey,
  signerKeyOf,
  verifierKeyOf,
  verifyNote,
  type WitnessMemory,
  witness,
  witnessSigner,
} from "@medexchain/audit";
import { toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { z } from "zod";
import type { Context } from "../context.ts";
import { abortOnSignal } from "../output/abort-on-signal.ts";
import { hex32 } from "../output/json-types.ts";
import { timeOf } from "../output/output.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { readConfig } from "../session/config.ts";
import { auditWitnessCreateOutput, auditWitnessSignOutput, auditWitnessVerifyOutput } from "./outputs.ts";
import { readText } from "./read-text.ts";
import { auditFolder, auditSources, readingProgress } from "./sources.ts";
import { writeOutput } from "./write-output.ts";

export interface WitnessCreateOptions {
  readonly output: string;
}

export interface WitnessSignOptions {
  readonly key: string;
  readonly output: string;
  readonly note?: string;
}

export interface WitnessVerifyOptions {
  readonly witness: readonly string[];
}

/** `medex audit witness create`. */
export async function createWitness(
  context: Context,
  name: string,
  { output: file }: WitnessCreateOptions,
): Promise<void> {
  const { output } = context;
  if (existsSync(file)) throw new MedexError("INPUT_INVALID", `${file} exists already: choose another name`);
  const signer = witnessSigner(name, randomBytes(32));
  await writeOutput([`${signerKeyOf(signer)}\n`], file, false, abortOnSignal());
  const key = verifierKeyOf(signer);
  output.result(auditWitnessCreateOutput, { name, file, key }, () => {
    output.line(`the witness's key is in ${file}: keep it secret`);
    output.fact("public key", key);
  });
}

/** `medex audit witness sign`. */
export async function signNote(context: Context, network: string, options: WitnessSignOptions): Promise<void> {
  const { output } = context;
  const signal = abortOnSignal();
  const signer = parseSignerKey(await readText(options.key));
  const note = options.note === undefined ? undefined : await readText(options.note);
  const sources = auditSources(await readConfig(context.configFile));
  const source = sources.find(({ name }) => name === network);
  if (!source) throw new WrongUse(`the configuration has no chain ${network}`);
  using progress = readingProgress();
  await using audit = await openAudit({ sources, directory: auditFolder(context), observe: progress.observe, signal });
  progress[Symbol.dispose]();
  const evidence = audit.ledger(source.deployment.chainId);
  const remembered = await memoryIn(`${options.key}.memory.json`);
  const origin = `${evidence.chainId}/${evidence.ledger}`;
  const time = BigInt(Math.floor(Date.now() / 1000));
  const signed = witness(evidence, signer, { memory: remembered.get(origin), note, time });
  // Before the note is given to anyone: who forgets what he signed may sign the contrary.
  remembered.set(origin, signed.memory);
  await writeFileDurably(
    `${options.key}.memory.json`,
    `${JSON.stringify(Object.fromEntries(remembered), undefined, 2)}\n`,
  );
  await writeOutput([signed.note], options.output, true, signal);
  const { chainId, ledger, entryCount, root } = parseCheckpointText(verifyNote(signed.note, []).text);
  const result = { file: options.output, chainId, ledger, entryCount, root: toHex32(root) };
  output.result(auditWitnessSignOutput, result, () => {
    output.line(`the cosigned checkpoint is in ${options.output}`);
    output.fact("ledger", `${ledger} on chain ${chainId}, ${entryCount} entries`);
    output.fact("root", toHex32(root));
  });
}

/** `medex audit witness verify`. */
export async function checkNote(context: Context, file: string, options: WitnessVerifyOptions): Promise<void> {
  const { output } = context;
  const witnesses = options.witness.map(parseVerifierKey);
  const { text, cosignatures } = verifyNote(await readText(file), witnesses);
  const { chainId, ledger, entryCount, root } = parseCheckpointText(text);
  const missing = witnesses.filter(({ name }) => !cosignatures.some((each) => each.name === name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    throw new MedexError("RECEIPT_INVALID", `${file} is not cosigned by ${names}: ask them, or leave their keys out`);
  }
  output.result(auditWitnessVerifyOutput, { chainId, ledger, entryCount, root: toHex32(root), cosignatures }, () => {
    output.fact("ledger", `${ledger} on chain ${chainId}, ${entryCount} entries`);
    output.fact("root", toHex32(root));
    for (const { name, time } of cosignatures) output.fact("cosigned", `by ${name}, ${timeOf(time)}`);
  });
}

const memorySchema = z.record(z.string(), z.strictObject({ entryCount: z.int().nonnegative(), root: hex32 }));

/** What a witness cosigned last of each ledger. A file that is there and cannot be read is no empty memory. */
async function memoryIn(file: string): Promise<Map<string, WitnessMemory>> {
  if (!existsSync(file)) return new Map();
  try {
    return new Map(Object.entries(memorySchema.parse(JSON.parse(await readText(file)))));
  } catch (cause) {
    throw new MedexError("INPUT_INVALID", `${file} says what this witness cosigned, and cannot be read: restore it`, {
      cause,
    });
  }
}
