// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// @title SealedStates
/// @notice States of one account with one storage slot, whose tries are a leaf each, and headers with such a state root.
library SealedStates {
    /// @dev Hex prefix of a leaf whose whole path follows: even, terminating.
    bytes1 private constant _LEAF = 0x20;

    /// @notice The only node of a trie with one slot.
    function slotNode(bytes32 slot, bytes32 value) internal pure returns (bytes memory) {
        return _leaf(abi.encodePacked(slot), RLP.encode(uint256(value)));
    }

    /// @notice The only node of a trie with one account.
    function accountNode(address account, bytes memory onlySlotNode) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(1));
        fields[1] = RLP.encode(uint256(0));
        fields[2] = RLP.encode(keccak256(onlySlotNode));
        fields[3] = RLP.encode(keccak256("code"));
        return _leaf(abi.encodePacked(account), RLP.encode(fields));
    }

    /// @notice A header as validators seal it.
    function header(
        uint64 number,
        uint64 timestamp,
        bytes32 stateRoot,
        address[] memory validators
    ) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](16);
        for (uint256 i = 0; i < fields.length; ++i) fields[i] = RLP.encode(uint256(0));
        fields[3] = RLP.encode(stateRoot);
        fields[8] = RLP.encode(uint256(number));
        fields[11] = RLP.encode(uint256(timestamp));
        fields[12] = RLP.encode(_extraData(validators));
        return RLP.encode(fields);
    }

    function _extraData(address[] memory validators) private pure returns (bytes memory) {
        bytes[] memory list = new bytes[](validators.length);
        for (uint256 i = 0; i < list.length; ++i) list[i] = RLP.encode(validators[i]);
        bytes[] memory none = new bytes[](0);
        bytes[] memory items = new bytes[](5);
        items[0] = RLP.encode(bytes32(0));
        items[1] = RLP.encode(list);
        items[2] = RLP.encode(none);
        items[3] = RLP.encode(uint256(0));
        items[4] = RLP.encode(none);
        return RLP.encode(items);
    }

    function _leaf(bytes memory key, bytes memory value) private pure returns (bytes memory) {
        bytes[] memory node = new bytes[](2);
        node[0] = RLP.encode(bytes.concat(_LEAF, keccak256(key)));
        node[1] = RLP.encode(value);
        return RLP.encode(node);
    }
}
