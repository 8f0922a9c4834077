// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {IAggregateKeys} from "./interfaces/IAggregateKeys.sol";
import {BlsSignatures} from "./libraries/BlsSignatures.sol";
import {Messages} from "./libraries/Messages.sol";
import {AggregateKey} from "./types/Bls.sol";

/// @title AggregateKeys
/// @notice BLS12-381 keys of relayers, by which one signature attests for many.
/// @dev All keys lie in the code of one address, which is read at once: a slot each would cost three times what an aggregate saves. So a
/// new key writes all keys anew, into another address.
abstract contract AggregateKeys is IAggregateKeys {
    /// @notice How many relayers may have keys: so many sign an aggregate that fits into the gas of one item of a batch
    /// (`Batches.ITEM_GAS`).
    uint256 public constant MAX_AGGREGATE_KEYS = 64;

    /// @dev Of a key as it is stored: one byte for the index, then the key.
    uint256 private constant _ENTRY_LENGTH = 1 + BlsSignatures.KEY_LENGTH;

    /// @dev Creation code that leaves what follows it as code; the length, in two bytes, goes between.
    bytes1 private constant _PUSH_LENGTH = 0x61;
    bytes7 private constant _RETURN_THE_REST = 0x80600a3d393df3;

    struct State {
        /// Whose code the keys are, after a zero (STOP: it is never run). Some may be of tenures that have ended.
        address store;
        /// How often they were written.
        uint64 version;
        bool on;
    }

    State private _state;

    /// @dev Bit i: the tenure of index i has a key, and has not ended.
    uint256 private _holders;

    /// @inheritdoc IAggregateKeys
    function aggregatesOn() external view returns (bool) {
        return _state.on;
    }

    /// @inheritdoc IAggregateKeys
    function aggregateKeys() external view returns (AggregateKey[] memory keys) {
        uint256 holders = _holders;
        bytes memory stored = _state.store.code;
        keys = new AggregateKey[](_countOf(holders));
        uint256 next = 0;
        for (uint256 at = 1; at < stored.length; at += _ENTRY_LENGTH) {
            uint256 index = uint8(stored[at]);
            if ((holders >> index) & 1 == 1) keys[next++] = AggregateKey({index: index, key: _keyAt(stored, at)});
        }
    }

    /// @inheritdoc IAggregateKeys
    function possessionDigest(address relayer, bytes calldata key) external view returns (bytes32) {
        return _possessionDigest(relayer, key);
    }

    function _setAggregates(bool on) internal {
        if (_state.on == on) return;
        if (on && !BlsSignatures.isSupported()) revert AggregateKeysUnsupported();
        _state.on = on;
        emit AggregatesSet(on);
    }

    /// @dev The index is of the tenure of a relayer of now.
    function _setKey(address relayer, uint256 index, bytes calldata key, bytes calldata proof) internal {
        if (!_state.on) revert AggregateKeysOff();
        bytes32 digest = _possessionDigest(relayer, key);
        if (!BlsSignatures.isValid(key, digest, BlsSignatures.POSSESSION_TAG, proof)) {
            revert AggregateKeysInvalidProof(relayer);
        }
        // Of an index above 255 it is zero.
        uint256 bit = 1 << index;
        uint256 others = _holders & ~bit;
        if (bit == 0 || _countOf(others) == MAX_AGGREGATE_KEYS) revert AggregateKeysNoRoom(index);
        _holders = others | bit;
        _store(bytes.concat(_entriesOf(others), bytes1(uint8(index)), key));
        emit BlsKeySet(relayer, index, key, proof);
    }

    /// @dev A tenure ends: its key counts no longer.
    function _dropKey(uint256 index) internal {
        uint256 holders = _holders;
        uint256 others = holders & ~(1 << index);
        if (others != holders) _holders = others;
    }

    /// @dev How many attestations an aggregate can stand for.
    function _mostAggregated() internal view returns (uint256) {
        return _state.on ? _countOf(_holders) : 0;
    }

    /// @dev Who signed an aggregate, and how many they are. What they were in earlier epochs is not looked at here.
    function _requireAggregate(
        bytes32 digest,
        bytes calldata aggregate
    ) internal view returns (uint256 signers, uint256 count) {
        if (!_state.on) revert AggregateKeysOff();
        if (aggregate.length != 32 + BlsSignatures.SIGNATURE_LENGTH) revert AggregateKeysInvalidAggregate(0);
        signers = uint256(bytes32(aggregate[:32]));
        uint256 unknown = signers & ~_holders;
        if (unknown != 0) revert AggregateKeysUnknownSigners(unknown);
        bytes memory sum = "";
        bytes memory stored = _state.store.code;
        for (uint256 at = 1; at < stored.length; at += _ENTRY_LENGTH) {
            if ((signers >> uint8(stored[at])) & 1 == 0) continue;
            bytes memory key = _keyAt(stored, at);
            sum = count == 0 ? key : BlsSignatures.add(sum, key);
            ++count;
        }
        // Keys of some who work together may add up to nothing, for which everybody can sign: `isValid` takes it for nobody's.
        if (!BlsSignatures.isValid(sum, digest, BlsSignatures.SIGNATURE_TAG, aggregate[32:])) {
            revert AggregateKeysInvalidAggregate(signers);
        }
    }

    /// @dev Writes entries, one after the other, into new code.
    function _store(bytes memory entries) private {
        // What begins with 0xef cannot be code (EIP-3541), and a zero ends whoever calls it.
        bytes memory code = bytes.concat(bytes1(0), entries);
        bytes memory creation = abi.encodePacked(_PUSH_LENGTH, uint16(code.length), _RETURN_THE_REST, code);
        uint64 version = ++_state.version;
        _state.store = Create2.deploy(0, bytes32(uint256(version)), creation);
    }

    /// @dev The stored keys of some holders, as they are stored.
    function _entriesOf(uint256 holders) private view returns (bytes memory entries) {
        bytes memory stored = _state.store.code;
        for (uint256 at = 1; at < stored.length; at += _ENTRY_LENGTH) {
            if ((holders >> uint8(stored[at])) & 1 == 0) continue;
            entries = bytes.concat(entries, Bytes.slice(stored, at, at + _ENTRY_LENGTH));
        }
    }

    function _keyAt(bytes memory stored, uint256 at) private pure returns (bytes memory) {
        return Bytes.slice(stored, at + 1, at + _ENTRY_LENGTH);
    }

    function _possessionDigest(address relayer, bytes calldata key) private view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(Messages.KEY_POSSESSION_TYPEHASH, relayer, keccak256(key)));
        return Messages.digest(Messages.RELAYER_SET, block.chainid, address(this), structHash);
    }

    /// @dev How many bits are set.
    function _countOf(uint256 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) ++count;
    }
}
