// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Attestations, SignedAuthorization} from "../types/Access.sol";
import {Checkpoint, Extension} from "../types/Checkpoint.sol";
import {LedgerProof, PeakProof, ProvenRequest, ProvenResponse} from "../types/Proof.sol";
import {IAccessGrants} from "./IAccessGrants.sol";
import {IAccessRequests} from "./IAccessRequests.sol";
import {ILedgerCheckpoints} from "./ILedgerCheckpoints.sol";
import {IMessageOutbox} from "./IMessageOutbox.sol";
import {IProvenLanes} from "./IProvenLanes.sol";

/// @title IMailbox
/// @notice Sends what this chain's contracts say to other chains, and delivers to them what other chains are proven to have said, and what
/// many owners signed.
/// @dev The peer on another chain is its `Mailbox`. What is delivered is proven in two steps: once for many messages, that peaks of a sender's
/// range are in a state that validators sealed; then for each message, that it is below such a peak. The contracts to which messages go
/// are named by the carrier: each is given only what its own peer is proven to have said.
interface IMailbox is IMessageOutbox, IProvenLanes {
    /// @notice Every message below this peak of a sender's range on `chainId` is proven from now on.
    /// @param blockNumber of a block, there, after which the peak was so
    event PeakProven(uint64 indexed chainId, address indexed sender, bytes32 indexed peak, uint64 blockNumber);

    /// @dev It is not below any peak of its sender's that was proven.
    error MailboxUnprovenMessage(uint64 chainId, address sender, bytes32 message);
    /// @dev Another block's time, another head, length or root than the ledger had at the end of that block.
    error MailboxWrongCheckpoint(uint64 chainId, uint64 blockNumber);
    /// @dev Relayers are not asked where the policy is `Proven`: nobody would check what they signed.
    error MailboxNeedlessAttestations(uint64 chainId);

    /// @notice Proves peaks of senders' ranges, by the state of one block of `chainId` of which its client has the header.
    /// @param account proof of the peer's account, as of `eth_getProof`
    function provePeaks(
        uint64 chainId,
        uint64 blockNumber,
        bytes[] calldata account,
        PeakProof[] calldata peaks
    ) external;

    /// @notice Brings a request that is proven to have been made, as `IAccessGrants.deliverRequest`.
    function deliverRequestProven(IAccessGrants grants, uint64 chainId, ProvenRequest calldata item) external;

    /// @notice As `deliverRequestProven`, several times. A request that is not taken is reported and skipped.
    function deliverRequestsProven(IAccessGrants grants, uint64 chainId, ProvenRequest[] calldata items) external;

    /// @notice Brings a response that is proven to have been given, as `IAccessRequests.deliverResponse`.
    function deliverResponseProven(IAccessRequests requests, uint64 chainId, ProvenResponse calldata item) external;

    /// @notice As `deliverResponseProven`, several times. A response that is not taken is reported and skipped.
    function deliverResponsesProven(IAccessRequests requests, uint64 chainId, ProvenResponse[] calldata items) external;

    /// @notice Corrects an answer that was only attested, by the response that is proven to have been given, as
    /// `IAccessRequests.correctResponse`.
    function correctResponseProven(IAccessRequests requests, uint64 chainId, ProvenResponse calldata item) external;

    /// @notice Brings a checkpoint that is proven by the ledger's storage at the end of its block, as `ILedgerCheckpoints.submitCheckpoint`.
    /// @param attestations empty where the lane's policy is `Proven`
    function submitCheckpointProven(
        ILedgerCheckpoints checkpoints,
        Checkpoint calldata checkpoint,
        Extension calldata extension,
        Attestations calldata attestations,
        LedgerProof calldata proof
    ) external returns (uint64 number);

    /// @notice As `IAccessGrants.authorizeFor`, for many owners at once: by anyone, such as their hospital. An approval that is not taken is
    /// reported and skipped; one that Algorithm₁ refuses is taken, logged and answered.
    /// @param grants where the requests wait, and under whose domain their owners signed
    function authorizeBatch(IAccessGrants grants, SignedAuthorization[] calldata items) external;

    /// @notice The block for which a peak was proven first, or zero: by the lane's client and peer of now.
    function provenAt(uint64 chainId, address sender, bytes32 peak) external view returns (uint64);
}
