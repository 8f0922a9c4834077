// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Grant} from "../interfaces/IAccessGrants.sol";
import {Messages} from "../libraries/Messages.sol";
import {AccessRequest, AccessResponse, Attestation, Attestations, RequestState} from "../types/Access.sol";
import {RequestId} from "../types/Ids.sol";
import {SuiteObserver} from "./SuiteObserver.t.sol";
import {CHAIN_A, CHAIN_B} from "./SuiteWorld.t.sol";

/// @title RequestActs
/// @notice What is done with requests: by doctors, by the owner, by relayers, and by whoever is none of them.
abstract contract RequestActs is SuiteObserver {
    uint256 private constant _MAX_REQUESTS = 10;

    /// @notice Doctors sign up to three requests, each of which then goes some steps of its way.
    function request(uint256 doctors, uint256 records, uint32 lifetime, uint256 steps) external {
        for (uint256 i = 0; i < 1 + (doctors % 3) && _seen.length < _MAX_REQUESTS; ++i) {
            Seen storage s = _sign(doctors >> (8 + i), records >> (8 * i), 1 + ((lifetime >> (4 * i)) % 3 hours));
            uint256 some = (steps >> (8 * i)) % 6;
            for (uint256 step = 0; step < some; ++step) {
                _advance(s);
                _observe();
            }
        }
    }

    /// @notice A request goes a step of its way.
    function advance(uint256 index) external observed {
        if (_seen.length != 0) _advance(_choose(index));
    }

    /// @notice Someone files a request, for the first time or again.
    function file(uint256 index) external observed {
        if (_seen.length != 0) _file(_choose(index));
    }

    /// @notice Someone delivers a request, for the first time or again.
    function deliver(uint256 index) external observed {
        if (_seen.length != 0) _deliver(_choose(index));
    }

    /// @notice The owner approves.
    function authorize(uint256 index, bool bySignature) external observed {
        if (_seen.length != 0) _authorize(_choose(index), bySignature);
    }

    /// @notice The owner seals its approval anew.
    function reseal(uint256 index, bool bySignature) external observed {
        if (_seen.length != 0) _reseal(_choose(index), bySignature);
    }

    /// @notice The owner denies, or takes back what it approved, itself or by its signature.
    function takeBack(uint256 index, bool isDenial, bool bySignature) external observed {
        if (_seen.length == 0) return;
        Seen storage s = _choose(index);
        _onA();
        bool success = false;
        if (bySignature) {
            bytes32 typeHash = isDenial ? Messages.DENIAL_TYPEHASH : Messages.WITHDRAWAL_TYPEHASH;
            bytes memory signature = _sign(_OWNER_KEY, _grantsDigest(abi.encode(typeHash, s.id)));
            success = _try(
                address(_a.grants),
                isDenial
                    ? abi.encodeCall(_a.grants.denyFor, (s.id, signature))
                    : abi.encodeCall(_a.grants.withdrawFor, (s.id, signature))
            );
        } else {
            bytes memory call =
                isDenial ? abi.encodeCall(_a.grants.deny, (s.id)) : abi.encodeCall(_a.grants.withdraw, (s.id));
            success = _tryAs(_OWNER_KEY, address(_a.grants), call);
        }
        if (success) s.isTakenBack = true;
    }

    /// @notice Someone who is not the owner tries to approve, deny or withdraw, itself or by its signature.
    function intrude(uint256 index, uint256 key, uint256 dice) external observed {
        if (_seen.length == 0) return;
        key = 1 + (key % 1e18);
        if (key == _OWNER_KEY) return;
        RequestId id = _choose(index).id;
        uint64 epoch = _a.relayers.epoch();
        bytes memory call = abi.encodeCall(_a.grants.authorize, (id, "rekey", "fragment", epoch));
        if (dice % 6 == 1) call = abi.encodeCall(_a.grants.deny, (id));
        if (dice % 6 == 2) call = abi.encodeCall(_a.grants.withdraw, (id));
        if (dice % 6 == 3) {
            bytes memory signature = _sign(key, _authorizationDigest(id));
            call = abi.encodeCall(_a.grants.authorizeFor, (id, "rekey", "fragment", epoch, signature));
        }
        if (dice % 6 == 4) call = abi.encodeCall(_a.grants.reseal, (id, "rekey", epoch));
        if (dice % 6 == 5) {
            bytes memory signature = _sign(key, _resealingDigest(id));
            call = abi.encodeCall(_a.grants.resealFor, (id, "rekey", epoch, signature));
        }
        _onA();
        _claim(!_tryAs(key, address(_a.grants), call), "an intruder decided");
    }

    /// @notice Relayers submit a re-encryption.
    function submitReEncryption(uint256 index) external observed {
        if (_seen.length != 0) _submit(_choose(index));
    }

    /// @notice Someone carries the answer back.
    function respond(uint256 index) external observed {
        if (_seen.length != 0) _respond(_choose(index));
    }

    /// @notice Someone ends a request on either side.
    function expire(uint256 index, bool onGrants) external observed {
        if (_seen.length == 0) return;
        if (onGrants) _expireOnA(_choose(index));
        else _expireOnB(_choose(index));
    }

    /// @dev Everyone does what may be next: each request goes a step of its way, or is ended on either side.
    function _rush() internal {
        for (uint256 i = 0; i < _seen.length; ++i) {
            _advance(_seen[i]);
            _expireOnA(_seen[i]);
            _expireOnB(_seen[i]);
        }
        _observe();
    }

    function _expireOnA(Seen storage s) internal {
        _onA();
        _try(address(_a.grants), abi.encodeCall(_a.grants.expire, (s.id)));
    }

    function _expireOnB(Seen storage s) internal {
        _onB();
        _try(address(_b.requests), abi.encodeCall(_b.requests.expire, (s.id)));
    }

    /// @dev As many honest relayers attest the answer, where there is one, as must.
    function _respond(Seen storage s) internal {
        if (s.onA < RequestState.Granted) return;
        _onA();
        AccessResponse memory response = _a.grants.responseOf(s.id);
        _onB();
        if (_isPausedOnB()) return; // there is no digest to sign either
        Attestations memory attestations = Attestations({
            epoch: _b.relayers.epoch(),
            expiry: _timeB + 1 days,
            by: new Attestation[](0)
        });
        bytes32 digest = _b.requests.responseDigest(CHAIN_A, response, attestations.epoch, attestations.expiry);
        attestations.by = _attest(_honest(_b.relayers, _b.relayers.threshold()), 0, digest);
        _try(address(_b.requests), abi.encodeCall(_b.requests.deliverResponse, (CHAIN_A, response, attestations)));
    }

    function _choose(uint256 index) internal view returns (Seen storage) {
        return _seen[index % _seen.length];
    }

    function _sign(uint256 doctor, uint256 record, uint64 lifetime) private returns (Seen storage s) {
        s = _seen.push();
        (s.doctor, s.record) = (doctor % _DOCTORS, record % _RECORD_COUNT);
        s.request = AccessRequest({
            recordId: _records[s.record],
            requester: _members[s.doctor],
            purpose: "TREAT",
            destinationChainId: CHAIN_A,
            destination: address(_a.grants),
            issuedAt: _timeB,
            expiry: _timeB + lifetime,
            nonce: _seen.length
        });
        _onB();
        s.id = _b.requests.requestIdOf(s.request);
        s.signature = _sign(_DOCTOR_KEY + s.doctor, RequestId.unwrap(s.id));
    }

    function _advance(Seen storage s) private {
        if (s.onB == RequestState.None) _file(s);
        else if (s.onA == RequestState.None) _deliver(s);
        else if (s.onA == RequestState.Pending) _authorize(s, false);
        else if (s.onA == RequestState.Authorized && _isSealedToNow(s)) _submit(s);
        else if (s.onA == RequestState.Authorized) _reseal(s, false);
        else _respond(s);
    }

    function _file(Seen storage s) private {
        _onB();
        _try(address(_b.requests), abi.encodeCall(_b.requests.request, (s.request, s.signature)));
    }

    function _deliver(Seen storage s) private {
        _onA();
        _try(address(_a.grants), abi.encodeCall(_a.grants.deliverRequest, (CHAIN_B, s.request, s.signature)));
    }

    function _authorize(Seen storage s, bool bySignature) private {
        _onA();
        bool success = false;
        if (bySignature) {
            bytes memory signature = _sign(_OWNER_KEY, _authorizationDigest(s.id));
            bytes memory call = abi.encodeCall(
                _a.grants.authorizeFor,
                (s.id, "rekey", "fragment", _a.relayers.epoch(), signature)
            );
            success = _try(address(_a.grants), call);
        } else {
            bytes memory call = abi.encodeCall(_a.grants.authorize, (s.id, "rekey", "fragment", _a.relayers.epoch()));
            success = _tryAs(_OWNER_KEY, address(_a.grants), call);
        }
        if (success) s.isApproved = true;
    }

    /// @dev It changes neither what was counted nor what was logged, which the observer sees, nor how the request stands.
    function _reseal(Seen storage s, bool bySignature) private {
        _onA();
        uint64 epoch = _a.relayers.epoch();
        Grant memory before = _a.grants.grant(s.id);
        uint64 logged = _a.ledger.length();
        bool success = false;
        if (bySignature) {
            bytes memory signature = _sign(_OWNER_KEY, _resealingDigest(s.id));
            bytes memory call = abi.encodeCall(_a.grants.resealFor, (s.id, "rekey", epoch, signature));
            success = _try(address(_a.grants), call);
        } else {
            success = _tryAs(_OWNER_KEY, address(_a.grants), abi.encodeCall(_a.grants.reseal, (s.id, "rekey", epoch)));
        }
        if (!success) return;
        _claim(before.state == RequestState.Authorized, "sealed anew what nobody approved");
        _claim(before.relayerEpoch < epoch, "sealed anew to the same relayers");
        Grant memory g = _a.grants.grant(s.id);
        if (g.state != RequestState.Authorized) return; // refused, as the record or the requester lost its standing
        _claim(g.relayerEpoch == epoch, "sealed to relayers of another epoch");
        _claim(_a.ledger.length() == logged, "resealing was logged");
    }

    /// @dev The first of as many honest relayers as must submits, with the others' attestations.
    function _submit(Seen storage s) private {
        _onA();
        uint256[] memory keys = _honest(_a.relayers, _a.relayers.threshold());
        if (keys.length == 0) return;
        Grant memory g = _a.grants.grant(s.id);
        Attestations memory attestations = Attestations({
            epoch: g.relayerEpoch,
            expiry: _timeA + 1 days,
            by: new Attestation[](0)
        });
        bytes32 digest = _a.grants.reEncryptionDigest(s.id, g.key, attestations.epoch, attestations.expiry);
        attestations.by = _attest(keys, 1, digest);
        _tryAs(keys[0], address(_a.grants), abi.encodeCall(_a.grants.submitReEncryption, (s.id, attestations)));
    }

    function _authorizationDigest(RequestId id) private view returns (bytes32) {
        (bytes32 rekey, bytes32 fragment) = ("rekey", "fragment");
        return _grantsDigest(abi.encode(Messages.AUTHORIZATION_TYPEHASH, id, rekey, fragment, _a.relayers.epoch()));
    }

    function _resealingDigest(RequestId id) private view returns (bytes32) {
        return _grantsDigest(abi.encode(Messages.RESEALING_TYPEHASH, id, bytes32("rekey"), _a.relayers.epoch()));
    }

    function _isSealedToNow(Seen storage s) private view returns (bool) {
        return _a.grants.grant(s.id).relayerEpoch == _a.relayers.epoch();
    }

    function _grantsDigest(bytes memory message) private view returns (bytes32) {
        return Messages.digest(Messages.ACCESS_GRANTS, CHAIN_A, address(_a.grants), keccak256(message));
    }
}
