// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessRequest, AccessResponse, Attestations} from "./Access.sol";

/// @dev What makes a message of another chain believed.
enum LanePolicy {
    /// Signatures alone: of relayers, or of whoever a message is from.
    Attested,
    /// A proof that the other chain's validators sealed it. No relayer is asked.
    Proven,
    /// Both of it.
    Both
}

/// @dev That a message is in the range of its sender, below a peak that was proven.
struct MessageProof {
    /// Of the message in the range, from zero.
    uint64 index;
    /// The siblings from the leaf up to the peak.
    bytes32[] path;
}

/// @dev A peak of a sender's range in the other chain's `Mailbox`.
struct PeakProof {
    address sender;
    /// Of the peak's perfect tree, which has 2^height leaves.
    uint256 height;
    /// Of its storage slot, as of `eth_getProof`.
    bytes[] proof;
}

/// @dev A request with its requester's signature, and the proof that it was made.
struct ProvenRequest {
    AccessRequest request;
    bytes signature;
    MessageProof proof;
}

/// @dev A response with the proof that it was given. The attestations are empty where the lane's policy is `Proven`.
struct ProvenResponse {
    AccessResponse response;
    Attestations attestations;
    MessageProof proof;
}

/// @dev That a ledger is what a checkpoint says, by the storage of the other chain. Each proof is as of `eth_getProof`.
struct LedgerProof {
    bytes[] account;
    bytes[] head;
    bytes[] length;
    /// Of the peaks of its range, the largest first.
    bytes[][] peaks;
}
