/** What is inside of a sealed reply: the method's output, or an error of the other side. */
import { decodeObject, ERROR_CODES, MedexError } from "@medexchain/core";
import { z } from "zod";

const answerSchema = z.union([
  z.strictObject({ ok: z.instanceof(Uint8Array) }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string().max(1000) }) }),
]);

/**
 * Reads an answer.
 *
 * @param name who says it
 * @returns the method's output as DAG-CBOR
 * @throws SERVICE_PROTOCOL; what the other side threw. Its code is kept where it is known; its message is put on one printable line.
 */
export function readAnswer(bytes: Uint8Array, name: string): Uint8Array {
  const answer = decodeObject(bytes, answerSchema, `${name}'s reply`, "SERVICE_PROTOCOL");
  if ("ok" in answer) return answer.ok;
  const { code, message } = answer.error;
  const known = ERROR_CODES.find((registered) => registered === code);
  if (known === undefined) {
    throw new MedexError("SERVICE_PROTOCOL", `${name} returned an error that this version does not know; update medex`);
  }
  throw new MedexError(known, `${name} says: ${message.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, " ")}`);
}
