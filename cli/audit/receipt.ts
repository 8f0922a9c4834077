import { openAudit, parseVerifierKey, verifyReceipt } from "@medexchain/audit";
import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { abortOnSignal } from "../output/abort-on-signal.ts";
import { timeOf } from "../output/output.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { readConfig } from "../session/config.ts";
import { auditReceiptVerifyOutput, auditReceiptWriteOutput } from "./outputs.ts";
import { readText } from "./read-text.ts";
import { auditFolder, auditSources, readingProgress } from "./sources.ts";
import { refuseExisting, writeOutput } from "./write-output.ts";

export interface ReceiptWriteOptions {
  readonly output?: string;
  readonly note?: string;
  readonly force?: boolean;
}

export interface ReceiptVerifyOptions {
  readonly root?: Hex32;
  readonly witness?: readonly string[];
}

/** `medex audit receipt write`. */
export async function writeReceipt(context: Context, requestId: Hex32, options: ReceiptWriteOptions): Promise<void> {
  const { output } = context;
  const { output: file, force = false } = options;
  if (output.json && file === undefined)
    throw new WrongUse("--json needs --output: the receipt itself must go to a file");
  refuseExisting(file, force);
  const signal = abortOnSignal();
  const note = options.note === undefined ? undefined : await readText(options.note);
  const sources = auditSources(await readConfig(context.configFile));
  using progress = readingProgress();
  await using audit = await openAudit({ sources, directory: auditFolder(context), observe: progress.observe, signal });
  progress[Symbol.dispose]();
  const receipt = audit.receipt(requestId, note);
  await writeOutput([`${JSON.stringify(receipt, undefined, 2)}\n`], file, force, signal);
  if (file === undefined) return;
  const { chainId, entries, checkpoint } = receipt;
  const { entryCount, root } = checkpoint;
  const result = { file, requestId, chainId: BigInt(chainId), entries: entries.length, entryCount, root };
  output.result(auditReceiptWriteOutput, result, () => {
    output.line(`the receipt is in ${file}`);
    output.fact("ledger", `chain ${chainId}, ${entryCount} entries`);
    output.fact("root", root);
  });
}

/** `medex audit receipt verify`. */
export async function checkReceipt(context: Context, file: string, options: ReceiptVerifyOptions): Promise<void> {
  const { output } = context;
  const { root, witness = [] } = options;
  if (root === undefined && witness.length === 0)
    throw new WrongUse("a receipt proves nothing by itself: give --root, --witness, or both");
  const witnesses = witness.map(parseVerifierKey);
  const proven = verifyReceipt(jsonOf(file, await readText(file)), { ...(root !== undefined && { root }), witnesses });
  output.result(auditReceiptVerifyOutput, proven, () => {
    output.line(`request ${proven.requestId}`);
    for (const { index, decision, recordId, requester, timestamp, ...counts } of proven.entries) {
      output.line(`  ${decision}, ${timeOf(timestamp)}, entry ${index} of the ledger`);
      output.line(`  record ${recordId}, requester ${requester}`);
      output.line(
        `  accesses ${counts.recordCount} of ${counts.recordLimit} for the record, ${counts.hospitalCount} of ${counts.hospitalLimit} for the hospital`,
      );
    }
    output.fact("ledger", `${proven.ledger} on chain ${proven.chainId}, ${proven.entryCount} entries`);
    output.fact("root", proven.root);
    for (const { name, time } of proven.cosignatures) output.fact("cosigned", `by ${name}, ${timeOf(time)}`);
    output.fact("verdict", "the receipt holds");
  });
}

function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MedexError("INPUT_INVALID", `${file} is no receipt: it is not JSON`, { cause });
  }
}
