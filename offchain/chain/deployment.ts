import { isAddress } from "ethers";
import { z } from "zod";

const address = z.string().refine(isAddress, "not an EVM address");

/** Where the suite of one chain is: its id, an RPC URL, and the addresses of the contracts. */
export const deploymentSchema = z.strictObject({
  chainId: z.coerce.bigint().positive(),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  manager: address,
  hospitals: address,
  records: address,
  relayers: address,
  ledger: address,
  grants: address,
  requests: address,
  checkpoints: address,
});
export type Deployment = z.infer<typeof deploymentSchema>;
