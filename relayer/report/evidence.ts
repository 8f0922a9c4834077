/** Two statements that a relayer signed under one epoch and that contradict each other, as `Equivocations` takes them. */
import type { Chain, Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { concat, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { z } from "zod";
import { hex32 } from "../database/columns.ts";

const whole = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const signature = z.string().regex(/^0x[0-9a-fA-F]{130}$/);

const signedResponse = z.object({
  response: z.object({
    requestId: hex32,
    decision: whole,
    decidedAt: whole,
    contents: hex32,
    reEncryption: hex32,
    privateFragment: hex32,
  }),
  expiry: whole,
  signature,
});
const signedCheckpoint = z.object({
  checkpoint: z.object({
    chainId: whole,
    ledger: address,
    entryCount: whole,
    blockNumber: whole,
    blockTime: whole,
    head: hex32,
    root: hex32,
  }),
  expiry: whole,
  signature,
});
const by = { relayer: address, epoch: whole };
const evidenceSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("answers"), ...by, sourceChainId: whole, first: signedResponse, second: signedResponse }),
  z.object({ kind: z.literal("checkpoints"), ...by, first: signedCheckpoint, second: signedCheckpoint }),
]);
export type Evidence = z.infer<typeof evidenceSchema>;
export type SignedResponse = z.infer<typeof signedResponse>;
export type SignedCheckpoint = z.infer<typeof signedCheckpoint>;

/** Evidence as it is stored: JSON, whose numbers are in decimal. */
export const encodeEvidence = (evidence: Evidence): string =>
  JSON.stringify(evidence, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));

/** @throws DATABASE_INVALID */
export function parseEvidence(stored: string): Evidence {
  try {
    return evidenceSchema.parse(JSON.parse(stored));
  } catch (cause) {
    throw new MedexError(
      "DATABASE_INVALID",
      "relayer database: evidence of an equivocation cannot be read: another version wrote it",
      { cause },
    );
  }
}

/** A relayer is reported once in an epoch: a report that is taken ends its tenure, and the epoch. The id stands in the place of a request's. */
export const reportIdOf = ({ relayer, epoch }: Pick<Evidence, "relayer" | "epoch">): Hex32 =>
  keccak256(concat([toUtf8Bytes("medexchain/v1/equivocation"), relayer, toBeHex(epoch, 8)])) as Hex32; // 32 bytes

/** The call that reports it. */
export function reportCall({ equivocations: { interface: abi } }: Chain, evidence: Evidence): string {
  const { relayer, epoch } = evidence;
  return evidence.kind === "answers"
    ? abi.encodeFunctionData("reportResponses", [
        relayer,
        evidence.sourceChainId,
        epoch,
        evidence.first,
        evidence.second,
      ])
    : abi.encodeFunctionData("reportCheckpoints", [relayer, epoch, evidence.first, evidence.second]);
}
