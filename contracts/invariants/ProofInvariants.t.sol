// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProofHandler} from "./ProofHandler.t.sol";

/// @title ProofInvariants
/// @notice What holds of messages that are proven, whatever is sent, sealed, proven and carried in whatever order.
contract ProofInvariants {
    ProofHandler private _handler;

    /// @dev What was found wrong.
    error ProofViolated(string violation);

    /// @notice Two fresh mailboxes; the runner calls everything of their handler that is external.
    function setUp() public {
        _handler = new ProofHandler();
    }

    /// @notice What is sent, sealed and proven is delivered, by a path that goes on with the range.
    function testWhatIsSealedIsDelivered() public {
        for (uint256 i = 0; i < 5; ++i) _handler.tell(true);
        _handler.deliver(2, 2, 0, 2);
        assert(_handler.delivered() == 0);
        _handler.seal(2, 0x07, 0);
        _handler.prove(0, false, false);
        for (uint256 i = 0; i < 5; ++i) _handler.deliver(i, 2, 0, 2);
        assert(_handler.delivered() == 4);
        invariantMessagesAreSealed();
    }

    /// @notice Where the runner's calls go.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice No message is delivered without its leaf under a root that a quorum sealed; no header is taken that a quorum did not seal; no
    /// peak is proven that a sealed state does not have.
    function invariantMessagesAreSealed() public view {
        string memory violation = _handler.violation();
        if (bytes(violation).length != 0) revert ProofViolated(violation);
    }
}
