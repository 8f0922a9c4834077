// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessResponse} from "./Access.sol";
import {Checkpoint} from "./Checkpoint.sol";

/// @dev A response as one relayer signed it.
struct SignedResponse {
    AccessResponse response;
    /// Unix seconds, as in `Attestations`.
    uint64 expiry;
    bytes signature;
}

/// @dev A re-encryption as one relayer signed it.
struct SignedReEncryption {
    /// SHA-256 digest of the CID of the sealed re-encryption key.
    bytes32 sealedRekey;
    /// Unix seconds, as in `Attestations`.
    uint64 expiry;
    bytes signature;
}

/// @dev A checkpoint as one relayer signed it.
struct SignedCheckpoint {
    Checkpoint checkpoint;
    /// Unix seconds, as in `Attestations`.
    uint64 expiry;
    bytes signature;
}
