import { ACKNOWLEDGEMENTS, DECISIONS, type Hex32, REQUEST_STATES } from "@medexchain/chain";
import { z } from "zod";
import type { AccessHistoryEntry, ChainPosition } from "../access-history.ts";

const hex32 = z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{64}$/)]);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
/** Of at most 256 bits, as `toJson` writes them. */
const integer = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/)
  .transform(BigInt);

const position = {
  chainId: integer,
  block: z.int().nonnegative(),
  logIndex: z.int().nonnegative(),
  transactionHash: hex32,
  timestamp: integer,
};
const at = z.object(position);
const answer = z.object({
  ...position,
  decision: z.enum(DECISIONS),
  decidedAt: integer,
  contents: hex32,
  reEncryption: hex32,
  privateFragment: hex32,
});
const decision = z.object({
  ...position,
  index: integer,
  decision: z.enum(DECISIONS),
  hospitalCount: integer,
  hospitalLimit: integer,
  recordCount: integer,
  recordLimit: integer,
});
const reEncryption = z.object({ ...position, sequence: integer, sealedRekey: hex32 });
/** Steps of one kind, of one request: contracts allow few. */
const few = <T extends z.ZodType>(item: T) => z.array(item).max(1000);

const schema = z.object({
  requestId: hex32,
  recordId: hex32,
  requester: hex32,
  requesterHospital: hex32.optional(),
  owner: hex32.optional(),
  ownerHospital: hex32.optional(),
  purpose: hex32,
  request: z.object({
    recordId: hex32,
    requester: hex32,
    purpose: hex32,
    destinationChainId: integer,
    destination: address,
    issuedAt: integer,
    expiry: integer,
    nonce: integer,
  }),
  sourceChainId: integer,
  destinationChainId: integer,
  requested: z.object({ ...position, sequence: integer }).optional(),
  delivered: z.object({ ...position, index: integer }).optional(),
  decisions: few(decision),
  decision: decision.optional(),
  consent: hex32.optional(),
  reEncryption: reEncryption.optional(),
  resealings: few(reEncryption),
  answer: answer.optional(),
  response: answer.optional(),
  replacedResponses: few(answer),
  acknowledgement: z.object({ ...position, acknowledgement: z.enum(ACKNOWLEDGEMENTS) }).optional(),
  expired: at.optional(),
  sourceState: z.enum(REQUEST_STATES),
  destinationState: z.enum(REQUEST_STATES),
});

/** What JSON leaves out. */
const ABSENT = {
  requesterHospital: undefined,
  owner: undefined,
  ownerHospital: undefined,
  requested: undefined,
  delivered: undefined,
  decision: undefined,
  consent: undefined,
  reEncryption: undefined,
  answer: undefined,
  response: undefined,
  acknowledgement: undefined,
  expired: undefined,
};

const changeSchema = z.object({ recordId: hex32, kind: z.enum(["anchored", "limit-set", "revoked"]), at });
/** What became of a record. */
export interface ReadChange {
  readonly recordId: Hex32;
  readonly kind: "anchored" | "limit-set" | "revoked";
  readonly at: ChainPosition;
}

/** A change of a record as the same writes it; undefined where it is none. */
export const readChange = (json: string): ReadChange | undefined => parsed(changeSchema, json);

/** A request as `medex audit export --format json` writes it; undefined where it is none. */
export function readEntry(json: string): AccessHistoryEntry | undefined {
  const entry = parsed(schema, json);
  return entry && { ...ABSENT, ...entry };
}

function parsed<T extends z.ZodType>(as: T, json: string): z.infer<T> | undefined {
  try {
    return as.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // no JSON
  }
}
