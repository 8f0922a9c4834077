/** The JSON of `medex member …`. */
import { z } from "zod";
import { address, chainName, digits, hex32, seconds, transactionHash } from "../output/json-types.ts";

const memberId = hex32;

export const memberEnrolOutput = z.object({
  memberId,
  account: address,
  serial: digits.meta({ description: "of the certificate; each is above those before" }),
  notAfter: seconds,
  transactionHash,
});

export const memberInviteOutput = z.object({
  memberId,
  file: z.string().meta({ description: "the invite; whoever has it can join in the member's place, until it is used" }),
  fingerprint: z.string().meta({ description: "to compare with what `medex member join` prints" }),
  role: z.enum(["owner", "doctor"]),
  expiry: seconds,
});

export const memberJoinOutput = z.object({
  memberId,
  hospital: z.string(),
  chain: chainName,
  role: z.enum(["owner", "doctor"]),
});

export const memberImportOutput = z.object({ memberId, chain: chainName, transactionHash });

const standing = z.object({
  chain: chainName,
  known: z.boolean().meta({ description: "account and the fields below are there only where it is" }),
  active: z.boolean(),
  account: address.optional(),
  serial: digits.optional(),
  suspended: z.boolean().optional(),
  notAfter: seconds.optional(),
  keyDigest: hex32.optional(),
});
export type MemberStanding = z.output<typeof standing>;

export const memberShowOutput = z.object({ memberId, chains: z.array(standing) });

export const memberStandingOutput = z.object({ memberId, verb: z.enum(["suspend", "reinstate"]), transactionHash });
