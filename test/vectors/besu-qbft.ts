/** Blocks and storage proofs of a real Besu QBFT chain (24.3.3, four validators): votes, changes of validators, and changes of round. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const hex = z.string().regex(/^0x[0-9a-f]*$/i);
const headersSchema = z.strictObject({
  client: z.string(),
  chainId: z.int(),
  blocks: z.array(
    z.strictObject({
      number: z.int(),
      /** As the node says whose they are, in no order. */
      validators: z.array(hex),
      /** `eth_getBlockByNumber`, without transactions. */
      header: z.record(z.string(), hex),
    }),
  ),
});
const proofsSchema = z.strictObject({
  client: z.string(),
  blocks: z.array(
    z.strictObject({
      number: z.int(),
      hash: hex,
      stateRoot: hex,
      entries: z.array(
        z.strictObject({
          what: z.string(),
          address: hex,
          slots: z.array(z.strictObject({ field: z.string(), slot: hex })),
          /** `eth_getProof`. */
          proof: z.looseObject({
            accountProof: z.array(hex),
            storageHash: hex,
            storageProof: z.array(z.strictObject({ key: hex, value: hex, proof: z.array(hex) })),
          }),
        }),
      ),
    }),
  ),
});

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`besu-qbft/${file}.json`, import.meta.url), "utf8"));

/** Blocks 0 to 2, 21 to 23, 42, 74 to 103. Of rounds above 0 are 1, 96, 99 and 102; the lists change at 79 and 87. */
export const besuBlocks = () => headersSchema.parse(read("headers")).blocks;
/** Proofs at blocks 22 and 42. */
export const besuProofs = () => proofsSchema.parse(read("proofs")).blocks;
