// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BesuVectors} from "./BesuVectors.t.sol";
import {Mutations} from "./Mutations.t.sol";
import {StorageProofsHarness} from "./StorageProofsHarness.t.sol";

/// @title StorageProofsTest
/// @notice Proofs of a real chain's storage, as they are and altered.
contract StorageProofsTest {
    StorageProofsHarness private _proofs;

    /// @notice The library behind calls.
    function setUp() public {
        _proofs = new StorageProofsHarness();
    }

    /// @notice What a Besu node proves of an account and of a slot holds.
    function testBesuProvesAccountAndSlot() public view {
        bytes32 root = _proofs.storageRoot(BesuVectors.PROVEN_ROOT, BesuVectors.ACCOUNT, BesuVectors.accountProof());
        assert(root == BesuVectors.STORAGE_ROOT);
        assert(_proofs.valueAt(root, BesuVectors.SLOT, BesuVectors.storageProof()) == BesuVectors.VALUE);
    }

    /// @notice A proof of an account that was altered anywhere is refused.
    function testFuzzAlteredAccountProofIsRefused(
        uint256 node,
        uint256 position,
        uint8 change,
        uint8 kind
    ) public view {
        bytes[] memory proof = Mutations.alteredList(BesuVectors.accountProof(), node, position, change, kind);
        assert(!_isAccount(BesuVectors.PROVEN_ROOT, BesuVectors.ACCOUNT, proof));
    }

    /// @notice A proof of a slot that was altered anywhere is refused.
    function testFuzzAlteredSlotProofIsRefused(uint256 node, uint256 position, uint8 change, uint8 kind) public view {
        assert(
            !_isSlot(BesuVectors.SLOT, Mutations.alteredList(BesuVectors.storageProof(), node, position, change, kind))
        );
    }

    /// @notice A proof shows nothing of another account, another slot, or under another root.
    function testFuzzProofIsOfItsOwnKeyAlone(address account, bytes32 slot, bytes32 root) public view {
        bytes[] memory proof = BesuVectors.accountProof();
        assert(account == BesuVectors.ACCOUNT || !_isAccount(BesuVectors.PROVEN_ROOT, account, proof));
        assert(root == BesuVectors.PROVEN_ROOT || !_isAccount(root, BesuVectors.ACCOUNT, proof));
        assert(slot == BesuVectors.SLOT || !_isSlot(slot, BesuVectors.storageProof()));
    }

    /// @notice Nodes of any bytes are refused.
    function testFuzzAnyNodesAreRefused(bytes[] calldata nodes) public view {
        assert(!_isSlot(BesuVectors.SLOT, nodes));
    }

    function _isAccount(bytes32 root, address account, bytes[] memory proof) private view returns (bool) {
        try _proofs.storageRoot(root, account, proof) {
            return true;
        } catch {
            return false;
        }
    }

    function _isSlot(bytes32 slot, bytes[] memory proof) private view returns (bool) {
        try _proofs.valueAt(BesuVectors.STORAGE_ROOT, slot, proof) {
            return true;
        } catch {
            return false;
        }
    }
}
