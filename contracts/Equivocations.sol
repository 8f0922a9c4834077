// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IAccessRequests} from "./interfaces/IAccessRequests.sol";
import {IEquivocations} from "./interfaces/IEquivocations.sol";
import {ILedgerCheckpoints} from "./interfaces/ILedgerCheckpoints.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Checkpoint} from "./types/Checkpoint.sol";
import {SignedCheckpoint, SignedReEncryption, SignedResponse} from "./types/Equivocation.sol";
import {RequestId} from "./types/Ids.sol";

/// @title Equivocations
/// @notice Suspends a relayer that signed two statements of which one must be false.
/// @dev What was signed is hashed by the contracts that take it, so that nothing counts here that would not count there. Only what a relayer's key
/// signed is evidence, whatever code its account has (EIP-7702): the word of a contract (ERC-1271) can change afterwards. It holds
/// the role that suspends relayers, and nothing else.
contract Equivocations is IEquivocations {
    /// @notice Suspends relayers.
    IRelayerSet public immutable RELAYERS;

    /// @notice Takes re-encryptions.
    IAccessGrants public immutable GRANTS;

    /// @notice Takes responses.
    IAccessRequests public immutable REQUESTS;

    /// @notice Takes checkpoints.
    ILedgerCheckpoints public immutable CHECKPOINTS;

    constructor(IRelayerSet relayers, IAccessGrants grants, IAccessRequests requests, ILedgerCheckpoints checkpoints) {
        RELAYERS = relayers;
        GRANTS = grants;
        REQUESTS = requests;
        CHECKPOINTS = checkpoints;
    }

    /// @inheritdoc IEquivocations
    function reportResponses(
        address relayer,
        uint64 sourceChainId,
        uint64 epoch,
        SignedResponse calldata first,
        SignedResponse calldata second
    ) external {
        if (
            RequestId.unwrap(first.response.requestId) != RequestId.unwrap(second.response.requestId) ||
            REQUESTS.answerDigest(first.response) == REQUESTS.answerDigest(second.response)
        ) revert EquivocationsNoContradiction();
        _suspend(
            relayer,
            epoch,
            [
                REQUESTS.responseDigest(sourceChainId, first.response, epoch, first.expiry),
                REQUESTS.responseDigest(sourceChainId, second.response, epoch, second.expiry)
            ],
            first.signature,
            second.signature
        );
    }

    /// @inheritdoc IEquivocations
    function reportReEncryptions(
        address relayer,
        RequestId requestId,
        uint64 epoch,
        SignedReEncryption calldata first,
        SignedReEncryption calldata second
    ) external {
        if (first.sealedRekey == second.sealedRekey) revert EquivocationsNoContradiction();
        _suspend(
            relayer,
            epoch,
            [
                GRANTS.reEncryptionDigest(requestId, first.sealedRekey, epoch, first.expiry),
                GRANTS.reEncryptionDigest(requestId, second.sealedRekey, epoch, second.expiry)
            ],
            first.signature,
            second.signature
        );
    }

    /// @inheritdoc IEquivocations
    function reportCheckpoints(
        address relayer,
        uint64 epoch,
        SignedCheckpoint calldata first,
        SignedCheckpoint calldata second
    ) external {
        Checkpoint calldata one = first.checkpoint;
        Checkpoint calldata other = second.checkpoint;
        if (
            one.chainId != other.chainId ||
            one.ledger != other.ledger ||
            one.blockNumber != other.blockNumber ||
            keccak256(abi.encode(one)) == keccak256(abi.encode(other))
        ) revert EquivocationsNoContradiction();
        _suspend(
            relayer,
            epoch,
            [
                CHECKPOINTS.checkpointDigest(one, epoch, first.expiry),
                CHECKPOINTS.checkpointDigest(other, epoch, second.expiry)
            ],
            first.signature,
            second.signature
        );
    }

    function _suspend(
        address relayer,
        uint64 epoch,
        bytes32[2] memory digests,
        bytes calldata firstSignature,
        bytes calldata secondSignature
    ) private {
        uint256 index = RELAYERS.indexOf(relayer);
        if (index == 0 || epoch < RELAYERS.tenure(index).from) revert EquivocationsUnknownRelayer(relayer, epoch);
        _requireSigned(relayer, digests[0], firstSignature);
        _requireSigned(relayer, digests[1], secondSignature);
        emit Equivocated(relayer, digests[0], digests[1], firstSignature, secondSignature);
        RELAYERS.suspendRelayer(relayer, keccak256(abi.encode(digests)));
    }

    function _requireSigned(address relayer, bytes32 digest, bytes calldata signature) private pure {
        if (!Signatures.isByKey(relayer, digest, signature)) revert EquivocationsInvalidSignature(relayer, digest);
    }
}
