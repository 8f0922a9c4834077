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

/** The contracts of a suite, by their names in a deployment. */
const SUITE_CONTRACTS = [
  "manager",
  "hospitals",
  "records",
  "relayers",
  "ledger",
  "mailbox",
  "grants",
  "requests",
  "checkpoints",
  "equivocations",
  "consents",
] as const;
type SuiteContract = (typeof SUITE_CONTRACTS)[number];

/** A value for each contract of a suite. */
export function forEachContract<T>(make: (name: SuiteContract) => T): Record<SuiteContract, T> {
  return Object.fromEntries(SUITE_CONTRACTS.map((name) => [name, make(name)])) as Record<SuiteContract, T>; // one each
}

/** Where the suite of one chain is: its id, an RPC URL, and the addresses of the contracts. */
export const deploymentSchema = z.strictObject({
  chainId: z.coerce.bigint().positive(),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  ...forEachContract(() => addressSchema),
});
export type Deployment = z.infer<typeof deploymentSchema>;

/** The same deployment with its addresses in their one spelling: nodes tell them with capitals or without. */
export function normaliseDeployment({ chainId, rpcUrl, ...addresses }: Deployment): Deployment {
  return { chainId, rpcUrl, ...forEachContract((name) => getAddress(addresses[name])) };
}
