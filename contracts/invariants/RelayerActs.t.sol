// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CHEATS} from "../ICheats.t.sol";
import {RelayerSet} from "../RelayerSet.sol";
import {AccessResponse, Attestation, Attestations, Decision} from "../types/Access.sol";
import {RequestId} from "../types/Ids.sol";
import {SuiteObserver} from "./SuiteObserver.t.sol";
import {CHAIN_A} from "./SuiteWorld.t.sol";

/// @title RelayerActs
/// @notice How the sets of relayers change, and what one of them does that lies. Fewer than the threshold of their time bring about
/// nothing, then or ever.
abstract contract RelayerActs is SuiteObserver {
    struct Lie {
        AccessResponse response;
        Attestations attestations;
        /// It is told as a correction of the answer that holds.
        bool isCorrection;
    }

    uint256 private constant _MAX_LIES = 4;

    /// @dev No relayer's.
    uint256 private constant _OUTSIDER_KEY = 0xD0;

    Lie[] private _lies;

    /// @notice A relayer manager adds or removes a relayer, or sets the threshold, or evidence suspends a relayer.
    function changeRelayers(bool onA, uint256 who, uint256 dice) external observed {
        if (onA) _onA();
        else _onB();
        RelayerSet set = onA ? _a.relayers : _b.relayers;
        address relayer = CHEATS.addr(_relayerKeys[who % _RELAYERS]);
        bytes memory call = abi.encodeCall(set.addRelayer, (relayer));
        if (dice % 4 == 0) call = abi.encodeCall(set.removeRelayer, (relayer));
        if (dice % 4 == 1) call = abi.encodeCall(set.setThreshold, (1 + (who % 3)));
        if (dice % 8 == 7) call = abi.encodeCall(set.suspendRelayer, (relayer, "evidence"));
        _try(address(set), call);
    }

    /// @notice The relayer that lies signs an answer that nobody gave, or a correction to it, alone, twice, or beside one who is no relayer, where
    /// so many are too few.
    function lie(uint256 index, uint256 dice) external observed {
        if (_seen.length == 0 || _lies.length == _MAX_LIES || _isPausedOnB() || _b.relayers.threshold() < 2) return;
        Seen storage s = _seen[index % _seen.length];
        _onB();
        bool isGrant = dice % 2 == 0;
        Lie storage told = _lies.push();
        told.response = AccessResponse({
            requestId: s.id,
            decision: isGrant ? Decision.Granted : Decision.DeniedByOwner,
            decidedAt: _timeB,
            contents: isGrant ? bytes32("contents") : bytes32(0),
            reEncryption: isGrant ? bytes32("re-encryption") : bytes32(0),
            privateFragment: isGrant ? bytes32("fragment") : bytes32(0)
        });
        told.attestations.epoch = _b.relayers.epoch();
        told.attestations.expiry = _timeB + 30 days;
        told.isCorrection = (dice >> 8) % 2 == 0;
        bytes32 digest = _digestOf(told, s.id);
        uint256 liar = _relayerKeys[_LIAR];
        told.attestations.by.push(Attestation(CHEATS.addr(liar), _sign(liar, digest)));
        uint256 beside = dice % 3 == 0 ? liar : _OUTSIDER_KEY;
        if (dice % 3 != 2) told.attestations.by.push(Attestation(CHEATS.addr(beside), _sign(beside, digest)));
        _tell(told);
    }

    /// @notice What was a lie is told again, under whatever set there is by now.
    function lieAgain(uint256 index) external observed {
        if (_lies.length != 0) _tell(_lies[index % _lies.length]);
    }

    /// @notice The relayer that lies submits a re-encryption alone, where one is too few, or was when the request was sealed.
    function submitFalsely(uint256 index) external observed {
        if (_seen.length == 0) return;
        RequestId id = _seen[index % _seen.length].id;
        uint64 epoch = _a.grants.grant(id).relayerEpoch;
        (uint256 thresholdThen, ) = _a.relayers.epochAt(epoch);
        if (_a.relayers.threshold() < 2 && thresholdThen < 2) return;
        Attestations memory nobodys = Attestations({epoch: epoch, expiry: 0, by: new Attestation[](0)});
        bytes memory call = abi.encodeCall(_a.grants.submitReEncryption, (id, nobodys));
        _onA();
        _claim(!_tryAs(_relayerKeys[_LIAR], address(_a.grants), call), "one relayer granted");
    }

    function _tell(Lie storage told) private {
        _onB();
        bytes memory call =
            told.isCorrection
                ? abi.encodeCall(_b.requests.correctResponse, (CHAIN_A, told.response, told.attestations))
                : abi.encodeCall(_b.requests.deliverResponse, (CHAIN_A, told.response, told.attestations));
        _claim(!_try(address(_b.requests), call), "one relayer answered");
    }

    function _digestOf(Lie storage told, RequestId id) private view returns (bytes32) {
        (uint64 epoch, uint64 expiry) = (told.attestations.epoch, told.attestations.expiry);
        if (!told.isCorrection) return _b.requests.responseDigest(CHAIN_A, told.response, epoch, expiry);
        bytes32 replaced = _b.requests.status(id).answer;
        return _b.requests.correctionDigest(CHAIN_A, replaced, told.response, epoch, expiry);
    }
}
