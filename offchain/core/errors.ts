/**
 * Every error that MedExChain raises on purpose. The `code` is stable and is what callers and tests compare; the message is
 * for people: it says what is wrong, where, and what to do. Nothing secret may enter either (no plaintext, key, or record).
 */

/** The registry: each code with whether the same call may succeed later without anything being changed by hand. */
const REGISTRY = {
  // input and configuration
  CONFIG_INVALID: { retriable: false },
  INPUT_INVALID: { retriable: false },
  NAME_UNKNOWN: { retriable: false },
  NAME_AMBIGUOUS: { retriable: false },
  // a service that does not answer, or answers wrongly
  SERVICE_UNREACHABLE: { retriable: true },
  SERVICE_PROTOCOL: { retriable: true },
  // offchain/pre
  PRE_NOT_INITIALISED: { retriable: false },
  PRE_RANDOM_INVALID: { retriable: false },
  PRE_ELEMENT_INVALID: { retriable: false },
  PRE_PUBLIC_KEY_INVALID: { retriable: false },
  PRE_PRIVATE_KEY_INVALID: { retriable: false },
  PRE_REKEY_REFUSED: { retriable: false },
  PRE_DEALING_INVALID: { retriable: false },
  PRE_DECRYPT_FAILED: { retriable: false },
  RE_ENCRYPTION_INVALID: { retriable: false },
  FIREWALL_RECORD_SEEN: { retriable: false },
  FIREWALL_OUTPUT_INVALID: { retriable: false },
  CAPSULE_INVALID: { retriable: false },
  RECORD_REPLACED: { retriable: false },
  SEALED_REKEY_INVALID: { retriable: false },
  RELAYERS_CHANGED: { retriable: true },
  SEALED_INVALID: { retriable: false },
  // offchain/sfe
  RECORD_FORMAT: { retriable: false },
  POLICY_INVALID: { retriable: false },
  POLICY_SELECTS_NOTHING: { retriable: false },
  FEATURE_OUT_OF_RANGE: { retriable: false },
  PRIVATE_VALUE_PUBLIC: { retriable: false },
  FRAGMENT_INVALID: { retriable: false },
  FEATURE_MISSING: { retriable: false },
  // offchain/bfv
  BFV_PARAMETERS_REFUSED: { retriable: false },
  BFV_BYTES_INVALID: { retriable: false },
  BFV_MISMATCH: { retriable: false },
  BFV_OVERFLOW: { retriable: false },
  BFV_NOISE_EXHAUSTED: { retriable: false },
  // offchain/studies
  STUDY_INVALID: { retriable: false },
  STUDY_SHARE_INVALID: { retriable: false },
  STUDY_INPUT_INVALID: { retriable: false },
  STUDY_SUM_INVALID: { retriable: false },
  STUDY_RELEASE_REFUSED: { retriable: false },
  STUDY_UNDECIPHERABLE: { retriable: false },
  // offchain/ipfs
  CONTENT_NOT_FOUND: { retriable: true },
  CONTENT_MISMATCH: { retriable: true },
  CONTENT_INVALID: { retriable: false },
  // offchain/tangle
  TANGLE_BLOCK_NOT_FOUND: { retriable: true },
  TANGLE_BLOCK_MISMATCH: { retriable: false },
  TANGLE_BLOCK_INVALID: { retriable: false },
  TANGLE_BLOCK_REFUSED: { retriable: false },
  TANGLE_CHANNEL_MISMATCH: { retriable: false },
  TANGLE_SIGNATURE_INVALID: { retriable: false },
  TANGLE_MESSAGE_INVALID: { retriable: false },
  TANGLE_CHUNK_ALTERED: { retriable: false },
  TANGLE_CHUNK_SWAPPED: { retriable: false },
  TANGLE_CHUNK_REPEATED: { retriable: false },
  TANGLE_CHUNK_FOREIGN: { retriable: false },
  TANGLE_CHANNEL_GAP: { retriable: false },
  TANGLE_CHANNEL_TOO_LONG: { retriable: false },
  TANGLE_FORK: { retriable: false },
  TANGLE_HEAD_STALE: { retriable: false },
  TANGLE_ROTATION_INVALID: { retriable: false },
  TANGLE_JOURNAL_INVALID: { retriable: false },
  TANGLE_PUBLICATION_PENDING: { retriable: false },
  TANGLE_CLIENT_FAILED: { retriable: true },
  TANGLE_WORK_TOO_LONG: { retriable: true },
  TANGLE_STORE_CORRUPT: { retriable: false },
  // offchain/chain
  CHAIN_REVERTED: { retriable: false },
  CHAIN_MISMATCH: { retriable: false },
  ACCOUNT_UNFUNDED: { retriable: true }, // somebody funds it: nothing that was begun need be given up
  RECORD_UNKNOWN: { retriable: false },
  CERTIFICATE_INVALID: { retriable: false },
  REQUEST_PENDING: { retriable: true },
  REQUEST_EXPIRED: { retriable: false },
  REQUEST_UNKNOWN: { retriable: true },
  REQUEST_ALREADY_GRANTED: { retriable: false },
  REQUEST_DENIED: { retriable: false },
  APPROVAL_ELSEWHERE: { retriable: false },
  ACCESS_LIMIT_REACHED: { retriable: false },
  RESPONSE_INVALID: { retriable: false },
  RELAYERS_UNREADY: { retriable: true }, // a relayer sets its key, or the relayer manager sets the set right
  PARTIALS_MISSING: { retriable: true },
  // offchain/actors
  DEVICE_LOCKED: { retriable: false },
  // offchain/fhir
  FHIR_REFUSED: { retriable: false },
  CONSENT_INEXPRESSIBLE: { retriable: false },
  // offchain/vault
  VAULT_EXISTS: { retriable: false },
  VAULT_NOT_FOUND: { retriable: false },
  VAULT_PASSPHRASE_WRONG: { retriable: false },
  VAULT_DAMAGED: { retriable: false },
  VAULT_IN_USE: { retriable: true },
  // gateway
  HOSPITAL_UNREACHABLE: { retriable: true }, // the firewall answers, and the hospital behind it does not
  GATEWAY_CALL_INVALID: { retriable: false },
  GATEWAY_CALL_REFUSED: { retriable: false },
  GATEWAY_CALL_ABANDONED: { retriable: true },
  GATEWAY_BUSY: { retriable: true },
  GATEWAY_INTERNAL: { retriable: true },
  // deploy
  DEPLOYER_UNFUNDED: { retriable: false },
  DEPLOYMENT_FAILED: { retriable: true },
  DEPLOYMENT_DEVIATES: { retriable: false },
  // audit
  AUDIT_MISMATCH: { retriable: false },
  CHECKPOINT_MISSING: { retriable: true },
  RECEIPT_INVALID: { retriable: false },
  // relayer
  RELAYER_INTERNAL: { retriable: true },
  DATABASE_INVALID: { retriable: false },
  OUTBOX_GAP: { retriable: true },
  CHAIN_REORGANISED: { retriable: true },
  CHAIN_RESET: { retriable: true },
  CHAIN_STATE_PRUNED: { retriable: true },
  RE_ENCRYPTION_WORKER_FAILED: { retriable: true },
  REQUEST_NOT_FILED: { retriable: true },
  ATTESTATIONS_MISSING: { retriable: true },
  ATTESTATION_CONFLICT: { retriable: true },
  DEALING_INVALID: { retriable: false },
  SHARE_MISSING: { retriable: true },
  SHARE_INVALID: { retriable: true }, // others, whose shares are right, go on without this one
  PARTIAL_UNPUBLISHED: { retriable: true },
  ANSWER_FALSE: { retriable: true },
  LANE_PAUSED: { retriable: true },
  REQUEST_RATE_EXCEEDED: { retriable: true },
  CLOCKS_DIFFER: { retriable: true },
  PROOF_PENDING: { retriable: true },
  CLIENT_FROZEN: { retriable: false },
  CLIENT_EXPIRED: { retriable: false },
  CLIENT_MISSING: { retriable: false },
  JOB_PARKED: { retriable: false },
  JOB_CRASHES: { retriable: false },
  STORAGE_FAILED: { retriable: true },
  TRANSACTION_PENDING: { retriable: true },
  TRANSACTION_REPLACED: { retriable: true },
  TRANSACTION_REVERTED: { retriable: true },
  TRANSACTION_REFUSED: { retriable: true },
} as const satisfies Record<string, { retriable: boolean }>;

export type ErrorCode = keyof typeof REGISTRY;
export const ERROR_CODES = Object.keys(REGISTRY) as ErrorCode[]; // the keys of a constant

export class MedexError extends Error {
  override readonly name = "MedexError";
  /** Stable, for programs. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later. */
  readonly retriable: boolean;

  /**
   * @param code a registered code
   * @param message one line for a person: what, where, what to do; never a secret
   * @param options.cause the error beneath, kept for developers; it is not printed by the CLI or logged
   */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.retriable = REGISTRY[code].retriable;
  }

  static is(error: unknown, code?: ErrorCode): error is MedexError {
    return error instanceof MedexError && (code === undefined || error.code === code);
  }
}
