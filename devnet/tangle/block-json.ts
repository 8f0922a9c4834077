import type { Block } from "@medexchain/tangle";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

const hex = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/)
  .transform((text) => hexToBytes(text.slice(2)));

/** A block in the JSON form of core REST v2 (TIP-25), its limits checked later on its bytes. */
export const blockJson = z.object({
  protocolVersion: z.int().min(0).max(255),
  parents: z.array(hex.refine((id) => id.length === 32)).max(255),
  payload: z
    .object({
      type: z.literal(5),
      tag: hex.refine((tag) => tag.length <= 64).optional(),
      data: hex.optional(),
    })
    .optional(),
  nonce: z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(BigInt)
    .refine((nonce) => nonce < 2n ** 64n),
});

/** The block that the parsed JSON stands for. */
export function blockFromJson(parsed: z.infer<typeof blockJson>): Block {
  const { protocolVersion, parents, payload, nonce } = parsed;
  const empty = new Uint8Array();
  const taggedData = payload && { tag: payload.tag ?? empty, data: payload.data ?? empty };
  return { protocolVersion, parents, nonce, ...(taggedData && { payload: taggedData }) };
}

/** The JSON form of a block, for answers. */
export function blockToJson({ protocolVersion, parents, payload, nonce }: Block): object {
  return {
    protocolVersion,
    parents: parents.map((parent) => `0x${bytesToHex(parent)}`),
    ...(payload && {
      payload: { type: 5, tag: `0x${bytesToHex(payload.tag)}`, data: `0x${bytesToHex(payload.data)}` },
    }),
    nonce: nonce.toString(),
  };
}
