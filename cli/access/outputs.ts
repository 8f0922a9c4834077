/** The JSON of `medex access …`. */
import { z } from "zod";
import {
  acknowledgement,
  address,
  chainName,
  decision,
  digits,
  hex32,
  requestState,
  seconds,
  timings,
  transactionHash,
} from "../output/json-types.ts";

export const accessOpenOutput = z.object({
  requestId: hex32,
  recordId: hex32,
  file: z.string().exactOptional().meta({ description: "with --output" }),
  server: z
    .object({
      url: z.string(),
      created: z.int().meta({ description: "resources that were made there" }),
      existing: z.int().meta({ description: "resources that the server had of this record" }),
      provenance: z.string().meta({ description: "where the Provenance is" }),
    })
    .exactOptional()
    .meta({ description: "with --to" }),
  bytes: z.int(),
  verified: z.array(z.string()).meta({ description: "what was checked, in words" }),
  withheld: z.array(z.string()).meta({ description: "private features that the owner did not send" }),
  timings: timings("check", "capsule", "ipfs", "tangle", "bfv", "assemble"),
});

export const accessRequestOutput = z.object({
  requestId: hex32,
  recordId: hex32,
  requester: hex32.meta({ description: "the doctor's member id" }),
  purpose: hex32.meta({ description: "HL7 v3 PurposeOfUse in ASCII, padded with zeros" }),
  destinationChainId: digits,
  destination: address.meta({ description: "AccessGrants on the owner's chain" }),
  issuedAt: seconds,
  expiry: seconds,
  nonce: digits,
  transactionHash,
  opened: accessOpenOutput.exactOptional().meta({ description: "with --output: the record that was granted" }),
});

const people = {
  recordName: z.string().exactOptional().meta({ description: "what the record is called in this vault" }),
  requester: hex32,
  requesterName: z.string().exactOptional().meta({ description: "what who asks is called in this vault" }),
};
const purpose = {
  purpose: z.string().meta({ description: "HL7 v3 PurposeOfUse" }),
  purposeDisplay: z.string().exactOptional().meta({ description: "HL7's words for it" }),
};
const hospital = z
  .string()
  .meta({ description: "of who asks: its name, or its id where the configuration has no name" });

export const accessListOutput = z.array(
  z.object({
    requestId: hex32,
    recordId: hex32,
    ...people,
    hospital: hospital.exactOptional(),
    ...purpose,
    expiry: seconds,
    state: requestState.meta({ description: "on the chain of the person who asks" }),
  }),
);

const leftOutRelayers = z
  .array(z.int())
  .meta({ description: "indices of relayers who take no part, as they have no sealing key that works" });

export const accessApproveOutput = z.object({
  requestId: hex32,
  recordId: hex32,
  ...people,
  hospital,
  ...purpose,
  decision: decision.meta({ description: "what Algorithm₁ decided; with --sign: what it would decide now" }),
  transactionHash: transactionHash.exactOptional().meta({ description: "absent with --sign" }),
  file: z.string().exactOptional().meta({ description: "with --sign: the signed approval, for the hospital to carry" }),
  sent: z
    .object({
      sealedRekey: hex32,
      headBlockId: hex32,
      chunks: z.int(),
      leftOutRelayers,
      sizes: z.object({ sealedRekey: z.int(), message: z.int() }).meta({ description: "in bytes" }),
    })
    .optional()
    .meta({ description: "absent where the decision is not Granted: nothing was sent" }),
  timings: timings("open", "bfv", "tangle", "rekey", "authorize"),
});

export const accessCarryOutput = z.object({
  chain: chainName,
  carried: z.array(
    z.object({
      requestId: hex32,
      transactionHash,
      decision: decision.exactOptional().meta({ description: "absent where the approval was not taken" }),
      refusal: z.string().exactOptional().meta({ description: "why the approval was not taken, in words" }),
    }),
  ),
});

export const accessDenyOutput = z.object({ requestId: hex32, decision: z.literal("DeniedByOwner"), transactionHash });

export const accessWithdrawOutput = z.object({ requestId: hex32, decision: z.literal("Withdrawn"), transactionHash });

export const accessResealOutput = z.object({
  requestId: hex32,
  decision,
  transactionHash,
  epoch: digits.meta({ description: "of the relayers to whom the key is sealed" }),
  sealedRekey: hex32.optional().meta({ description: "absent where the decision is not Granted: nothing was sent" }),
  leftOutRelayers: leftOutRelayers.optional(),
});

export const accessAckOutput = z.object({ requestId: hex32, acknowledgement, transactionHash });
