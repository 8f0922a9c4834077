// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {AccessRequest, AccessResponse, Decision} from "../types/Access.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {MemberId, RecordId, RequestId} from "../types/Ids.sol";
import {Messages} from "./Messages.sol";

/// @title MessagesTest
/// @notice Properties of digests: what differs in domain or content differs in digest.
contract MessagesTest {
    /// @notice A digest is good for one chain.
    function testFuzzDigestDiffersByChain(
        uint64 chainId,
        uint64 other,
        address verifier,
        bytes32 structHash
    ) public pure {
        if (chainId == other) return;
        bytes32 here = Messages.digest(Messages.ACCESS_REQUESTS, chainId, verifier, structHash);
        assert(here != Messages.digest(Messages.ACCESS_REQUESTS, other, verifier, structHash));
    }

    /// @notice A digest is good for one contract.
    function testFuzzDigestDiffersByContract(
        uint64 chainId,
        address verifier,
        address other,
        bytes32 structHash
    ) public pure {
        if (verifier == other) return;
        bytes32 here = Messages.digest(Messages.ACCESS_REQUESTS, chainId, verifier, structHash);
        assert(here != Messages.digest(Messages.ACCESS_REQUESTS, chainId, other, structHash));
    }

    /// @notice A digest is good for one kind of contract, should two ever share an address on a chain.
    function testFuzzDigestDiffersByName(uint64 chainId, address verifier, bytes32 structHash) public pure {
        bytes32[5] memory digests = [
            Messages.digest(Messages.HOSPITAL_REGISTRY, chainId, verifier, structHash),
            Messages.digest(Messages.RECORD_REGISTRY, chainId, verifier, structHash),
            Messages.digest(Messages.ACCESS_GRANTS, chainId, verifier, structHash),
            Messages.digest(Messages.ACCESS_REQUESTS, chainId, verifier, structHash),
            Messages.digest(Messages.LEDGER_CHECKPOINTS, chainId, verifier, structHash)
        ];
        for (uint256 i = 0; i < digests.length; ++i) {
            for (uint256 j = 0; j < i; ++j) assert(digests[i] != digests[j]);
        }
    }

    /// @notice A digest is good for one version of the messages.
    function testFuzzDigestDiffersByVersion(
        string memory version,
        uint64 chainId,
        address verifier,
        bytes32 structHash
    ) public pure {
        if (keccak256(bytes(version)) == keccak256(bytes(Messages.VERSION))) return;
        bytes32 separator = MessageHashUtils.toDomainSeparator(
            0x0f,
            Messages.ACCESS_REQUESTS,
            version,
            chainId,
            verifier,
            bytes32(0)
        );
        bytes32 other = MessageHashUtils.toTypedDataHash(separator, structHash);
        assert(other != Messages.digest(Messages.ACCESS_REQUESTS, chainId, verifier, structHash));
    }

    /// @notice No message can pass for one of another type, whatever its fields: their type hashes differ.
    function testTypesDiffer() public pure {
        bytes32[13] memory types = [
            Messages.MEMBER_CERTIFICATE_TYPEHASH,
            Messages.ACCESS_REQUEST_TYPEHASH,
            Messages.ACCESS_RESPONSE_TYPEHASH,
            Messages.ACCESS_CORRECTION_TYPEHASH,
            Messages.RECORD_ANCHOR_TYPEHASH,
            Messages.REVOCATION_TYPEHASH,
            Messages.ACCESS_LIMIT_TYPEHASH,
            Messages.AUTHORIZATION_TYPEHASH,
            Messages.RESEALING_TYPEHASH,
            Messages.DENIAL_TYPEHASH,
            Messages.WITHDRAWAL_TYPEHASH,
            Messages.RE_ENCRYPTION_TYPEHASH,
            Messages.ACKNOWLEDGEMENT_TYPEHASH
        ];
        for (uint256 i = 0; i < types.length; ++i) {
            assert(types[i] != Messages.CHECKPOINT_TYPEHASH);
            for (uint256 j = 0; j < i; ++j) assert(types[i] != types[j]);
        }
    }

    /// @notice A request has another id when it comes from another chain or contract, or differs in any field.
    function testFuzzRequestIdBindsEverything(
        AccessRequest memory request,
        uint64 chainId,
        address source
    ) public view {
        RequestId id = this.requestIdOf(chainId, source, request);
        _differs(id, this.requestIdOf(chainId ^ 1, source, request));
        _differs(id, this.requestIdOf(chainId, address(uint160(source) ^ 1), request));
        request.recordId = RecordId.wrap(RecordId.unwrap(request.recordId) ^ bytes32(uint256(1)));
        id = _moved(id, chainId, source, request);
        request.requester = MemberId.wrap(MemberId.unwrap(request.requester) ^ bytes32(uint256(1)));
        id = _moved(id, chainId, source, request);
        request.purpose ^= bytes32(uint256(1));
        id = _moved(id, chainId, source, request);
        request.destinationChainId ^= 1;
        id = _moved(id, chainId, source, request);
        request.destination = address(uint160(request.destination) ^ 1);
        id = _moved(id, chainId, source, request);
        request.issuedAt ^= 1;
        id = _moved(id, chainId, source, request);
        request.expiry ^= 1;
        id = _moved(id, chainId, source, request);
        request.nonce ^= 1;
        _moved(id, chainId, source, request);
    }

    /// @notice A response has another hash when it comes from another chain or contract, or differs in any field.
    function testFuzzResponseHashBindsEverything(
        bytes32 content,
        uint64 decidedAt,
        uint64 chainId,
        address source
    ) public view {
        AccessResponse memory response = AccessResponse({
            requestId: RequestId.wrap(content),
            decision: Decision.Granted,
            decidedAt: decidedAt,
            contents: content,
            reEncryption: content,
            privateFragment: content
        });
        bytes32 before = this.hashOf(chainId, source, response);
        assert(before != this.hashOf(chainId ^ 1, source, response));
        assert(before != this.hashOf(chainId, address(uint160(source) ^ 1), response));
        response.requestId = RequestId.wrap(~content);
        before = _movedHash(before, chainId, source, response);
        response.decision = Decision.DeniedByOwner;
        before = _movedHash(before, chainId, source, response);
        response.decidedAt ^= 1;
        before = _movedHash(before, chainId, source, response);
        response.contents = ~content;
        before = _movedHash(before, chainId, source, response);
        response.reEncryption = ~content;
        before = _movedHash(before, chainId, source, response);
        response.privateFragment = ~content;
        _movedHash(before, chainId, source, response);
    }

    /// @notice What relayers sign has another hash in another epoch, or with another expiry.
    function testFuzzAttestedHashesBindEpochAndExpiry(
        bytes32 content,
        Checkpoint calldata checkpoint,
        uint64 epoch,
        uint64 expiry
    ) public view {
        AccessResponse memory response;
        response.requestId = RequestId.wrap(content);
        bytes32[9] memory hashes;
        for (uint64 i = 0; i < 3; ++i) {
            uint64 itsEpoch = i == 1 ? epoch ^ 1 : epoch;
            uint64 itsExpiry = i == 2 ? expiry ^ 1 : expiry;
            hashes[3 * i] = this.attestedHashOf(response, itsEpoch, itsExpiry);
            hashes[3 * i + 1] = Messages.hash(RequestId.wrap(content), content, itsEpoch, itsExpiry);
            hashes[3 * i + 2] = Messages.hash(checkpoint, itsEpoch, itsExpiry);
        }
        for (uint256 i = 0; i < hashes.length; ++i) {
            for (uint256 j = 0; j < i; ++j) assert(hashes[i] != hashes[j]);
        }
    }

    /// @notice The library takes requests from calldata; this brings one there.
    function requestIdOf(
        uint64 chainId,
        address source,
        AccessRequest calldata request
    ) external pure returns (RequestId) {
        return Messages.requestIdOf(chainId, source, request);
    }

    /// @notice The library takes responses from calldata; this brings one there.
    function hashOf(uint64 chainId, address source, AccessResponse calldata response) external pure returns (bytes32) {
        return Messages.hash(chainId, source, response, 1, 2);
    }

    /// @notice As `hashOf`, of a response whose origin does not matter.
    function attestedHashOf(
        AccessResponse calldata response,
        uint64 epoch,
        uint64 expiry
    ) external view returns (bytes32) {
        return Messages.hash(1, address(this), response, epoch, expiry);
    }

    function _moved(
        RequestId before,
        uint64 chainId,
        address source,
        AccessRequest memory request
    ) private view returns (RequestId id) {
        id = this.requestIdOf(chainId, source, request);
        _differs(before, id);
    }

    function _movedHash(
        bytes32 before,
        uint64 chainId,
        address source,
        AccessResponse memory response
    ) private view returns (bytes32 hash) {
        hash = this.hashOf(chainId, source, response);
        assert(before != hash);
    }

    function _differs(RequestId a, RequestId b) private pure {
        assert(RequestId.unwrap(a) != RequestId.unwrap(b));
    }
}
