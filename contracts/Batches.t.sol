// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BurningBatches} from "./BurningBatches.t.sol";

/// @title BatchesTest
/// @notice What an item can do to a batch.
contract BatchesTest {
    /// @dev For the call itself, beside what the item uses.
    uint256 private constant _OVERHEAD = 5_000;

    /// @dev More than four items may use, and all that a burning one would use if nothing held it back.
    uint256 private constant _GAS = 4_000_000;

    BurningBatches private _batches;

    /// @notice A batch whose items this test chooses.
    function setUp() public {
        _batches = new BurningBatches();
    }

    /// @notice An item that burns what it gets is skipped, having used no more than an item may, and the others are done.
    function testAnItemBurnsNoMoreThanItsOwnGas() public {
        bool[] memory areBurning = new bool[](4);
        areBurning[0] = true;
        areBurning[2] = true;
        uint256 mostGas = _batches.tryAll{gas: _GAS}(areBurning);
        assert(mostGas >= _batches.ITEM_GAS());
        assert(mostGas <= _batches.ITEM_GAS() + _OVERHEAD);
        assert(_batches.done() == 2);
    }
}
