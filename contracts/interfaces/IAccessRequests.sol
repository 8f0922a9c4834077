// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessRequest, AccessResponse, Attestations, AttestedResponse, RequestState} from "../types/Access.sol";
import {MemberId, RequestId} from "../types/Ids.sol";

/// @dev M8: what the requester found on opening the record.
enum Acknowledgement {
    None,
    Opened,
    Disputed
}

/// @dev A request as it stands on the requester's chain. What was asked for is in the `AccessRequested` event of block
/// `requestedAt`, and is proven by the request's id, which is its digest.
struct RequestStatus {
    /// The requester's account when the request was made.
    address account;
    RequestState state;
    Acknowledgement acknowledgement;
    /// Unix seconds.
    uint40 expiry;
    /// The epoch of the relayers that attested the answer that holds; zero where there is none, or where it was proven.
    uint40 answeredIn;
    uint64 destinationChainId;
    /// Block number of the request.
    uint48 requestedAt;
    /// Block number of the answer that holds: of the response, or of its latest correction. Zero where there is none, even if the request
    /// was ended here.
    uint48 respondedAt;
    /// Unix seconds.
    uint40 issuedAt;
    /// For how many seconds the lane was paused before the request was made.
    uint40 pausedBefore;
    /// Digest of the answer that holds, see `answerDigest`; zero where there is none.
    bytes32 answer;
}

/// @title IAccessRequests
/// @notice The requester's side of a request: the request (M1), the attested response (M6), the acknowledgement (M8).
interface IAccessRequests {
    /// @notice A request was made: relayers carry it to `request.destinationChainId` (M1).
    event AccessRequested(
        uint64 indexed sequence,
        RequestId indexed requestId,
        MemberId indexed requester,
        AccessRequest request,
        bytes signature
    );
    /// @notice The owner's chain has answered (M6).
    event ResponseDelivered(
        RequestId indexed requestId,
        uint64 indexed sourceChainId,
        AccessResponse response,
        Attestations attestations
    );
    /// @notice Relayers of a later epoch have corrected what the owner's chain was said to have answered. This is the answer that holds from
    /// now on; the earlier one stays in the log, with who attested it.
    /// @param replaced digest of the answer that held before, see `answerDigest`
    event ResponseCorrected(
        RequestId indexed requestId,
        uint64 indexed sourceChainId,
        bytes32 indexed replaced,
        AccessResponse response,
        Attestations attestations
    );
    /// @notice The requester said what it found on opening the record (M8).
    /// @param account the requester's, whose act it was
    /// @param answer digest of the answer of which it was said
    /// @param signature of `account`, or empty where the account called itself
    event Acknowledged(
        RequestId indexed requestId,
        address indexed account,
        bytes32 indexed answer,
        Acknowledgement acknowledgement,
        bytes signature
    );
    /// @notice No answer came in time.
    event RequestExpired(RequestId indexed requestId);

    error AccessRequestsWrongDestination(uint64 chainId, address destination);
    error AccessRequestsUnknownRequester(MemberId requester);
    error AccessRequestsForeignRequester(MemberId requester, uint64 homeChainId);
    error AccessRequestsInvalidSignature(RequestId requestId);
    error AccessRequestsAlreadyRequested(RequestId requestId);
    error AccessRequestsExpired(RequestId requestId, uint64 expiry);
    error AccessRequestsNotExpired(RequestId requestId, uint64 expirableFrom);
    error AccessRequestsInvalidTime(RequestId requestId, uint64 issuedAt, uint64 expiry);
    error AccessRequestsUnknownRequest(RequestId requestId);
    error AccessRequestsWrongState(RequestId requestId, RequestState state);
    error AccessRequestsWrongSource(RequestId requestId, uint64 sourceChainId);
    /// @dev No decision, or digests that do not go with it, or a time at which it cannot have been decided.
    error AccessRequestsInvalidResponse(RequestId requestId);
    /// @dev By the clock of this chain, the response is yet to be decided.
    error AccessRequestsFutureResponse(RequestId requestId, uint64 decidedAt);
    /// @dev A correction needs relayers of the epoch of now, which must be later than that of the answer that holds.
    error AccessRequestsWrongEpoch(RequestId requestId, uint64 epoch, uint64 answeredIn);
    /// @dev The answer that holds was proven: it is what the other chain said.
    error AccessRequestsProven(RequestId requestId);
    /// @dev This is the answer that holds.
    error AccessRequestsSameResponse(RequestId requestId);
    /// @dev Another answer holds than the one that was named.
    error AccessRequestsOtherAnswer(RequestId requestId, bytes32 answer);
    error AccessRequestsUnauthorizedRequester(RequestId requestId, address caller);
    error AccessRequestsAlreadyAcknowledged(RequestId requestId);
    error AccessRequestsInvalidAcknowledgement(RequestId requestId);

