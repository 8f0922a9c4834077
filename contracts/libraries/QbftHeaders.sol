// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// @dev What a light client needs of a QBFT block's header.
struct QbftHeader {
    uint64 number;
    /// Unix seconds.
    uint64 timestamp;
    bytes32 stateRoot;
    /// Of the header as it was sealed: what each seal signs.
    bytes32 sealHash;
    /// Of the header with round 0. Headers of one block have one, in whatever round and by whomever they were sealed.
    bytes32 blockHash;
    /// Who made the block, in ascending order.
    address[] validators;
}

/// @title QbftHeaders
/// @notice Headers of QBFT blocks, as their validators seal them: without seals, with the round in which the block was agreed on.
/// @dev extraData is `rlp([vanity, [validator...], vote, round, [seal...]])`, with no seals here (EEA QBFT specification, version 1, section
/// 4.5). The field order is the Yellow Paper's, London or later. Whatever RLP is not of that form reverts here or in OpenZeppelin's `RLP`.
library QbftHeaders {
    /// @notice The longest header that is read: beyond what `MAX_VALIDATORS` need.
    uint256 internal constant MAX_LENGTH = 8192;

    /// @notice As many seals can be checked in one transaction.
    uint256 internal constant MAX_VALIDATORS = 200;

    uint256 private constant _EXTRA_DATA = uint256(BlockHeader.HeaderField.ExtraData);
    /// @dev Of a header before London.
    uint256 private constant _FIELDS = 15;
    uint256 private constant _EXTRA_FIELDS = 5;
    uint256 private constant _VALIDATORS = 1;
    uint256 private constant _ROUND = 3;
    uint256 private constant _SEALS = 4;
    /// @dev RLP's empty string, which is zero.
    bytes1 private constant _ZERO = 0x80;

    /// @dev It is longer than any that is read, or has too few fields, or seals in it, or numbers that no block has.
    error QbftHeadersMalformed();
    /// @dev The validators are none, too many, or not in ascending order.
    error QbftHeadersInvalidValidators();

    /// @notice Reads a header in the form in which it was sealed.
    function read(bytes memory header) internal pure returns (QbftHeader memory result) {
        if (header.length > MAX_LENGTH) revert QbftHeadersMalformed();
        Memory.Slice[] memory fields = BlockHeader.parseHeader(header);
        if (fields.length < _FIELDS) revert QbftHeadersMalformed();
        Memory.Slice[] memory extra = RLP.decodeList(BlockHeader.getExtraData(fields));
        if (extra.length != _EXTRA_FIELDS || RLP.readList(extra[_SEALS]).length != 0) revert QbftHeadersMalformed();
        result.number = _uint64(BlockHeader.getNumber(fields));
        result.timestamp = _uint64(BlockHeader.getTimestamp(fields));
        result.stateRoot = BlockHeader.getStateRoot(fields);
        result.validators = _readValidators(extra[_VALIDATORS]);
        result.sealHash = keccak256(header);
        result.blockHash = RLP.readUint256(extra[_ROUND]) == 0 ? result.sealHash : _hashInRoundZero(fields, extra);
    }

    function _readValidators(Memory.Slice item) private pure returns (address[] memory validators) {
        Memory.Slice[] memory list = RLP.readList(item);
        if (list.length == 0 || list.length > MAX_VALIDATORS) revert QbftHeadersInvalidValidators();
        validators = new address[](list.length);
        address previous = address(0);
        for (uint256 i = 0; i < list.length; ++i) {
            address validator = RLP.readAddress(list[i]);
            if (validator <= previous) revert QbftHeadersInvalidValidators();
            previous = validator;
            validators[i] = validator;
        }
    }

    function _hashInRoundZero(
        Memory.Slice[] memory fields,
        Memory.Slice[] memory extra
    ) private pure returns (bytes32) {
        bytes[] memory extraItems = _toBytes(extra);
        extraItems[_ROUND] = abi.encodePacked(_ZERO);
        bytes[] memory items = _toBytes(fields);
        items[_EXTRA_DATA] = RLP.encode(RLP.encode(extraItems));
        return keccak256(RLP.encode(items));
    }

    function _toBytes(Memory.Slice[] memory slices) private pure returns (bytes[] memory items) {
        items = new bytes[](slices.length);
        for (uint256 i = 0; i < slices.length; ++i) items[i] = Memory.toBytes(slices[i]);
    }

    function _uint64(uint256 value) private pure returns (uint64) {
        if (value > type(uint64).max) revert QbftHeadersMalformed();
        return uint64(value);
    }
}
