import { readFileSync } from "node:fs";
import { parsePolicy } from "@medexchain/sfe";

const example = (file: string): Buffer => readFileSync(new URL(`../examples/${file}`, import.meta.url));

/** The record that every owner publishes. */
export const exampleDocument = (): Uint8Array => new Uint8Array(example("patient-record.json"));

/** Which of its features are private. */
export const exampleSelectors = (): readonly string[] => parsePolicy(example("policy.json").toString()).private;
