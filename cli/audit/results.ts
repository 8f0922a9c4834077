/** What `medex audit` prints with `--json`. */
import { ACKNOWLEDGEMENTS, DECISIONS, REQUEST_STATES } from "@medexchain/chain";
import { z } from "zod";
import { address, count, hex32, integer, unixTime } from "../output/json-types.ts";
import { FORMATS } from "./formats.ts";

const position = z.strictObject({
  chainId: integer,
  block: count,
  logIndex: count,
  transactionHash: hex32,
  timestamp: unixTime.describe("of the block, Unix seconds"),
});
const decision = position.extend({
  index: integer.describe("in the ledger, from 0"),
  decision: z.enum(DECISIONS),
  hospitalCount: integer,
  hospitalLimit: integer,
  recordCount: integer,
  recordLimit: integer,
});
const answer = position.extend({
  decision: z.enum(DECISIONS),
  decidedAt: unixTime,
  contents: hex32,
  reEncryption: hex32,
  privateFragment: hex32,
});

/** One line of `medex audit replay`: a request, with what both chains say of it. */
export const replayLine = z.strictObject({
  requestId: hex32,
  recordId: hex32,
  requester: hex32,
  requesterHospital: hex32.optional(),
  owner: hex32.optional(),
  ownerHospital: hex32.optional(),
  purpose: hex32.describe("as ASCII padded with zeros; anyone can choose it: do not print it unfiltered"),
  request: z.strictObject({
    recordId: hex32,
    requester: hex32,
    purpose: hex32,
    destinationChainId: integer,
    destination: address,
    issuedAt: unixTime,
    expiry: unixTime,
    nonce: integer,
  }),
  sourceChainId: integer.describe("the requester's chain"),
  destinationChainId: integer.describe("the owner's chain"),
  requested: position.extend({ sequence: integer }).optional(),
  delivered: position.extend({ index: integer }).optional(),
  decisions: z.array(decision),
  decision: decision.optional(),
  reEncryption: position.extend({ sequence: integer, sealedRekey: hex32 }).optional(),
  answer: answer.optional().describe("of the owner's chain"),
  response: answer.optional().describe("as it arrived at the requester's chain"),
  acknowledgement: position.extend({ acknowledgement: z.enum(ACKNOWLEDGEMENTS) }).optional(),
  expired: position.optional(),
  sourceState: z.enum(REQUEST_STATES),
  destinationState: z.enum(REQUEST_STATES),
});

export const verifyResult = z.strictObject({
  passed: z.boolean().describe("nothing is wrong, and nothing was left unchecked"),
  findings: z.array(
    z.strictObject({
      code: z.string().describe("see docs/audit.md"),
      severity: z.enum(["error", "unchecked", "warning", "notice"]),
      message: z.string(),
      where: z.strictObject({
        chainId: integer.exactOptional(),
        block: count.exactOptional(),
        transactionHash: hex32.exactOptional(),
        logIndex: count.exactOptional(),
        entry: integer.exactOptional(),
        requestId: hex32.exactOptional(),
        recordId: hex32.exactOptional(),
        memberId: hex32.exactOptional(),
      }),
      evidence: z.strictObject({ expected: z.string(), found: z.string() }),
      advice: z.string(),
    }),
  ),
  chains: z.array(
    z.strictObject({
      chainId: integer,
      block: count.optional().describe("up to which it was read; absent where nothing could be"),
      entries: integer.describe("in its ledger"),
      requests: integer.describe("made there"),
    }),
  ),
});

export const exportResult = z.strictObject({
  file: z.string(),
  format: z.enum(FORMATS),
  passed: z.boolean().exactOptional().describe("html: whether the audit passed"),
  requests: count.exactOptional().describe("the other formats: how many requests are in it"),
});

export const mineResult = z.array(
  z.strictObject({
    recordId: hex32,
    anchoredAt: z.string(),
    status: z.enum(["active", "revoked"]),
    limit: integer,
    requests: z.array(
      z.strictObject({
        requestId: hex32,
        requester: hex32,
        hospital: z.string().optional().describe("its name, where the configuration has it, else its id"),
        purpose: z.string(),
        askedAt: z.string().optional(),
        outcome: z.string(),
        decidedAt: z.string().optional(),
        openedAt: z.string().optional(),
      }),
    ),
    left: z
      .array(z.strictObject({ requester: hex32, ofRecord: integer, atHospital: integer }))
      .describe("what each requester has left of the record's limit, and of the hospital's"),
  }),
);
