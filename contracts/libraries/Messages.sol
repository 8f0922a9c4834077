// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {AccessRequest, AccessResponse} from "../types/Access.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {StandingConsent} from "../types/Consent.sol";
import {MemberCertificate} from "../types/Identity.sol";
import {RequestId} from "../types/Ids.sol";
import {RecordAnchor} from "../types/Record.sol";

/// @title Messages
/// @notice EIP-712 names, types and digests of everything that is signed on one chain and checked on another.
/// @dev A message is signed under the domain of the contract that speaks on its home chain, and names its destination in its
/// fields; the other chain rebuilds that foreign domain. So a signature is good for one source, one destination, one version.
library Messages {
    string internal constant VERSION = "1";
    string internal constant HOSPITAL_REGISTRY = "MedExChain HospitalRegistry";
    string internal constant RECORD_REGISTRY = "MedExChain RecordRegistry";
    string internal constant ACCESS_GRANTS = "MedExChain AccessGrants";
    string internal constant ACCESS_REQUESTS = "MedExChain AccessRequests";
    string internal constant LEDGER_CHECKPOINTS = "MedExChain LedgerCheckpoints";
    string internal constant RELAYER_SET = "MedExChain RelayerSet";
    string internal constant STANDING_CONSENTS = "MedExChain StandingConsents";
    string internal constant STUDY_REGISTRY = "MedExChain StudyRegistry";

    bytes32 internal constant MEMBER_CERTIFICATE_TYPEHASH = keccak256(
        "MemberCertificate(bytes32 hospitalId,bytes32 pseudonym,address account,bytes32 keyDigest,uint64 serial,uint64 notAfter)"
    );
    bytes32 internal constant ACCESS_REQUEST_TYPEHASH = keccak256(
        "AccessRequest(bytes32 recordId,bytes32 requester,bytes32 purpose,uint64 destinationChainId,address destination,uint64 issuedAt,uint64 expiry,uint256 nonce)"
    );
    bytes32 internal constant ACCESS_RESPONSE_TYPEHASH = keccak256(
        "AccessResponse(uint64 sourceChainId,address source,bytes32 requestId,uint8 decision,uint64 decidedAt,bytes32 contents,bytes32 reEncryption,bytes32 privateFragment,uint64 epoch,uint64 expiry)"
    );
    bytes32 internal constant ACCESS_CORRECTION_TYPEHASH = keccak256(
        "AccessCorrection(uint64 sourceChainId,address source,bytes32 replaced,bytes32 requestId,uint8 decision,uint64 decidedAt,bytes32 contents,bytes32 reEncryption,bytes32 privateFragment,uint64 epoch,uint64 expiry)"
    );
    bytes32 internal constant RECORD_ANCHOR_TYPEHASH = keccak256(
        "RecordAnchor(bytes32 owner,bytes32 salt,bytes32 capsule,bytes32 publicFragment,bytes32 privateFragment,uint32 maxAccessCount,uint64 expiry)"
    );
    bytes32 internal constant REVOCATION_TYPEHASH = keccak256(
        "Revocation(bytes32 recordId,uint64 nonce,uint64 expiry)"
    );
    bytes32 internal constant ACCESS_LIMIT_TYPEHASH = keccak256(
        "AccessLimit(bytes32 recordId,uint32 maxAccessCount,uint64 nonce,uint64 expiry)"
    );
    bytes32 internal constant AUTHORIZATION_TYPEHASH = keccak256(
        "Authorization(bytes32 requestId,bytes32 sealedRekey,bytes32 privateFragment,uint64 epoch)"
    );
    bytes32 internal constant RESEALING_TYPEHASH = keccak256(
        "Resealing(bytes32 requestId,bytes32 sealedRekey,uint64 epoch)"
    );
    bytes32 internal constant DENIAL_TYPEHASH = keccak256("Denial(bytes32 requestId)");
    bytes32 internal constant WITHDRAWAL_TYPEHASH = keccak256("Withdrawal(bytes32 requestId)");
    bytes32 internal constant RE_ENCRYPTION_TYPEHASH = keccak256(
        "ReEncryption(bytes32 requestId,bytes32 sealedRekey,uint64 epoch,uint64 expiry)"
    );
    bytes32 internal constant ACKNOWLEDGEMENT_TYPEHASH = keccak256(
        "Acknowledgement(bytes32 requestId,bytes32 answer,uint8 acknowledgement)"
    );
    bytes32 internal constant KEY_POSSESSION_TYPEHASH = keccak256("KeyPossession(address relayer,bytes key)");

    bytes32 internal constant STANDING_CONSENT_TYPEHASH = keccak256(
        "StandingConsent(bytes32 owner,bytes32 document,bytes32[] hospitals,bytes32[] members,bytes32[] purposes,bytes32[] records,bytes32[] classes,uint64 from,uint64 until,uint32 maxAccessCount)"
    );
    bytes32 internal constant STUDY_PARTICIPATION_TYPEHASH = keccak256(
        "StudyParticipation(bytes32 studyId,bytes32 patient,bytes32 input)"
    );
    bytes32 internal constant STUDY_WITHDRAWAL_TYPEHASH = keccak256("StudyWithdrawal(bytes32 studyId,bytes32 patient)");

    bytes32 internal constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(uint64 chainId,address ledger,uint64 entryCount,uint64 blockNumber,uint64 blockTime,bytes32 head,bytes32 root,uint64 epoch,uint64 expiry)"
    );

    /// @notice EIP-712 digest under a domain that may belong to another chain.
    function digest(
        string memory name,
        uint256 chainId,
        address verifyingContract,
        bytes32 structHash
    ) internal pure returns (bytes32) {
        // 0x0f: the domain has name, version, chainId and verifyingContract (ERC-5267).
        bytes32 separator = MessageHashUtils.toDomainSeparator(
            0x0f,
            name,
            VERSION,
            chainId,
            verifyingContract,
            bytes32(0)
        );
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    /// @notice Hash of a re-encryption as its relayers sign it.
    function hash(
        RequestId requestId,
        bytes32 sealedRekey,
        uint64 epoch,
        uint64 expiry
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(RE_ENCRYPTION_TYPEHASH, requestId, sealedRekey, epoch, expiry));
    }

    function hash(MemberCertificate calldata certificate) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    MEMBER_CERTIFICATE_TYPEHASH,
                    certificate.hospitalId,
                    certificate.pseudonym,
                    certificate.account,
                    certificate.keyDigest,
                    certificate.serial,
                    certificate.notAfter
                )
            );
    }

    /// @notice Hash of an anchor together with the Unix second at which its signature expires.
    function hash(RecordAnchor calldata anchor, uint64 expiry) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    RECORD_ANCHOR_TYPEHASH,
                    anchor.owner,
                    anchor.salt,
                    anchor.capsule,
                    anchor.publicFragment,
                    anchor.privateFragment,
                    anchor.maxAccessCount,
                    expiry
                )
            );
    }

    /// @notice Hash of a standing consent.
    function hash(StandingConsent calldata consent) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    STANDING_CONSENT_TYPEHASH,
                    consent.owner,
                    consent.document,
                    keccak256(abi.encodePacked(consent.hospitals)),
                    keccak256(abi.encodePacked(consent.members)),
                    keccak256(abi.encodePacked(consent.purposes)),
                    keccak256(abi.encodePacked(consent.records)),
                    keccak256(abi.encodePacked(consent.classes)),
                    consent.from,
                    consent.until,
                    consent.maxAccessCount
                )
            );
    }

    function hash(Checkpoint calldata checkpoint, uint64 epoch, uint64 expiry) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    CHECKPOINT_TYPEHASH,
                    checkpoint.chainId,
                    checkpoint.ledger,
                    checkpoint.entryCount,
                    checkpoint.blockNumber,
                    checkpoint.blockTime,
                    checkpoint.head,
                    checkpoint.root,
                    epoch,
                    expiry
                )
            );
    }

    /// @notice The id of a request made through `accessRequests` on chain `sourceChainId`: the digest its requester signs.
    function requestIdOf(
        uint64 sourceChainId,
        address accessRequests,
        AccessRequest calldata request
    ) internal pure returns (RequestId) {
        bytes32 structHash = keccak256(
            abi.encode(
                ACCESS_REQUEST_TYPEHASH,
                request.recordId,
                request.requester,
                request.purpose,
                request.destinationChainId,
                request.destination,
                request.issuedAt,
                request.expiry,
                request.nonce
            )
        );
        return RequestId.wrap(digest(ACCESS_REQUESTS, sourceChainId, accessRequests, structHash));
    }

    /// @notice Hash of a response together with the chain and contract it comes from.
    function hash(
        uint64 sourceChainId,
        address source,
        AccessResponse calldata response,
        uint64 epoch,
        uint64 expiry
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    ACCESS_RESPONSE_TYPEHASH,
                    sourceChainId,
                    source,
                    response.requestId,
                    response.decision,
                    response.decidedAt,
                    response.contents,
                    response.reEncryption,
                    response.privateFragment,
                    epoch,
                    expiry
                )
            );
    }

    /// @notice Hash of a response that corrects another, which `replaced` names, with the chain and contract it comes from.
    /// @dev The response is encoded as its six words, one after the other.
    function hash(
        uint64 sourceChainId,
        address source,
        bytes32 replaced,
        AccessResponse calldata response,
        uint64 epoch,
        uint64 expiry
    ) internal pure returns (bytes32) {
        return
            keccak256(abi.encode(ACCESS_CORRECTION_TYPEHASH, sourceChainId, source, replaced, response, epoch, expiry));
    }
}
