import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { getAddress, isAddress, ZeroAddress } from "ethers";
import { z } from "zod";

const account = z
  .string()
  .refine(isAddress, "not an EVM address")
  .transform((address) => getAddress(address))
  .refine((address) => address !== ZeroAddress, "is the zero address: set the account");

const holder = z.strictObject({
  /** Who holds the role: a multi-signature account, or on a development chain any account. */
  account,
  /** Seconds between scheduling and executing a call by this role, in which it can be seen and cancelled; at most 30 days. */
  executionDelay: z.number().int().min(0).max(2_592_000),
});
const holders = z
  .array(holder)
  .min(1)
  .refine((list) => new Set(list.map((each) => each.account)).size === list.length, "names an account twice");

const rolesSchema = z.strictObject({
  /** Gives and takes every role, binds calls to roles. */
  administrator: holders,
  /** Registers, suspends and reinstates hospitals, replaces their operators, sets how many requests they may make. */
  registrar: holders,
  /** Admits and removes relayers, sets the threshold and the sealing key. */
  relayerManager: holders,
  /** Opens and closes lanes to other chains, and resumes those that were stopped. */
  laneManager: holders,
  /** Stops a lane at once; can open none. */
  guardian: holders,
});
export type RolesParameters = z.infer<typeof rolesSchema>;

const relayersSchema = z
  .strictObject({
    /** The relayers' accounts. */
    accounts: z.array(account).min(1),
    /** How many of them must attest a response. */
    threshold: z.number().int().min(1),
    /** How low the relayer manager may set the threshold later; only the administrator changes it. */
    minThreshold: z.number().int().min(1).default(1),
    /** The X25519 public key to which owners sealed before relayers had keys of their own: 0x and 64 hexadecimal digits. */
    sealingKey: z
      .string()
      .regex(/^0x[0-9a-f]{64}$/, "not 0x and 64 lower-case hexadecimal digits")
      .refine((key) => !/^0x0+$/.test(key), "is zero: set the relayers' public key"),
  })
  .refine(
    ({ accounts, threshold }) => threshold <= accounts.length,
    "threshold: must not be more than the number of accounts",
  )
  .refine(
    ({ minThreshold, threshold }) => minThreshold <= threshold,
    "minThreshold: must not be more than the threshold",
  )
  .refine(({ accounts }) => new Set(accounts).size === accounts.length, "accounts: names an account twice");
export type RelayersParameters = z.infer<typeof relayersSchema>;

/** As `LanePolicy` in `contracts/types/Proof.sol` has them, in order. */
export const POLICIES = ["attested", "proven", "both"] as const;

const validators = z
  .array(account)
  .min(1)
  .max(200)
  .refine((list) => new Set(list).size === list.length, "names an account twice");
const provenLaneSchema = z.strictObject({
  /** `proven`: what the other chain's validators sealed, and no relayer is asked. `both`: that, and attested by relayers, too. */
  policy: z.enum(["proven", "both"]),
  /** The validators of the other chain, which runs QBFT, at the time of the deployment. They must validate no third chain. */
  validators,
  /** For how many seconds they are trusted after a header; without a later one, the light client must be replaced. Two weeks unless given. */
  trustingPeriod: z.number().int().min(3_600).default(1_209_600),
});
export type ProvenLaneParameters = z.infer<typeof provenLaneSchema>;
const laneSchema = z.discriminatedUnion("policy", [
  z.strictObject({ policy: z.literal("attested") }),
  provenLaneSchema,
]);

const transactionsSchema = z.strictObject({
  /**
   * Wei per gas of legacy transactions: 0 on chains where gas is free. Without it, EIP-1559 transactions at the price that the chain asks.
   */
  gasPrice: z.number().int().min(0).optional(),
  /** How many blocks, its own included, a transaction must be deep before it counts. 1 where blocks are final at once. */
  confirmations: z.number().int().min(1).default(5),
  /** Milliseconds between two looks at the chain. */
  pollInterval: z.number().int().min(10).default(1_000),
});
export type TransactionParameters = z.infer<typeof transactionsSchema>;

export const parametersSchema = z
  .strictObject({
    /**
     * True on chains that hold nothing of value: only there may the deployer keep roles, the administrator be a plain account, and
     * act without delay.
     */
    development: z.boolean().default(false),
    /** Who holds which role once the deployment is done. */
    roles: rolesSchema,
    /** The first relayers. Left out, the relayer manager admits them later. */
    relayers: relayersSchema.optional(),
    /**
     * The `AccessGrants` of the suite from which the new one goes on: with its counts, ledger, hospitals, members and records. It must be
     * sealed before anything is granted here. Left out, the suite begins with nothing.
     */
    predecessor: account.optional(),
    /** What makes messages of the other chain believed. Left out, or `attested`: the attestations of relayers. */
    lane: laneSchema.optional(),
    /** Contracts that may approve for owners who name them. */
    policies: z
      .array(account)
      .refine((list) => new Set(list).size === list.length, "names a contract twice")
      .optional(),
    /** Whether there is a registry of studies beside the suite. Left out, there is none. */
    studies: z.boolean().optional(),
    /** How transactions are paid for and waited for. */
    transactions: transactionsSchema.prefault({}),
  })
  .superRefine(({ development, roles }, context) => {
    if (development) return;
    roles.administrator.forEach(({ executionDelay }, i) => {
      if (executionDelay > 0) return;
      context.addIssue({
        code: "custom",
        path: ["roles", "administrator", i, "executionDelay"],
        message: "is 0: an administrator must act after a delay, except on development chains",
      });
    });
  });
export type LaneParameters = z.infer<typeof laneSchema>;
/** What is particular to one network, beside its addresses: roles, relayers, predecessor, policies, transactions. */
export type NetworkParameters = z.infer<typeof parametersSchema>;

/**
 * Reads the parameters of a network.
 *
 * @throws CONFIG_INVALID naming the file and each wrong key
 */
export function readNetworkParameters(path: string): Promise<NetworkParameters> {
  return readJsoncFile("network parameters", path, parametersSchema);
}
