// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    AccessRequest,
    AccessResponse,
    Attestations,
    Decision,
    ReEncryption,
    RequestState,
    SignedRequest
} from "../types/Access.sol";
import {MemberId, RecordId, RequestId} from "../types/Ids.sol";
import {IPredecessor} from "./IPredecessor.sol";

/// @dev A request as it stands on the owner's chain. The messages themselves are in events: `RequestDelivered` of block
/// `deliveredAt`, and the latest of `ReEncryptionRequested` and `ResponseReady` of block `updatedAt`.
struct Grant {
    RecordId recordId;
    MemberId requester;
    /// Chain on which the request was made and is answered.
    uint64 sourceChainId;
    /// Unix seconds; nothing but `expire` is possible from this second on.
    uint40 expiry;
    /// Unix seconds at which the terminal state was reached, or zero.
    uint40 decidedAt;
    /// Block number.
    uint32 deliveredAt;
    /// Block number of the approval or, later, of its latest resealing or the terminal state; zero while pending.
    uint32 updatedAt;
    RequestState state;
    Decision decision;
    /// Of the lane when the request came: only while its peer is the same can the request be granted.
    uint16 laneEpoch;
    /// Of the relayers to whom the key is sealed; zero until the approval.
    uint16 relayerEpoch;
    /// SHA-256 digest of the CID of the sealed re-encryption key, from the approval on. It commits to each relayer's partial.
    bytes32 key;
    /// Block id of the channel message with the private fragment.
    bytes32 privateFragment;
}

/// @title IAccessGrants
/// @notice The owner's side of a request: delivery (M1), the owner's approval or denial (M2), Algorithm₁ (M3), the relayer's
/// re-encryption (M4), and the response that is relayed back (M5).
interface IAccessGrants is IPredecessor {
    /// @notice A request arrived and waits for its owner.
    event RequestDelivered(
        uint64 indexed index,
        RequestId indexed requestId,
        MemberId indexed owner,
        uint64 sourceChainId,
        AccessRequest request
    );
    /// @notice The owner approved; what was decided follows in the same transaction.
    /// @param account the owner's, whose act it was, or the policy contract that the owner named to approve in its place
    /// @param epoch of the relayers to whom the key is sealed
    /// @param signature of `account`, or empty where the account called itself
    event Approved(
        RequestId indexed requestId,
        address indexed account,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch,
        bytes signature
    );
    /// @notice The owner sealed its approval anew, to the relayers of a later epoch. The parameters are as in `Approved`.
    event Resealed(
        RequestId indexed requestId,
        address indexed account,
        bytes32 sealedRekey,
        uint64 epoch,
        bytes signature
    );
    /// @notice The owner denied. The parameters are as in `Approved`.
    event Denied(RequestId indexed requestId, address indexed account, bytes signature);
    /// @notice The owner took its approval back. The parameters are as in `Approved`.
    event Withdrawn(RequestId indexed requestId, address indexed account, bytes signature);
    /// @notice The owner approved within the limits, or sealed its approval anew: relayers re-encrypt now (M3).
    event ReEncryptionRequested(
        uint64 indexed sequence,
        RequestId indexed requestId,
        RecordId indexed recordId,
        bytes32 sealedRekey
    );
    /// @notice So many relayers re-encrypted as must: the request is granted in the same transaction (M4).
    /// @param signers bit i: the relayer whose tenure has index i says that its partial is out, by its signature or as the caller. An index
    /// above 255 has no bit.
    event ReEncrypted(RequestId indexed requestId, uint256 signers);
    /// @notice The request reached its terminal state: relayers carry the response to `destinationChainId` (M5).
    event ResponseReady(
        uint64 indexed sequence,
        RequestId indexed requestId,
        uint64 indexed destinationChainId,
        AccessResponse response
    );

    error AccessGrantsWrongDestination(uint64 chainId, address destination);
    error AccessGrantsUnknownRequester(MemberId requester);
    error AccessGrantsForeignRequester(MemberId requester, uint64 homeChainId);
    error AccessGrantsInvalidSignature(RequestId requestId);
    error AccessGrantsAlreadyDelivered(RequestId requestId);
    error AccessGrantsUnknownRequest(RequestId requestId);
    error AccessGrantsWrongState(RequestId requestId, RequestState state);
    error AccessGrantsExpired(RequestId requestId, uint64 expiry);
    error AccessGrantsNotExpired(RequestId requestId, uint64 expiry);
    error AccessGrantsUnauthorizedOwner(RequestId requestId, address caller);
    /// @dev The owner has not named this contract as the one that may approve in its place, or cannot approve itself.
    error AccessGrantsUnauthorizedPolicy(RequestId requestId, address policy);
    error AccessGrantsInvalidTime(RequestId requestId, uint64 issuedAt, uint64 expiry);
    error AccessGrantsMissingDigest(RequestId requestId);
    /// @dev The key is sealed to the relayers of another epoch than that of now, or these attest for another than that to which it is sealed.
    error AccessGrantsWrongEpoch(RequestId requestId, uint64 epoch, uint64 expected);
    /// @dev The key is sealed to the relayers of this epoch, or of a later one, already.
    error AccessGrantsSealedAlready(RequestId requestId);
    /// @dev The lane has another peer than when the request came: it ends by denial, withdrawal or expiry.
    error AccessGrantsPeerReplaced(RequestId requestId);

