// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RequestId} from "../types/Ids.sol";
import {SignedCheckpoint, SignedReEncryption, SignedResponse} from "../types/Equivocation.sol";

/// @title IEquivocations
/// @notice Suspends a relayer that signed two statements of which one must be false.
/// @dev Two statements contradict each other when they are of one kind, about one thing, and for one epoch, and say different things. The epoch
/// belongs to it: a relayer holds to its word for as long as an epoch lasts, and what it learns later it says under a later one. A correction
/// is always of a later epoch than what it corrects, and a statement of its own kind. The expiry is no part of what is said.
interface IEquivocations {
    /// @notice A relayer signed two statements that contradict each other, and is suspended.
    /// @param first EIP-712 digest of the one
    /// @param second EIP-712 digest of the other
    event Equivocated(
        address indexed relayer,
        bytes32 indexed first,
        bytes32 indexed second,
        bytes firstSignature,
        bytes secondSignature
    );

    /// @dev It is no relayer now, or became one after that epoch: what it signed in an earlier tenure was judged when that ended.
    error EquivocationsUnknownRelayer(address relayer, uint64 epoch);
    /// @dev The two say the same, or speak of different things.
    error EquivocationsNoContradiction();
    /// @dev The relayer's key did not sign the statement with this digest.
    error EquivocationsInvalidSignature(address relayer, bytes32 digest);

    /// @notice Reports two first answers to one request, from one chain. By anyone.
    /// @param epoch that both name
    function reportResponses(
        address relayer,
        uint64 sourceChainId,
        uint64 epoch,
        SignedResponse calldata first,
        SignedResponse calldata second
    ) external;

    /// @notice Reports two re-encryptions for one request. By anyone.
    /// @param epoch that both name
    function reportReEncryptions(
        address relayer,
        RequestId requestId,
        uint64 epoch,
        SignedReEncryption calldata first,
        SignedReEncryption calldata second
    ) external;

    /// @notice Reports two checkpoints of one ledger at one block. By anyone.
    /// @dev Of one block, not of one length: who sees a ledger that was rewritten to the same length has to say so.
    /// @param epoch that both name
    function reportCheckpoints(
        address relayer,
        uint64 epoch,
        SignedCheckpoint calldata first,
        SignedCheckpoint calldata second
    ) external;
}
