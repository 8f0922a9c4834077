// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {IStandingConsents} from "./interfaces/IStandingConsents.sol";
import {Decision} from "./types/Access.sol";
import {ConsentedAccess, StandingConsent} from "./types/Consent.sol";
import {RequestId} from "./types/Ids.sol";

/// @title ReentrantGrants
/// @notice Stands in for `AccessGrants`, and is the account that signed the consent too: it approves once more from within an approval.
contract ReentrantGrants {
    /// @notice As the contract that it stands in for has it.
    IHospitalRegistry public immutable HOSPITALS;

    /// @notice As the contract that it stands in for has it.
    IRecordRegistry public immutable RECORDS;

    /// @notice What came of the approval within.
    bytes public refusal;

    /// @notice How many approvals came here.
    uint256 public approvals;

    IStandingConsents private _consents;
    StandingConsent private _consent;
    ConsentedAccess private _access;

    constructor(IHospitalRegistry hospitals, IRecordRegistry records) {
        HOSPITALS = hospitals;
        RECORDS = records;
    }

    /// @notice Approves by a consent.
    function approve(
        IStandingConsents consents,
        StandingConsent calldata consent,
        ConsentedAccess calldata access
    ) external returns (Decision) {
        _consents = consents;
        _consent = consent;
        _access = access;
        return consents.approve(consent, access);
    }

    /// @notice As the policy's caller does, and calls it again.
    function authorizeByPolicy(RequestId, bytes32, bytes32, uint64) external returns (Decision) {
        ++approvals;
        if (approvals == 1) {
            try _consents.approve(_consent, _access) {
                refusal = "";
            } catch (bytes memory reason) {
                refusal = reason;
            }
        }
        return Decision.Granted;
    }

    /// @notice There is no lane here.
    function peerOf(uint64) external pure returns (address) {
        return address(0);
    }

    /// @notice ERC-1271: signs everything.
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }
}
