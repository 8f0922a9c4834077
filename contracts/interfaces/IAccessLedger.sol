// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Decision} from "../types/Access.sol";
import {HospitalId, MemberId, RecordId, RequestId} from "../types/Ids.sol";

/// @dev One attempt to access a record, as `AccessGrants` puts it to the ledger.
struct AccessAttempt {
    RequestId requestId;
    RecordId recordId;
    MemberId requester;
    /// The owner's hospital.
    HospitalId hospitalId;
    uint32 hospitalLimit;
    uint32 recordLimit;
    /// `Granted` asks for Algorithm₁'s decision; any other value is already the decision.
    Decision decision;
}

/// @dev One line of List₁. The counts are those after the decision.
struct LogEntry {
    RequestId requestId;
    RecordId recordId;
    MemberId requester;
    HospitalId hospitalId;
    Decision decision;
    uint32 hospitalCount;
    uint32 hospitalLimit;
    uint32 recordCount;
    uint32 recordLimit;
    /// Unix seconds.
    uint64 timestamp;
}

/// @title IAccessLedger
/// @notice Algorithm₁ and List₁ of MedExChain: how often each requester was granted access, and an append-only log of every decision,
/// hash-chained, and a Merkle range beside.
/// @dev The leaves of the range are the entries, `abi.encode(entry)`: ten words, as they begin the data of `AccessLogged`. See
/// `MerkleRange`.
interface IAccessLedger {
    /// @notice One line of List₁.
    /// @param index gap-free, from zero
    /// @param head the ledger's head after this entry: `keccak256(abi.encode(previousHead, index, entry))`
    event AccessLogged(
        uint64 indexed index,
        RequestId indexed requestId,
        MemberId indexed requester,
        LogEntry entry,
        bytes32 head
    );

    /// @notice The ledger goes on from where its predecessor's ended.
    /// @param predecessor its ledger
    /// @param length how many entries it has, before the first of this one
    /// @param peaks of its range, the largest first
    event Continued(address indexed predecessor, uint64 length, bytes32 head, bytes32[] peaks);

    /// @dev Nothing is written before `takeOver`.
    error AccessLedgerNotContinued(address predecessor);
    /// @dev Only `WRITER` may write.
    error AccessLedgerUnauthorizedWriter(address caller);

    /// @notice Decides an attempt, counts it if it is granted, and logs it, all at once. A refusal does not revert.
    /// @dev By `WRITER` alone.
    function recordAccess(AccessAttempt calldata attempt) external returns (Decision decision);

    /// @notice Lets this ledger go on from where its predecessor's ended: head, length and range. By anyone, once the predecessor has ended;
    /// after that, and where there is none, this does nothing.
    function takeOver() external;

    /// @notice How often the requester was granted access to records of the hospital, here and in all predecessors.
    function accessCountOf(HospitalId hospitalId, MemberId requester) external view returns (uint32);

    /// @notice How often the requester was granted access to the record, here and in all predecessors.
    function recordAccessCountOf(RecordId recordId, MemberId requester) external view returns (uint32);

    /// @notice The fold of all entries; zero for an empty ledger.
    function head() external view returns (bytes32);

    /// @notice The Merkle tree hash of all entries, as RFC 6962 has it; SHA-256 of nothing for an empty ledger.
    function root() external view returns (bytes32);

    /// @notice The peaks of the range, the largest first: its root is these, bagged from right to left.
    function peaks() external view returns (bytes32[] memory);

    /// @notice How many entries there are, those of predecessors included once they were taken over.
    function length() external view returns (uint64);
}
