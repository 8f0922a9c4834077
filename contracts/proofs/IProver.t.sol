// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IProver
/// @notice The prover's own calls, as far as the proofs use them.
interface IProver {
    /// @notice Lets the storage of a contract hold anything.
    function enableSymbolicStorage(address account) external;
}

IProver constant PROVER = IProver(address(uint160(uint256(keccak256("svm cheat code")))));
