// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title BlsSignatures
/// @notice BLS signatures over BLS12-381 (draft-irtf-cfrg-bls-signature, scheme with proofs of possession, ciphersuite
/// BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_), by the precompiles of EIP-2537.
/// @dev Points are bytes as those precompiles take them: coordinates of 64 bytes, big-endian, c0 before c1; the point at infinity is all
/// zeros. Signatures are in G1 (128 bytes) and keys in G2 (256 bytes). By the gas of EIP-2537, hashing to G1 takes two maps at 5,500 where
/// G2 takes two at 23,800; adding a key takes 600 in G2 where G1 takes 375. What hashing saves would be used up by about 160 signers, more
/// than an aggregate has. The pairing precompile refuses what is not in the subgroup; additions do not, so only keys are added that a pairing
/// has seen.
library BlsSignatures {
    uint256 internal constant KEY_LENGTH = 256;
    uint256 internal constant SIGNATURE_LENGTH = 128;

    /// @notice Tag of what keys sign.
    bytes internal constant SIGNATURE_TAG = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
    /// @notice Tag of proofs of possession: none of them is a signature of anything else, nor the other way round.
    bytes internal constant POSSESSION_TAG = "BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";

    address private constant _MODEXP = address(0x05);
    address private constant _G1_ADD = address(0x0b);
    address private constant _G2_ADD = address(0x0d);
    address private constant _PAIRING = address(0x0f);
    address private constant _MAP_TO_G1 = address(0x10);

    /// @dev The modulus of the coordinates, in two words.
    bytes32 private constant _P_HIGH = 0x000000000000000000000000000000001a0111ea397fe69a4b1ba7b6434bacd7;
    bytes32 private constant _P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @dev The generator of G2, with y negated.
    bytes private constant _NEGATED_GENERATOR =
        hex"00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
        hex"0000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
        hex"000000000000000000000000000000000d1b3cc2c7027888be51d9ef691d77bcb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79f74782aa"
        hex"0000000000000000000000000000000013fa4d4a0ad8b1ce186ed5061789213d993923066dddaf1040bc3ff59f825c78df74f2d75467e25e0f55f8a00fa030ed";

    /// @dev A precompile took its input for invalid, or the chain has none (before Prague).
    error BlsSignaturesPrecompileFailed(address precompile);

    /// @notice Whether the chain has the precompiles. An address without one answers, too, but with nothing.
    function isSupported() internal view returns (bool) {
        return
            _lengthOf(_G1_ADD, 256) == 128 &&
            _lengthOf(_G2_ADD, 512) == 256 &&
            _lengthOf(_PAIRING, 384) == 32 &&
            _lengthOf(_MAP_TO_G1, 64) == 128;
    }

    /// @notice Whether the holder of a key, or all holders of the keys whose sum it is, signed a message. What is no point of the subgroup
    /// signs nothing, and at that all gas of the call but 1/64 is gone. The point at infinity is nobody's key.
    function isValid(
        bytes memory key,
        bytes32 message,
        bytes memory tag,
        bytes memory signature
    ) internal view returns (bool) {
        if (key.length != KEY_LENGTH || signature.length != SIGNATURE_LENGTH) return false;
        if (keccak256(key) == keccak256(new bytes(KEY_LENGTH))) return false;
        bytes memory hashed = hashToPoint(abi.encodePacked(message), tag);
        // e(signature, -generator) · e(hashed, key) = 1
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = _PAIRING.staticcall(
            bytes.concat(signature, _NEGATED_GENERATOR, hashed, key)
        );
        return success && answer.length == 32 && abi.decode(answer, (uint256)) == 1;
    }

    /// @notice Adds two keys, which must be on the curve.
    function add(bytes memory one, bytes memory other) internal view returns (bytes memory) {
        return _call(_G2_ADD, bytes.concat(one, other), KEY_LENGTH);
    }

    /// @notice `hash_to_curve` of RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_.
    /// @param tag domain separation tag, of at most 255 bytes
    function hashToPoint(bytes memory message, bytes memory tag) internal view returns (bytes memory) {
        bytes memory suffix = abi.encodePacked(tag, uint8(tag.length));
        // expand_message_xmd: 128 bytes, from a block of zeros, the message, and the length.
        bytes32 start = sha256(abi.encodePacked(bytes32(0), bytes32(0), message, uint16(128), uint8(0), suffix));
        bytes32 one = sha256(abi.encodePacked(start, uint8(1), suffix));
        bytes32 two = sha256(abi.encodePacked(start ^ one, uint8(2), suffix));
        bytes32 three = sha256(abi.encodePacked(start ^ two, uint8(3), suffix));
        bytes32 four = sha256(abi.encodePacked(start ^ three, uint8(4), suffix));
        // The precompile clears the cofactor of each point, which clears that of their sum.
        return _call(_G1_ADD, bytes.concat(_mapToPoint(one, two), _mapToPoint(three, four)), SIGNATURE_LENGTH);
    }

    /// @dev 64 bytes, modulo p, as a point.
    function _mapToPoint(bytes32 high, bytes32 low) private view returns (bytes memory) {
        bytes memory power = abi.encodePacked(
            uint256(64),
            uint256(1),
            uint256(64),
            high,
            low,
            uint8(1),
            _P_HIGH,
            _P_LOW
        );
        return _call(_MAP_TO_G1, _call(_MODEXP, power, 64), SIGNATURE_LENGTH);
    }

    function _call(address precompile, bytes memory input, uint256 length) private view returns (bytes memory output) {
        bool success;
        // solhint-disable-next-line avoid-low-level-calls
        (success, output) = precompile.staticcall(input);
        if (!success || output.length != length) revert BlsSignaturesPrecompileFailed(precompile);
    }

    /// @dev Of what a precompile answers to so many zeros, which stand for points at infinity, or for zero.
    function _lengthOf(address precompile, uint256 zeros) private view returns (uint256) {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = precompile.staticcall(new bytes(zeros));
        return success ? answer.length : 0;
    }
}
