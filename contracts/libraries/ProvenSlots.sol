// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ProvenSlots
/// @notice Where the contracts of another chain have what is proven of them: the storage layout of `Mailbox` and `AccessLedger`.
/// @dev A test reads every one of these from contracts as they are compiled.
library ProvenSlots {
    uint256 private constant _MAILBOX_PEAKS = 0;
    uint256 private constant _LEDGER_HEAD = 2;
    uint256 private constant _LEDGER_LENGTH = 3;
    uint256 private constant _LEDGER_PEAKS = 4;

    /// @notice Of `Mailbox`: a peak of a sender's range.
    function peakOf(address sender, uint256 height) internal pure returns (bytes32) {
        return keccak256(abi.encode(height, keccak256(abi.encode(sender, _MAILBOX_PEAKS))));
    }

    /// @notice Of `AccessLedger`: its head.
    function ledgerHead() internal pure returns (bytes32) {
        return bytes32(_LEDGER_HEAD);
    }

    /// @notice Of `AccessLedger`: its length, in the lowest 64 bits.
    function ledgerLength() internal pure returns (bytes32) {
        return bytes32(_LEDGER_LENGTH);
    }

    /// @notice Of `AccessLedger`: a peak of its range.
    function ledgerPeak(uint256 height) internal pure returns (bytes32) {
        return keccak256(abi.encode(height, _LEDGER_PEAKS));
    }
}
