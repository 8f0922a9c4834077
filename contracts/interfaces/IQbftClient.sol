// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IQbftClient
/// @notice A light client of another chain that runs QBFT: which state roots its validators have sealed.
/// @dev It believes a header for the seals of its validators, never for who brings it. A header names no chain: validators must not
/// validate another chain with the same keys.
interface IQbftClient {
    /// @notice A header is believed.
    /// @param blockHash its hash without seals and round
    event HeaderAccepted(uint64 indexed number, bytes32 indexed blockHash, bytes32 stateRoot, uint64 timestamp);
    /// @notice The validators are others from this block on.
    event ValidatorsChanged(uint64 indexed number, address[] validators);
    /// @notice Fewer than four validators: with so few, none may fail or lie.
    event FewValidators(uint64 indexed number, uint256 count);
    /// @notice Validators sealed two headers of which one must be false. Nothing of this client is believed any more.
    /// @param number of the block for which there are two, or of the one whose time is not in order
    /// @param first hash of the block that was there before, without seals and round; its header is in the call of its `HeaderAccepted`
    /// @param second hash of the other
    /// @param header of the other, as it was sealed
    /// @param seals of the other
    event Conflicted(uint64 indexed number, bytes32 indexed first, bytes32 indexed second, bytes header, bytes[] seals);

    /// @dev Validators contradicted themselves.
    error QbftClientFrozen();
    /// @dev The validators of this time are not trusted any more: no header came for too long, or this one is older than the period.
    error QbftClientExpired(uint64 trustedAt, uint64 trustingPeriod);
    /// @dev By the clock of this chain, the block is yet to be made.
    error QbftClientFutureHeader(uint64 number, uint64 timestamp);
    /// @dev Older than the latest, and no evidence.
    error QbftClientOldHeader(uint64 number, uint64 latest);
    /// @dev No state root of this block is kept: none ever was, or it was pruned.
    error QbftClientUnknownBlock(uint64 number);
    /// @dev A seal is no signature of a validator of the header, or not in the order of the list.
    error QbftClientInvalidSeal(uint256 index);
    error QbftClientTooFewSeals(uint256 given, uint256 needed);
    /// @dev Too few of those who are trusted sealed a header with other validators.
    error QbftClientTooFewTrusted(uint256 given, uint256 needed);
    /// @dev The two headers are of different blocks' numbers, or one block's.
    error QbftClientNoConflict();
    /// @dev No or too many validators, or not in ascending order; no trusting period.
    error QbftClientInvalidSetup();

    /// @notice Takes a header, as it was sealed, with its seals. Anyone may bring it.
    /// @dev It needs seals of at least ⌈2n/3⌉ of the n validators that it names, and where these are not those of the latest header, of
    /// more than a third of those, too. Heights may be left out. What is there already, by whatever seals, is taken and does nothing. Of an
    /// older height, only a header that contradicts what is kept is taken: another block of the same height, or a later time than the
    /// latest block's. That freezes the client for good.
    /// @param header RLP without seals, with its round
    /// @param seals of 65 bytes each, r ‖ s ‖ v, in the order of the header's validators
    function update(bytes calldata header, bytes[] calldata seals) external;

    /// @notice Shows that validators sealed two blocks of one height, of which none need be kept. Freezes the client for good.
    /// @dev Both are judged by the validators of the latest header.
    function reportConflict(
        bytes calldata header,
        bytes[] calldata seals,
        bytes calldata otherHeader,
        bytes[] calldata otherSeals
    ) external;

    /// @notice The state root and the time of a block whose header is kept. Reverts where none is.
    /// @return stateRoot at the end of the block
    /// @return timestamp Unix seconds
    function stateAt(uint64 number) external view returns (bytes32 stateRoot, uint64 timestamp);

    /// @notice The hash of a block whose header is kept, or zero.
    function blockHashAt(uint64 number) external view returns (bytes32);

    /// @notice Number and time of the latest block, zero before the first.
    function latest() external view returns (uint64 number, uint64 timestamp);

    /// @notice The validators of the latest block, or those trusted at first, in ascending order.
    function validators() external view returns (address[] memory);

    /// @notice Whether validators contradicted themselves.
    function isFrozen() external view returns (bool);

    /// @notice Whether no header came for so long that none is taken any more.
    function isExpired() external view returns (bool);

    /// @notice Whose client this is: the chain's id, which no header names.
    function CHAIN_ID() external view returns (uint64);
}
