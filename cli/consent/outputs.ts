/** The JSON of `medex consent …`. */
import { z } from "zod";
import { decision, digits, hex32, seconds, transactionHash } from "../output/json-types.ts";

const consentId = hex32.meta({ description: "the id of the consent: the digest that the patient signed" });

const until = seconds.meta({
  description: "the first second after it, in Unix time, in decimal digits; 18446744073709551615 where it has no end",
});

export const consentSignOutput = z.object({
  consentId,
  from: seconds,
  until,
  count: z.int().meta({ description: "how often access is granted by it" }),
  transactionHash,
});

export const consentListOutput = z.array(
  z.object({
    consentId,
    state: z.enum(["in force", "not yet", "expired", "used up", "revoked", "of another account"]),
    recipients: z.array(z.string()).meta({ description: "names of hospitals and people, or ids" }),
    purposes: z.array(z.string()).meta({ description: "HL7 v3 PurposeOfUse" }),
    records: z.array(hex32).meta({ description: "all of the patient's where there are none" }),
    data: z
      .array(z.string())
      .exactOptional()
      .meta({ description: "what data, where it is not all; absent where the consent was not signed on this device" }),
    from: seconds,
    until,
    used: digits,
    count: digits,
  }),
);

export const consentRevokeOutput = z.object({
  consentId,
  transactionHash: transactionHash.exactOptional().meta({ description: "absent where it was revoked before" }),
  withdrawn: z.array(hex32).meta({ description: "requests whose approval was taken back" }),
});

export const consentServeOutput = z.object({
  requestId: hex32,
  recordId: hex32,
  requester: hex32,
  purpose: z.string().meta({ description: "HL7 v3 PurposeOfUse" }),
  consentId,
  outcome: z.enum(["approved", "left", "failed"]).meta({
    description: "left: it waits for the patient; failed: it is tried again",
  }),
  decision: decision.exactOptional().meta({ description: "where it was approved: what Algorithm₁ decided" }),
  transactionHash: transactionHash.exactOptional(),
  reason: z.string().exactOptional().meta({ description: "where it was not approved" }),
});
