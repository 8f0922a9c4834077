// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IQbftClient} from "./interfaces/IQbftClient.sol";
import {QbftHeader, QbftHeaders} from "./libraries/QbftHeaders.sol";
import {RequestTimes} from "./libraries/RequestTimes.sol";

/// @title QbftClient
/// @notice A light client of another chain that runs QBFT: which state roots its validators have sealed.
/// @dev Its rules are those of Tendermint's light client (Braithwaite et al., "Tendermint light client", 2020, skipping verification), with
/// QBFT's headers. Nobody has a role here: a client that is frozen or expired is replaced by another.
contract QbftClient is IQbftClient {
    /// @notice Of how many headers the state roots are kept: of the latest.
    uint64 public constant KEPT_HEADERS = 256;

    /// @notice With fewer validators, QBFT bears not one that fails.
    uint256 public constant FEWEST_VALIDATORS = 4;

    /// @inheritdoc IQbftClient
    uint64 public immutable CHAIN_ID;

    /// @notice For how long after a header's time its validators are trusted, in seconds: shorter than they would take to be gone and
    /// beyond punishment.
    uint64 public immutable TRUSTING_PERIOD;

    /// @dev A header that is kept.
    struct Kept {
        bytes32 blockHash;
        bytes32 stateRoot;
        uint64 timestamp;
        /// Of its validators.
        uint64 set;
    }

    /// @inheritdoc IQbftClient
    bool public isFrozen;

    uint64 private _latestNumber;
    uint64 private _latestTimestamp;
    /// @dev Of the latest header's validators. The sets count from zero.
    uint64 private _set;

    /// @dev How many headers were taken.
    uint64 private _count;

    mapping(uint64 number => Kept header) private _kept;
    /// @dev What is kept, as a ring: the next header takes the place of the oldest.
    mapping(uint64 place => uint64 number) private _ring;
    mapping(uint64 set => address[] validators) private _validators;
    mapping(uint64 set => bytes32 digest) private _digests;

    /// @notice Trusts these validators, as of a block that they made.
    /// @param chainId of the other chain
    /// @param trusted its validators, in ascending order
    /// @param number of a block that they made; only later ones are taken
    /// @param timestamp of that block, Unix seconds
    /// @param trustingPeriod in seconds
    constructor(uint64 chainId, address[] memory trusted, uint64 number, uint64 timestamp, uint64 trustingPeriod) {
        if (trusted.length == 0 || trusted.length > QbftHeaders.MAX_VALIDATORS || trustingPeriod == 0) {
            revert QbftClientInvalidSetup();
        }
        for (uint256 i = 0; i < trusted.length; ++i) {
            if (trusted[i] <= (i == 0 ? address(0) : trusted[i - 1])) revert QbftClientInvalidSetup();
        }
        CHAIN_ID = chainId;
        TRUSTING_PERIOD = trustingPeriod;
        _latestNumber = number;
        _latestTimestamp = timestamp;
        _install(0, number, trusted);
    }

    /// @inheritdoc IQbftClient
    function update(bytes calldata header, bytes[] calldata seals) external {
        if (isFrozen) revert QbftClientFrozen();
        QbftHeader memory h = QbftHeaders.read(header);
        if (h.number > _latestNumber) {
            _requireTrusted(_latestTimestamp);
            _requireSealed(h, seals, _set);
            // A chain's time never goes back.
            if (h.timestamp < _latestTimestamp) _freeze(h, _kept[_latestNumber].blockHash, header, seals);
            else _accept(h);
            return;
        }
        Kept storage kept = _kept[h.number];
        bytes32 first = kept.blockHash;
        if (first == h.blockHash) return;
        if (first != 0) {
            _requireTrusted(kept.timestamp);
            _requireSealed(h, seals, kept.set);
            _freeze(h, first, header, seals);
        } else {
            if (h.timestamp <= _latestTimestamp) revert QbftClientOldHeader(h.number, _latestNumber);
            _requireTrusted(_latestTimestamp);
            _requireSealed(h, seals, _set);
            _freeze(h, _kept[_latestNumber].blockHash, header, seals);
        }
    }

    /// @inheritdoc IQbftClient
    function reportConflict(
        bytes calldata header,
        bytes[] calldata seals,
        bytes calldata otherHeader,
        bytes[] calldata otherSeals
    ) external {
        if (isFrozen) return;
        _requireTrusted(_latestTimestamp);
        QbftHeader memory h = QbftHeaders.read(header);
        QbftHeader memory other = QbftHeaders.read(otherHeader);
        if (h.number != other.number || h.blockHash == other.blockHash) revert QbftClientNoConflict();
        _requireSealed(h, seals, _set);
        _requireSealed(other, otherSeals, _set);
        _freeze(other, h.blockHash, otherHeader, otherSeals);
    }

    /// @inheritdoc IQbftClient
    function stateAt(uint64 number) external view returns (bytes32 stateRoot, uint64 timestamp) {
        Kept storage kept = _kept[number];
        if (kept.blockHash == 0) revert QbftClientUnknownBlock(number);
        return (kept.stateRoot, kept.timestamp);
    }

    /// @inheritdoc IQbftClient
    function blockHashAt(uint64 number) external view returns (bytes32) {
        return _kept[number].blockHash;
    }

    /// @inheritdoc IQbftClient
    function latest() external view returns (uint64 number, uint64 timestamp) {
        return (_latestNumber, _latestTimestamp);
    }

    /// @inheritdoc IQbftClient
    function validators() external view returns (address[] memory) {
        return _validators[_set];
    }

    /// @inheritdoc IQbftClient
    function isExpired() external view returns (bool) {
        return _isExpired(_latestTimestamp);
    }

    /// @dev Keeps a header that is the latest, in the place of the oldest.
    function _accept(QbftHeader memory h) private {
        if (h.timestamp > block.timestamp + RequestTimes.CLOCK_SKEW) {
            revert QbftClientFutureHeader(h.number, h.timestamp);
        }
        if (_digestOf(h.validators) != _digests[_set]) {
            ++_set;
            _install(_set, h.number, h.validators);
            emit ValidatorsChanged(h.number, h.validators);
        }
        uint64 place = _count % KEPT_HEADERS;
        if (_count >= KEPT_HEADERS) delete _kept[_ring[place]];
        ++_count;
        _ring[place] = h.number;
        _kept[h.number] = Kept({blockHash: h.blockHash, stateRoot: h.stateRoot, timestamp: h.timestamp, set: _set});
        _latestNumber = h.number;
        _latestTimestamp = h.timestamp;
        emit HeaderAccepted(h.number, h.blockHash, h.stateRoot, h.timestamp);
    }

    function _install(uint64 set, uint64 number, address[] memory list) private {
        _validators[set] = list;
        _digests[set] = _digestOf(list);
        if (list.length < FEWEST_VALIDATORS) emit FewValidators(number, list.length);
    }

    /// @dev What is kept as evidence is the event: whoever reads it can check both headers by themselves.
    function _freeze(QbftHeader memory h, bytes32 first, bytes calldata header, bytes[] calldata seals) private {
        isFrozen = true;
        emit Conflicted(h.number, first, h.blockHash, header, seals);
    }

    /// @dev That those who made a block are trusted still.
    function _requireTrusted(uint64 timestamp) private view {
        if (_isExpired(timestamp)) revert QbftClientExpired(timestamp, TRUSTING_PERIOD);
    }

    function _isExpired(uint64 timestamp) private view returns (bool) {
        return block.timestamp >= uint256(timestamp) + TRUSTING_PERIOD;
    }

    /// @dev That enough of those whom the header names sealed it, and of those of a trusted set more than a third.
    function _requireSealed(QbftHeader memory h, bytes[] calldata seals, uint64 set) private view {
        uint256 needed = Math.ceilDiv(2 * h.validators.length, 3);
        if (seals.length < needed) revert QbftClientTooFewSeals(seals.length, needed);
        address[] memory sealers = _sealersOf(h, seals);
        if (_digestOf(h.validators) == _digests[set]) return;
        address[] memory trusted = _validators[set];
        uint256 given = _common(sealers, trusted);
        uint256 most = trusted.length / 3;
        if (given <= most) revert QbftClientTooFewTrusted(given, most + 1);
    }

    /// @dev Who sealed: each a validator of the header, in the order of its list, so that each counts once.
    function _sealersOf(QbftHeader memory h, bytes[] calldata seals) private pure returns (address[] memory sealers) {
        sealers = new address[](seals.length);
        uint256 next = 0;
        for (uint256 i = 0; i < seals.length; ++i) {
            address sealer = _recover(h.sealHash, seals[i], i);
            while (next < h.validators.length && h.validators[next] != sealer) ++next;
            if (next == h.validators.length) revert QbftClientInvalidSeal(i);
            sealers[i] = sealer;
            ++next;
        }
    }

    /// @dev A seal has the recovery bit itself where Ethereum's signatures have 27 or 28.
    function _recover(bytes32 digest, bytes calldata seal, uint256 index) private pure returns (address sealer) {
        if (seal.length != 65 || uint8(seal[64]) > 1) revert QbftClientInvalidSeal(index);
        ECDSA.RecoverError failure;
        (sealer, failure, ) = ECDSA.tryRecover(digest, 27 + uint8(seal[64]), bytes32(seal[:32]), bytes32(seal[32:64]));
        if (failure != ECDSA.RecoverError.NoError) revert QbftClientInvalidSeal(index);
    }

    /// @dev How many are in both of two lists in ascending order.
    function _common(address[] memory one, address[] memory other) private pure returns (uint256 count) {
        uint256 j = 0;
        for (uint256 i = 0; i < one.length; ++i) {
            while (j < other.length && other[j] < one[i]) ++j;
            if (j == other.length) return count;
            if (other[j] == one[i]) ++count;
        }
    }

    function _digestOf(address[] memory list) private pure returns (bytes32) {
        return keccak256(abi.encode(list));
    }
}
