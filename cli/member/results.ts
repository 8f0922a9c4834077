/** What `medex member` prints with `--json`. */
import { z } from "zod";
import { address, hex32, integer, unixTime } from "../output/json-types.ts";

export const enrolResult = z.strictObject({
  memberId: hex32,
  account: address,
  serial: integer.describe("of the certificate: each renewal has a higher one"),
  notAfter: unixTime.describe("when the certificate expires, in Unix seconds"),
  transactionHash: hex32,
});
export const joinResult = z.strictObject({
  memberId: hex32,
  hospital: z.string(),
  chain: z.string(),
  role: z.enum(["owner", "doctor"]),
});
export const importResult = z.strictObject({ memberId: hex32, chain: z.string(), transactionHash: hex32 });
export const showResult = z.strictObject({
  memberId: hex32,
  chains: z.array(
    z.strictObject({
      chain: z.string(),
      known: z.boolean(),
      active: z.boolean().describe("may act: certified, not expired, and neither it nor its hospital suspended"),
      account: address
        .exactOptional()
        .describe("this and the next are absent where the chain does not know the member"),
      serial: integer.exactOptional(),
      suspended: z.boolean().exactOptional(),
      notAfter: unixTime.exactOptional(),
      keyDigest: hex32.exactOptional().describe("of a doctor's public keys on IPFS; zero for a patient"),
    }),
  ),
});
export const standingResult = z.strictObject({
  memberId: hex32,
  verb: z.enum(["suspend", "reinstate"]),
  transactionHash: hex32,
});
