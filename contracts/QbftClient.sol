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
    /// @notice A block's state root is kept until a block is taken that is so many later, or a multiple of that.
    uint64 public constant KEPT_BLOCKS = 256;

    /// @notice With fewer validators, QBFT bears not one that fails.
    uint256 public constant FEWEST_VALIDATORS = 4;

    /// @inheritdoc IQbftClient
    uint64 public immutable CHAIN_ID;

    /// @notice For how long after a header's time its validators are trusted, in seconds: shorter than they would take to be gone and
    /// beyond punishment.
    uint64 public immutable TRUSTING_PERIOD;

    /// @dev When the first validators began to be trusted, Unix seconds.
    uint64 private immutable _TRUSTED_SINCE = uint64(block.timestamp);

    /// @dev A header that is kept.
    struct Kept {
        bytes32 blockHash;
        bytes32 stateRoot;
        uint64 number;
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

    /// @dev By the remainder of its number: a block takes the place of an earlier one.
    mapping(uint64 place => Kept header) private _kept;
    mapping(uint64 set => address[] validators) private _validators;
    mapping(uint64 set => bytes32 digest) private _digests;

    /// @notice Trusts these validators, as of now.
    /// @param chainId of the other chain
    /// @param trusted its validators, in ascending order
    /// @param trustingPeriod in seconds
    constructor(uint64 chainId, address[] memory trusted, uint64 trustingPeriod) {
        if (trusted.length == 0 || trusted.length > QbftHeaders.MAX_VALIDATORS || trustingPeriod == 0) {
            revert QbftClientInvalidSetup();
        }
        for (uint256 i = 0; i < trusted.length; ++i) {
            if (trusted[i] <= (i == 0 ? address(0) : trusted[i - 1])) revert QbftClientInvalidSetup();
        }
        CHAIN_ID = chainId;
        TRUSTING_PERIOD = trustingPeriod;
        _install(0, 0, trusted);
    }

    /// @inheritdoc IQbftClient
    function update(bytes calldata header, bytes[] calldata seals) external {
        if (isFrozen) revert QbftClientFrozen();
        QbftHeader memory h = QbftHeaders.read(header);
        if (h.number > _latestNumber) {
            _requireTrusted(_trustedAt());
            _requireSealed(h, seals, _set);
            // A chain's time never goes back.
            if (h.timestamp < _latestTimestamp) _freeze(h, blockHashAt(_latestNumber), header, seals);
            else _accept(h);
            return;
        }
        bytes32 first = blockHashAt(h.number);
        if (first == h.blockHash) return;
        if (first != 0) {
            Kept storage kept = _at(h.number);
            _requireTrusted(kept.timestamp);
            _requireSealed(h, seals, kept.set);
            _freeze(h, first, header, seals);
        } else {
            if (h.timestamp <= _latestTimestamp) revert QbftClientOldHeader(h.number, _latestNumber);
            _requireTrusted(_trustedAt());
            _requireSealed(h, seals, _set);
            _freeze(h, blockHashAt(_latestNumber), header, seals);
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
        _requireTrusted(_trustedAt());
        QbftHeader memory h = QbftHeaders.read(header);
        QbftHeader memory other = QbftHeaders.read(otherHeader);
        if (h.number != other.number || h.blockHash == other.blockHash) revert QbftClientNoConflict();
        _requireSealed(h, seals, _set);
        _requireSealed(other, otherSeals, _set);
        _freeze(other, h.blockHash, otherHeader, otherSeals);
    }

    /// @inheritdoc IQbftClient
    function stateAt(uint64 number) external view returns (bytes32 stateRoot, uint64 timestamp) {
        if (blockHashAt(number) == 0) revert QbftClientUnknownBlock(number);
        return (_at(number).stateRoot, _at(number).timestamp);
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
        return _isExpired(_trustedAt());
    }

    /// @inheritdoc IQbftClient
    function blockHashAt(uint64 number) public view returns (bytes32) {
        return _at(number).number == number ? _at(number).blockHash : bytes32(0);
    }

    /// @dev Keeps a header that is the latest. Whoever made a block before the trusting period may be gone, and is not trusted anew by it.
    function _accept(QbftHeader memory h) private {
        _requireTrusted(h.timestamp);
        if (h.timestamp > block.timestamp + RequestTimes.CLOCK_SKEW) {
            revert QbftClientFutureHeader(h.number, h.timestamp);
        }
        if (_digestOf(h.validators) != _digests[_set]) {
            ++_set;
            _install(_set, h.number, h.validators);
            emit ValidatorsChanged(h.number, h.validators);
        }
        Kept storage kept = _at(h.number);
        kept.blockHash = h.blockHash;
        kept.stateRoot = h.stateRoot;
        (kept.number, kept.timestamp, kept.set) = (h.number, h.timestamp, _set);
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

    /// @dev Where a block is kept, or another with the same remainder.
    function _at(uint64 number) private view returns (Kept storage) {
        return _kept[number % KEPT_BLOCKS];
    }

    /// @dev When the latest validators were known to be so: by their block, or as this client was deployed.
    function _trustedAt() private view returns (uint64) {
        return _latestNumber == 0 ? _TRUSTED_SINCE : _latestTimestamp;
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
