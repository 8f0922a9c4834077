import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import { attestationsBy } from "../database/attestations.ts";
import { hex32 } from "../database/columns.ts";
import type { Database } from "../database/database.ts";

/** Most attestations of one request that are told of: the latest. */
export const MOST_TOLD = 32;

const bytes = z.string().regex(/^0x(?:[0-9a-fA-F]{2}){1,512}$/);
export const attestationsAnswerSchema = z.object({
  attestations: z
    .array(
      z.object({
        digest: hex32.describe("What is signed: an EIP-712 digest that the chain verifies, terms included."),
        epoch: z
          .string()
          .regex(/^\d{1,20}$/)
          .describe("Of the chain's relayers, under which it was signed."),
        relayer: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
        signature: bytes.describe("EIP-712, by the relayer's account."),
        share: bytes.nullable().describe("Of an aggregate (BLS12-381); null where the relayer takes no part in them."),
      }),
    )
    .max(MOST_TOLD),
});
/** What a relayer tells its peers: its own attestations of a request, which go on-chain anyway. */
export type AttestationsAnswer = z.infer<typeof attestationsAnswerSchema>;

const paramsSchema = z.object({
  chainId: z
    .string()
    .regex(/^[1-9]\d{0,17}$/)
    .transform(BigInt),
  requestId: hex32,
});

/** Parses the path's parameters; undefined where they are wrong. */
export function parseAttested(params: {
  chainId: string;
  requestId: string;
}): { chainId: bigint; requestId: Hex32 } | undefined {
  return paramsSchema.safeParse({ ...params, requestId: params.requestId.toLowerCase() }).data;
}

/** A relayer's own attestations of a request (or of what has an id in the place of one) on the chain that verifies them. */
export async function readAttestations(
  database: Database,
  relayer: string,
  about: { readonly chainId: bigint; readonly requestId: Hex32 },
): Promise<AttestationsAnswer> {
  const own = await attestationsBy(database, relayer, about, MOST_TOLD);
  return {
    attestations: own.map(({ digest, epoch, signature, share }) => ({
      digest,
      epoch: String(epoch),
      relayer,
      signature,
      share: share ?? null,
    })),
  };
}
