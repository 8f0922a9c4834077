// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BesuVectors} from "./BesuVectors.t.sol";
import {CHEATS} from "./ICheats.t.sol";
import {Mutations} from "./Mutations.t.sol";
import {QbftClient} from "./QbftClient.sol";

/// @title QbftClientTest
/// @notice A light client of a real chain, with its headers as they are and altered.
contract QbftClientTest {
    uint64 private constant _CHAIN_ID = 67_001;
    uint64 private constant _TRUSTING_PERIOD = 14 days;

    QbftClient private _client;

    /// @notice A client that trusts the validators, at the time of their block.
    function setUp() public {
        CHEATS.warp(BesuVectors.TIMESTAMP);
        _client = new QbftClient(_CHAIN_ID, BesuVectors.validators(), _TRUSTING_PERIOD);
    }

    /// @notice The header is taken, under the hash that Besu gives its block.
    function testBesuHeaderIsTaken() public {
        _client.update(BesuVectors.HEADER, BesuVectors.seals());
        (bytes32 stateRoot, uint64 timestamp) = _client.stateAt(BesuVectors.NUMBER);
        assert(stateRoot == BesuVectors.STATE_ROOT);
        assert(timestamp == BesuVectors.TIMESTAMP);
        assert(_client.blockHashAt(BesuVectors.NUMBER) == BesuVectors.BLOCK_HASH);
    }

    /// @notice A header that was altered anywhere is refused.
    function testFuzzAlteredHeaderIsRefused(uint256 position, uint8 change, uint8 kind) public {
        _refused(Mutations.altered(BesuVectors.HEADER, position, change, kind), BesuVectors.seals());
    }

    /// @notice Seals of which one was altered anywhere are refused, and so are too few, or one twice, or in another order.
    function testFuzzAlteredSealsAreRefused(uint256 which, uint256 position, uint8 change, uint8 kind) public {
        _refused(BesuVectors.HEADER, Mutations.alteredList(BesuVectors.seals(), which, position, change, kind));
    }

    /// @notice Any bytes are refused.
    function testFuzzAnyBytesAreRefused(bytes calldata header, bytes[] calldata seals) public {
        _refused(header, BesuVectors.seals());
        _refused(BesuVectors.HEADER, seals);
    }

    /// @dev Nothing is kept, and the client is not frozen.
    function _refused(bytes memory header, bytes[] memory seals) private {
        assert(!_isTaken(header, seals));
        (uint64 number, ) = _client.latest();
        assert(number == 0);
        assert(!_client.isFrozen());
    }

    function _isTaken(bytes memory header, bytes[] memory seals) private returns (bool) {
        try _client.update(header, seals) {
            return true;
        } catch {
            return false;
        }
    }
}
