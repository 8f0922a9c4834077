import type { Context } from "../context.ts";
import { keepHeapLean } from "./lean-heap.ts";
import { recordPreviewOutput } from "./outputs.ts";
import { readRecordFile } from "./read-input.ts";
import { readSelection, type SelectionOptions } from "./selection.ts";
import { factsOfSummary, previewOf, summarise } from "./summary.ts";

/** `medex record preview`. Needs no vault and no network: nothing leaves the device. */
export async function preview({ output }: Context, file: string, options: SelectionOptions): Promise<void> {
  keepHeapLean();
  const selection = await readSelection(options);
  const document = await readRecordFile(file);
  output.progress("reading the record");
  const summary = await summarise(document, file, options, selection);
  output.result(recordPreviewOutput, previewOf(summary), () => {
    for (const [name, value] of factsOfSummary(summary)) output.fact(name, value);
  });
}
