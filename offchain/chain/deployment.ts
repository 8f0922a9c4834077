import { getAddress, isAddress } from "ethers";
import { z } from "zod";

/**
 * An address of an account or contract, in its one spelling: with the checksum's capitals (EIP-55), whatever it was written with. So two of
 * them can be compared as strings.
 */
export const addressSchema = z
  .string()
  .refine(isAddress, "must be an EVM address: 0x and 40 hexadecimal digits")
  .transform((address) => getAddress(address));

/** Where the suite of one chain is: its id, an RPC URL, and the addresses of the contracts. */
export const deploymentSchema = z.strictObject({
  chainId: z.coerce.bigint().positive(),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  manager: addressSchema,
  hospitals: addressSchema,
  records: addressSchema,
  relayers: addressSchema,
  ledger: addressSchema,
  grants: addressSchema,
  requests: addressSchema,
  checkpoints: addressSchema,
  equivocations: addressSchema,
});
export type Deployment = z.infer<typeof deploymentSchema>;

/** The same deployment with its addresses in their one spelling: nodes tell them with capitals or without. */
export function normaliseDeployment({ chainId, rpcUrl, ...addresses }: Deployment): Deployment {
  const { manager, hospitals, records, relayers, ledger, grants, requests, checkpoints, equivocations } = addresses;
  return {
    chainId,
    rpcUrl,
    manager: getAddress(manager),
    hospitals: getAddress(hospitals),
    records: getAddress(records),
    relayers: getAddress(relayers),
    ledger: getAddress(ledger),
    grants: getAddress(grants),
    requests: getAddress(requests),
    checkpoints: getAddress(checkpoints),
    equivocations: getAddress(equivocations),
  };
}