    /// @notice Brings a request here from `sourceChainId`. Anyone may carry it: the requester's signature is checked, against the
    /// account that the requester's hospital certified. Where the lane's policy asks for a proof, the `Mailbox` alone carries it.
    /// @dev A request for a record that is revoked is refused at once, logged, and answered. One for a record that is not anchored yet
    /// waits, until its owner anchors it and decides, or until it expires. Requests over the hourly limit of the requester, or of its
    /// hospital, are not taken.
    function deliverRequest(
        uint64 sourceChainId,
        AccessRequest calldata request,
        bytes calldata signature
    ) external returns (RequestId requestId);

    /// @notice As `deliverRequest`, several times. A request that is not taken is reported and skipped.
    function deliverRequests(uint64 sourceChainId, SignedRequest[] calldata requests) external;

    /// @notice The owner approves; Algorithm₁ then grants or refuses. By the owner's account.
    /// @param sealedRekey may be zero, as may `privateFragment`, where the owner foresees a refusal and so has published neither;
    /// a grant without them reverts
    /// @param epoch of the relayers to whom the key is sealed; a grant reverts where it is not that of now
    /// @return decision `Granted`, or why it was refused; a refusal does not revert, it is logged and answered
    function authorize(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch
    ) external returns (Decision decision);

    /// @notice As `authorize`, with the owner's EIP-712 signature; anyone may carry it.
    function authorizeFor(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch,
        bytes calldata signature
    ) external returns (Decision decision);

    /// @notice As `authorize`, by the policy contract that the record's owner named (`IRecordRegistry.setPolicy`). Role: policy.
    /// @dev Whatever rules out the owner's own approval rules this out too, and Algorithm₁ counts it alike. The owner can withdraw it.
    function authorizeByPolicy(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch
    ) external returns (Decision decision);

    /// @notice The owner seals what it approved anew, to the relayers of now, where those to whom it was sealed have changed since. By the
    /// owner's account, even where a policy approved.
    /// @dev It is the same access: not counted again, nor logged. If the record was revoked, or the requester lost its standing since, the
    /// request is refused instead, as by `submitReEncryption`.
    /// @param epoch of the relayers of now, and later than that to whose relayers the key is sealed
    /// @return decision `Granted`, or why it was refused
    function reseal(RequestId requestId, bytes32 sealedRekey, uint64 epoch) external returns (Decision decision);

    /// @notice As `reseal`, with the owner's EIP-712 signature; anyone may carry it.
    function resealFor(
        RequestId requestId,
        bytes32 sealedRekey,
        uint64 epoch,
        bytes calldata signature
    ) external returns (Decision decision);

    /// @notice The owner denies. By the account of the owner's latest certificate, even if that has lapsed or the hospital is suspended.
    function deny(RequestId requestId) external;

    /// @notice As `deny`, with the owner's EIP-712 signature; anyone may carry it.
    function denyFor(RequestId requestId, bytes calldata signature) external;

    /// @notice The owner takes back its approval, or what was to be one, until the request is concluded. By the account of the owner's
    /// latest certificate, even if that has lapsed or the hospital is suspended.
    /// @dev Relayers may have re-encrypted by then, so the access that the approval counted stays counted. A request that still waits ends
    /// too, so that an approval which is signed and under way can be overtaken.
    function withdraw(RequestId requestId) external;

    /// @notice As `withdraw`, with the owner's EIP-712 signature; anyone may carry it.
    function withdrawFor(RequestId requestId, bytes calldata signature) external;

    /// @notice Grants an authorised request, of which so many relayers as must say that their partials are out. By one of them, with the
    /// attestations of the others. `sealedRekey` commits to the partial of each, by its index: nobody can sign for another.
    /// @dev The attestations' epoch is the grant's, also where the caller is alone. If the record was revoked, or owner or requester lost their standing since the approval, the request is refused instead:
    /// logged and answered, not reverted. The access that the approval counted stays counted.
    function submitReEncryption(RequestId requestId, Attestations calldata attestations) external;

    /// @notice As `submitReEncryption`, several times. A re-encryption that is not taken is reported and skipped.
    function submitReEncryptions(ReEncryption[] calldata reEncryptions) external;

    /// @notice Ends a request that reached its expiry without a terminal state. By anyone.
    function expire(RequestId requestId) external;

    /// @notice The request; all zero where it is not known.
    function grant(RequestId requestId) external view returns (Grant memory);

    /// @notice The EIP-712 digest that a relayer signs to attest that its partial, to which `sealedRekey` commits, is out.
    function reEncryptionDigest(
        RequestId requestId,
        bytes32 sealedRekey,
        uint64 epoch,
        uint64 expiry
    ) external view returns (bytes32);

    /// @notice The response as it is relayed; reverts while there is none.
    function responseOf(RequestId requestId) external view returns (AccessResponse memory);

    /// @notice How many requests were delivered.
    function requestCount() external view returns (uint64);

    /// @notice How many requests are undecided: pending or authorised.
    function openCount() external view returns (uint64);

    /// @notice The request that was delivered as the `index`-th, from zero.
    function requestAt(uint64 index) external view returns (RequestId);

    /// @notice Up to `count` requests in the order of their delivery, from the `from`-th on, from zero.
    function grants(
        uint64 from,
        uint64 count
    ) external view returns (RequestId[] memory requestIds, Grant[] memory page);
}