    /// @notice Files a request that a local doctor signed. Anyone may carry it. Requests over the hourly limit of the doctor's hospital
    /// are not taken, nor those over the doctor's own.
    function request(
        AccessRequest calldata accessRequest,
        bytes calldata signature
    ) external returns (RequestId requestId);

    /// @notice Brings the owner's chain's response here, with the attestations of enough relayers; where the lane's policy asks for a proof,
    /// by the `Mailbox` alone, which has checked it.
    /// @dev An answer that was decided before the expiry is taken even if it arrives after it: within `RESPONSE_WINDOW`, and after that
    /// too, when the request may have been ended here for want of it. So both chains end a request alike, whoever was late.
    /// A grant carries three digests, and any other answer none. It is decided before the expiry, and `Expired` from then on; not
    /// before the request was issued, and not in the future. Clocks may differ by `RequestTimes.CLOCK_SKEW`.
    function deliverResponse(
        uint64 sourceChainId,
        AccessResponse calldata response,
        Attestations calldata attestations
    ) external;

    /// @notice As `deliverResponse`, several times. A response that is not taken is reported and skipped.
    function deliverResponses(uint64 sourceChainId, AttestedResponse[] calldata responses) external;

    /// @notice Corrects an answer that was attested and is false, with the attestations of enough relayers of the epoch of now, which must be
    /// later than that under which the answer was attested. Anyone may carry it; where the lane's policy asks for a proof, the `Mailbox` alone,
    /// which has checked it. An answer that was proven is corrected by nobody.
    /// @dev It must be as plausible as a first answer, and another than holds. What relayers sign for it is a statement of its own, which names
    /// the answer that it replaces. The acknowledgement is open again. It may be corrected in turn, under an epoch that is later still.
    function correctResponse(
        uint64 sourceChainId,
        AccessResponse calldata response,
        Attestations calldata attestations
    ) external;

    /// @notice The requester says whether the granted record opened. By the requester's account, once for each answer.
    /// @param answer digest of the answer that it means: one that was corrected meanwhile is not acknowledged by mistake
    function acknowledge(RequestId requestId, bytes32 answer, Acknowledgement acknowledgement) external;

    /// @notice As `acknowledge`, with the requester's EIP-712 signature; anyone may carry it.
    function acknowledgeFor(
        RequestId requestId,
        bytes32 answer,
        Acknowledgement acknowledgement,
        bytes calldata signature
    ) external;

    /// @notice Ends a request that no response reached until `RESPONSE_WINDOW` after its expiry. By anyone.
    /// @dev The window lets an answer that was given in time arrive, so it stands still while the lane is paused: nobody ends a request then,
    /// and after the pause it waits as much longer as the lane was paused since the request was made.
    function expire(RequestId requestId) external;

    /// @notice From when on the request may be ended, in Unix seconds, if its lane is not paused until then.
    function expirableFrom(RequestId requestId) external view returns (uint64);

    /// @notice The request; all zero where it is not known.
    function status(RequestId requestId) external view returns (RequestStatus memory);

    /// @notice The id that `accessRequest` has when it is made here: the digest its requester signs.
    function requestIdOf(AccessRequest calldata accessRequest) external view returns (RequestId);

    /// @notice The EIP-712 digest of a response from `sourceChainId`, that relayers sign.
    function responseDigest(
        uint64 sourceChainId,
        AccessResponse calldata response,
        uint64 epoch,
        uint64 expiry
    ) external view returns (bytes32);

    /// @notice The EIP-712 digest of a correction from `sourceChainId`, that relayers sign.
    /// @param replaced digest of the answer that holds, see `answerDigest`
    function correctionDigest(
        uint64 sourceChainId,
        bytes32 replaced,
        AccessResponse calldata response,
        uint64 epoch,
        uint64 expiry
    ) external view returns (bytes32);

    /// @notice By what an answer is named: the Keccak-256 digest of its six words. Whoever attests it, and when, does not change it.
    function answerDigest(AccessResponse calldata response) external pure returns (bytes32);

    /// @notice The request whose `AccessRequested` event has this sequence number.
    function requestAt(uint64 sequence) external view returns (RequestId);

    /// @notice Up to `count` requests in the order of their sequence numbers, from the one after `from` on, so zero is the start.
    function statuses(
        uint64 from,
        uint64 count
    ) external view returns (RequestId[] memory requestIds, RequestStatus[] memory page);
}
