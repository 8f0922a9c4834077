/** zod types of columns, as both drivers give them: `bigint` columns come as number, bigint or string. */

import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";

export const int8 = z.coerce.bigint();

/** A `bigint` column whose values are block numbers, nonces or sequences. */
export const safeInteger = z.coerce.number().int().refine(Number.isSafeInteger);

export const hex32 = z.custom<Hex32>((value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value));

export const timestamp = z.date();
