// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev A hospital, here or abroad: SHA-256 of its pseudonym.
type HospitalId is bytes32;

/// @dev A patient or doctor: `keccak256(abi.encode(hospitalId, pseudonym))`, so no hospital can take another's member id.
type MemberId is bytes32;

/// @dev A health record: `keccak256(abi.encode(owner, salt))`, so nobody can take a record id before its owner.
type RecordId is bytes32;

/// @dev An access request: the EIP-712 digest that the requester signed, so one signature is one request.
type RequestId is bytes32;

/// @dev A standing consent: the EIP-712 digest that the owner signed.
type ConsentId is bytes32;

/// @dev A study: `keccak256(abi.encode(chainId, registry, proposer, salt, terms))`, so nobody can take another's study id, nor change its terms.
type StudyId is bytes32;
