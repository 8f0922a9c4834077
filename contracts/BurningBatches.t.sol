// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Batches} from "./Batches.sol";

/// @title BurningBatches
/// @notice Batches of which some items burn all the gas that they are given, as a contract account can on the way to its signature.
contract BurningBatches is Batches {
    /// @notice How many items came to their end.
    uint256 public done;

    /// @notice An item that comes to its end.
    function finish() external {
        ++done;
    }

    /// @notice An item that goes on until its gas is used up.
    function burn() external {
        while (true) ++done;
    }

    /// @notice Tries several items, and says how much gas the costliest used.
    function tryAll(bool[] calldata areBurning) external returns (uint256 mostGas) {
        for (uint256 i = 0; i < areBurning.length; ++i) {
            bytes memory call = areBurning[i] ? abi.encodeCall(this.burn, ()) : abi.encodeCall(this.finish, ());
            uint256 before = gasleft();
            (bool success, ) = _attempt(i, call);
            uint256 used = before - gasleft();
            if (used > mostGas) mostGas = used;
            assert(success != areBurning[i]);
        }
    }
}
