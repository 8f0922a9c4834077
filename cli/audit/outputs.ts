/** The JSON of `medex audit …`. */
import { z } from "zod";
import { acknowledgement, address, decision, digits, hex32, requestState, seconds } from "../output/json-types.ts";
import { FORMATS } from "./formats.ts";

export const auditVerifyOutput = z.object({
  passed: z.boolean().meta({ description: "whether nothing is wrong and nothing was left unchecked" }),
  findings: z.array(
    z.object({
      code: z.string().meta({ description: "docs/audit.md has them all" }),
      severity: z.enum(["error", "unchecked", "warning", "notice"]),
      message: z.string(),
      where: z.object({
        chainId: digits.optional(),
        block: z.int().optional(),
        transactionHash: z.string().optional(),
        logIndex: z.int().optional(),
        entry: digits.optional(),
        requestId: z.string().optional(),
        recordId: z.string().optional(),
        memberId: z.string().optional(),
        studyId: z.string().optional(),
      }),
      evidence: z.object({ expected: z.string(), found: z.string() }),
      advice: z.string(),
    }),
  ),
  chains: z.array(
    z.object({
      chainId: digits,
      block: z.int().optional().meta({ description: "up to which it was read; absent where nothing could be" }),
      provenBefore: z.int().optional().meta({
        description:
          "up to which block an earlier run had proven it, from which this one went on; absent where it began with the first",
      }),
      entries: digits,
      requests: digits,
      ledgerHead: hex32.meta({ description: "what the ledger's entries lead to" }),
      studies: z
        .object({
          studies: z.int(),
          released: z.int().meta({ description: "of which there is a result" }),
          patients: z.int().meta({ description: "in the released sums" }),
        })
        .optional()
        .meta({ description: "absent where the configuration names no registry of studies" }),
      checkpoints: z
        .array(
          z.object({
            chainId: digits,
            ledger: address,
            entryCount: digits,
            blockNumber: digits,
            blockTime: digits,
            head: hex32,
            root: hex32,
            keptBy: digits.meta({ description: "the chain that keeps it" }),
          }),
        )
        .meta({ description: "what other chains keep of the ledger, oldest first" }),
      proof: z
        .object({
          blocks: z.int().meta({ description: "how many blocks were read, each proven by seals and roots" }),
          validators: z.array(address).meta({ description: "the chain's at the last block" }),
          isStateProven: z
            .boolean()
            .meta({ description: "whether the contracts' state at the last block could be proven" }),
        })
        .optional()
        .meta({ description: "absent where the configuration names no validators: the node's headers were believed" }),
    }),
  ),
});

const time = z.string().meta({ description: "an ISO 8601 date and time, in UTC" });

export const auditMineOutput = z.array(
  z.object({
    recordId: hex32,
    anchoredAt: time,
    status: z.enum(["active", "revoked"]),
    limit: digits.meta({ description: "how often one requester may be granted access" }),
    requests: z.array(
      z.object({
        requestId: hex32,
        requester: hex32,
        hospital: z.string().optional().meta({ description: "its name, or its id where the configuration has none" }),
        purpose: z.string(),
        askedAt: time.optional(),
        outcome: z.string(),
        decidedAt: time.optional(),
        openedAt: time.optional(),
      }),
    ),
    left: z
      .array(z.object({ requester: hex32, ofRecord: digits, atHospital: digits }))
      .meta({ description: "what each requester has left of the record's limit, and of the hospital's" }),
  }),
);

/** With `--output`: without, the export itself is printed. */
export const auditExportOutput = z.object({
  file: z.string(),
  format: z.enum(FORMATS),
  passed: z.boolean().optional().meta({ description: "html: whether the audit passed" }),
  requests: z.int().optional().meta({ description: "csv, json, fhir: how many requests are in it" }),
});

const position = {
  chainId: digits,
  block: z.int(),
  logIndex: z.int(),
  transactionHash: hex32,
  timestamp: seconds,
};
const answer = z.object({
  ...position,
  decision,
  decidedAt: seconds,
  contents: hex32,
  reEncryption: hex32,
  privateFragment: hex32,
});
const logged = z.object({
  ...position,
  index: digits,
  decision,
  hospitalCount: digits,
  hospitalLimit: digits,
  recordCount: digits,
  recordLimit: digits,
});

const reEncryption = z.object({ ...position, sequence: digits, sealedRekey: hex32 });

/** One line of `medex audit replay --json`: a request, both chains' sides joined. What is absent no chain has said. */
export const auditReplayLine = z.object({
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
    destinationChainId: digits,
    destination: address,
    issuedAt: seconds,
    expiry: seconds,
    nonce: digits,
  }),
  sourceChainId: digits,
  destinationChainId: digits,
  requested: z.object({ ...position, sequence: digits }).optional(),
  delivered: z.object({ ...position, index: digits }).optional(),
  decisions: z.array(logged),
  decision: logged.optional(),
  consent: hex32.optional().meta({ description: "the standing consent by which it was approved" }),
  reEncryption: reEncryption.optional(),
  resealings: z.array(reEncryption),
  answer: answer.optional(),
  response: answer.optional(),
  replacedResponses: z.array(answer),
  acknowledgement: z.object({ ...position, acknowledgement }).optional(),
  expired: z.object(position).optional(),
  sourceState: requestState,
  destinationState: requestState,
});

const noted = {
  chainId: digits,
  ledger: z.string().meta({ description: "the AccessLedger contract's address, in lower case" }),
  entryCount: z.int().meta({ description: "how many entries the ledger had" }),
  root: hex32.meta({ description: "the ledger's root then" }),
};
const cosignatures = z
  .array(z.object({ name: z.string(), time: seconds }))
  .meta({ description: "the witnesses' that were asked for" });

export const auditReceiptWriteOutput = z.object({
  file: z.string(),
  requestId: hex32,
  chainId: digits.meta({ description: "the owner's chain" }),
  entries: z.int().meta({ description: "how many entries of the ledger are about the request" }),
  entryCount: noted.entryCount,
  root: noted.root,
});

export const auditReceiptVerifyOutput = z.object({
  requestId: hex32,
  ...noted,
  entries: z.array(
    z.object({
      index: z.int().meta({ description: "in the ledger, from 0" }),
      requestId: hex32,
      recordId: hex32,
      requester: hex32,
      hospitalId: hex32,
      decision,
      hospitalCount: digits,
      hospitalLimit: digits,
      recordCount: digits,
      recordLimit: digits,
      timestamp: seconds,
    }),
  ),
  cosignatures,
});

export const auditWitnessCreateOutput = z.object({
  name: z.string(),
  file: z.string(),
  key: z.string().meta({ description: "the witness's public key, for others" }),
});

export const auditWitnessSignOutput = z.object({ file: z.string(), ...noted });

export const auditWitnessVerifyOutput = z.object({ ...noted, cosignatures });
