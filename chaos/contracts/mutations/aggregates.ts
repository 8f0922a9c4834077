import type { ContractMutation } from "../mutation.ts";

const KEYS = "contracts/AggregateKeys.sol";
const SET = "contracts/RelayerSet.sol";
const LIBRARY = "contracts/libraries/BlsSignatures.sol";
const killedBy = ["test/contracts/AggregateKeys.test.ts"];

/** What relayers attest together, broken. */
export const AGGREGATES: readonly ContractMutation[] = [
  {
    name: "key-without-proof",
    what: "takes a key for aggregates that nobody proved to hold",
    file: KEYS,
    from: "revert AggregateKeysInvalidProof(relayer);",
    to: "{}",
    killedBy,
  },
  {
    name: "aggregate-of-anyone",
    what: "counts an aggregate that not all signed whom it names",
    file: KEYS,
    from: "revert AggregateKeysInvalidAggregate(signers);",
    to: "{}",
    killedBy,
  },
  {
    name: "aggregate-names-strangers",
    what: "takes an aggregate that names relayers without keys",
    file: KEYS,
    from: "if (unknown != 0) revert",
    to: "if (false) revert",
    killedBy,
  },
  {
    name: "aggregates-on-any-chain",
    what: "counts aggregates on a chain that cannot verify them",
    file: KEYS,
    from: "if (on && !BlsSignatures.isSupported()) revert",
    to: "if (false) revert",
    killedBy,
  },
  {
    name: "key-outlives-tenure",
    what: "counts the key of a relayer that was removed",
    file: SET,
    from: "_dropKey(index);",
    to: "",
    killedBy,
  },
  {
    name: "aggregate-and-signature-count",
    what: "counts a relayer for its signature and in an aggregate",
    file: SET,
    from: "if (aggregated & counted != 0) revert",
    to: "if (false) revert",
    killedBy,
  },
  {
    name: "late-member-in-aggregate",
    what: "counts in an aggregate who was no relayer yet in its epoch",
    file: SET,
    from: "if (late != 0) revert",
    to: "if (false) revert",
    killedBy,
  },
  {
    name: "unreachable-threshold",
    what: "takes a threshold that no item of a batch can meet",
    file: SET,
    from: "if (needed > _mostAggregated()) revert",
    to: "if (false) revert",
    killedBy: ["test/contracts/RelayerSet.test.ts"],
  },
  {
    name: "nothing-is-a-key",
    what: "takes the point at infinity for a key",
    file: LIBRARY,
    from: "if (keccak256(key) == keccak256(new bytes(KEY_LENGTH))) return false;",
    to: "",
    killedBy,
  },
  {
    name: "one-tag-for-all",
    what: "takes signatures for proofs of possession",
    file: LIBRARY,
    from: "BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_",
    to: "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_",
    killedBy,
  },
];
