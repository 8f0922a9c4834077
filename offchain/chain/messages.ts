/**
 * The EIP-712 messages of the protocol, as `contracts/libraries/Messages.sol` has them.
 *
 * A message is signed under the domain of the contract that speaks on its home chain, and names its destination in its
 * fields, so a signature is good for one source, one destination and one version.
 */

import type { Hex32 } from "@medexchain/core";
import { fromHex32, toHex32 } from "@medexchain/core";
import { keccak256 } from "@medexchain/evm";
import { AbiCoder, getBytes, type Signer, type TypedDataDomain, TypedDataEncoder, type TypedDataField } from "ethers";

/** M1, see `contracts/types/Access.sol`. Times are Unix seconds. */
export interface AccessRequest {
  recordId: Hex32;
  requester: Hex32;
  purpose: Hex32;
  destinationChainId: bigint;
  destination: string;
  issuedAt: bigint;
  expiry: bigint;
  nonce: bigint;
}

/** M5, see `contracts/types/Access.sol`. */
export interface AccessResponse {
  requestId: Hex32;
  decision: bigint;
  decidedAt: bigint;
  /** The record's commitment to its capsule and fragments, see `contracts/types/Record.sol`. */
  contents: Hex32;
  /** SHA-256 digest of the CID of the sealed re-encryption key. */
  reEncryption: Hex32;
  privateFragment: Hex32;
}

/** A ledger as it stood at the end of a block of its chain, see `contracts/types/Checkpoint.sol`. */
export interface Checkpoint {
  chainId: bigint;
  ledger: string;
  entryCount: bigint;
  blockNumber: bigint;
  /** Of that block, Unix seconds. */
  blockTime: bigint;
  head: Hex32;
  /** Of the ledger's Merkle tree, see `merkleTree`. */
  root: Hex32;
}

/** Of what relayers attest: until when it holds, and under which set of them. Each of them signs both with it. */
export interface AttestationTerms {
  /** Of the verifying chain's `RelayerSet`. */
  epoch: bigint;
  /** Unix seconds. */
  expiry: bigint;
}

/** One relayer's EIP-712 signature. */
export interface Attestation {
  relayer: string;
  signature: string;
}

/** What several relayers signed, see `contracts/types/Access.sol`; in ascending order of address. */
export interface Attestations extends AttestationTerms {
  by: Attestation[];
}

/** What a relayer sends that alone decides: the epoch to whose relayers the request is sealed, and nobody's signature. */
export const noAttestations = (epoch: bigint): Attestations => ({ epoch, expiry: 0n, by: [] });

/** M2: what an owner approves, and may sign for another to carry. */
export interface Authorization {
  requestId: Hex32;
  /** SHA-256 digest of the CID of the sealed re-encryption key. */
  sealedRekey: Hex32;
  /** Block id of the channel message with the private fragment. */
  privateFragment: Hex32;
  /** Of the relayers to whom the key is sealed. */
  epoch: bigint;
}

/** With the signature of the owner's account, see `contracts/types/Access.sol`. */
export interface SignedAuthorization extends Authorization {
  signature: string;
}

/** What an owner signs to have requests approved with nobody at hand, see `contracts/types/Consent.sol`. Times are Unix seconds. */
export interface StandingConsent {
  owner: Hex32;
  /** SHA-256 of a secret salt and the FHIR Consent. */
  document: Hex32;
  /** Any of whose members may ask. */
  hospitals: Hex32[];
  /** Who may ask by themselves. */
  members: Hex32[];
  /** Codes of PurposeOfUse in ASCII, padded with zeros. */
  purposes: Hex32[];
  /** All of the owner's where there are none. */
  records: Hex32[];
  /** SHA-256 of the salt and each class of data; all data where there are none. */
  classes: Hex32[];
  from: bigint;
  until: bigint;
  maxAccessCount: bigint;
}

/** What a hospital's operator signs for a member, see `contracts/types/Identity.sol`. */
export interface MemberCertificate {
  hospitalId: Hex32;
  pseudonym: Hex32;
  account: string;
  keyDigest: Hex32;
  serial: bigint;
  notAfter: bigint;
}

const fields = (list: string): TypedDataField[] =>
  list.split(",").map((field) => {
    const [type = "", name = ""] = field.trim().split(" ");
    return { type, name };
  });

/** The struct of each message. */
export const MESSAGE_TYPES = {
  MemberCertificate: fields(
    "bytes32 hospitalId, bytes32 pseudonym, address account, bytes32 keyDigest, uint64 serial, uint64 notAfter",
  ),
  AccessRequest: fields(
    "bytes32 recordId, bytes32 requester, bytes32 purpose, uint64 destinationChainId, address destination, uint64 issuedAt, uint64 expiry, uint256 nonce",
  ),
  AccessResponse: fields(
    "uint64 sourceChainId, address source, bytes32 requestId, uint8 decision, uint64 decidedAt, bytes32 contents, bytes32 reEncryption, bytes32 privateFragment, uint64 epoch, uint64 expiry",
  ),
  AccessCorrection: fields(
    "uint64 sourceChainId, address source, bytes32 replaced, bytes32 requestId, uint8 decision, uint64 decidedAt, bytes32 contents, bytes32 reEncryption, bytes32 privateFragment, uint64 epoch, uint64 expiry",
  ),
  ReEncryption: fields("bytes32 requestId, bytes32 sealedRekey, uint64 epoch, uint64 expiry"),
  Checkpoint: fields(
    "uint64 chainId, address ledger, uint64 entryCount, uint64 blockNumber, uint64 blockTime, bytes32 head, bytes32 root, uint64 epoch, uint64 expiry",
  ),
  Authorization: fields("bytes32 requestId, bytes32 sealedRekey, bytes32 privateFragment, uint64 epoch"),
  Resealing: fields("bytes32 requestId, bytes32 sealedRekey, uint64 epoch"),
  Denial: fields("bytes32 requestId"),
  Withdrawal: fields("bytes32 requestId"),
  RecordAnchor: fields(
    "bytes32 owner, bytes32 salt, bytes32 capsule, bytes32 publicFragment, bytes32 privateFragment, uint32 maxAccessCount, uint64 expiry",
  ),
  AccessLimit: fields("bytes32 recordId, uint32 maxAccessCount, uint64 nonce, uint64 expiry"),
  Revocation: fields("bytes32 recordId, uint64 nonce, uint64 expiry"),
  Acknowledgement: fields("bytes32 requestId, bytes32 answer, uint8 acknowledgement"),
  KeyPossession: fields("address relayer, bytes key"),
  StandingConsent: fields(
    "bytes32 owner, bytes32 document, bytes32[] hospitals, bytes32[] members, bytes32[] purposes, bytes32[] records, bytes32[] classes, uint64 from, uint64 until, uint32 maxAccessCount",
  ),
};

/** The name of the domain under which each is signed. */
export const MESSAGE_DOMAINS = {
  MemberCertificate: "MedExChain HospitalRegistry",
  AccessRequest: "MedExChain AccessRequests",
  AccessResponse: "MedExChain AccessRequests",
  AccessCorrection: "MedExChain AccessRequests",
  ReEncryption: "MedExChain AccessGrants",
  Checkpoint: "MedExChain LedgerCheckpoints",
  Authorization: "MedExChain AccessGrants",
  Resealing: "MedExChain AccessGrants",
  Denial: "MedExChain AccessGrants",
  Withdrawal: "MedExChain AccessGrants",
  RecordAnchor: "MedExChain RecordRegistry",
  AccessLimit: "MedExChain RecordRegistry",
  Revocation: "MedExChain RecordRegistry",
  Acknowledgement: "MedExChain AccessRequests",
  KeyPossession: "MedExChain RelayerSet",
  StandingConsent: "MedExChain StandingConsents",
} as const;

type PrimaryType = keyof typeof MESSAGE_TYPES;

/** A contract on a chain, under whose domain a message is signed. */
export interface VerifyingContract {
  chainId: bigint;
  address: string;
}

const domainOf = (type: PrimaryType, contract: VerifyingContract): TypedDataDomain => ({
  name: MESSAGE_DOMAINS[type],
  version: "1",
  chainId: contract.chainId,
  verifyingContract: contract.address,
});

// A domain and its one struct type, in the form that ethers takes.
const typesOf = (type: PrimaryType): Record<string, TypedDataField[]> => ({ [type]: MESSAGE_TYPES[type] });

const EIP_712 = Uint8Array.of(0x19, 0x01);

/** ethers makes its encoders, and hashes a contract's domain, anew for each message: most of the time that a digest takes. */
const encoders = new Map<PrimaryType, TypedDataEncoder>();
const separators = new Map<string, string>();

/** The EIP-712 digest of a message. */
function digestOf(type: PrimaryType, contract: VerifyingContract, message: Readonly<Record<string, unknown>>): Hex32 {
  const encoder = encoders.get(type) ?? TypedDataEncoder.from(typesOf(type));
  encoders.set(type, encoder);
  const domain = domainOf(type, contract);
  const key = `${domain.name} ${contract.chainId} ${contract.address}`;
  const separator = separators.get(key) ?? TypedDataEncoder.hashDomain(domain);
  separators.set(key, separator);
  // As EIP-712 puts them together.
  return toHex32(keccak256(EIP_712, fromHex32(separator), fromHex32(encoder.hash(message))));
}

/** Signs a member certificate. `registry` is the HospitalRegistry of the hospital's home chain. */
export function signCertificate(
  operator: Signer,
  registry: VerifyingContract,
  certificate: MemberCertificate,
): Promise<string> {
  const type = "MemberCertificate";
  return operator.signTypedData(domainOf(type, registry), typesOf(type), certificate);
}

/** The id of a request, which is the digest that its requester signs. `requests` is AccessRequests on the requester's chain. */
export function requestIdOf(requests: VerifyingContract, request: AccessRequest): Hex32 {
  return digestOf("AccessRequest", requests, { ...request });
}

/** Signs a request (M1). `requests` is AccessRequests on the requester's chain. */
export function signRequest(account: Signer, requests: VerifyingContract, request: AccessRequest): Promise<string> {
  const type = "AccessRequest";
  return account.signTypedData(domainOf(type, requests), typesOf(type), request);
}

/** Signs an approval (M2). `grants` is AccessGrants on the owner's chain. */
export function signAuthorization(
  account: Signer,
  grants: VerifyingContract,
  authorization: Authorization,
): Promise<string> {
  const type = "Authorization";
  return account.signTypedData(domainOf(type, grants), typesOf(type), authorization);
}

/**
 * What a relayer signs to attest a response (M5), as `AccessRequests.responseDigest` computes it. `requests` is AccessRequests on the
 * requester's chain, where the response goes; `grants` is AccessGrants on the owner's chain, where it comes from.
 */
export function responseDigestOf(
  requests: VerifyingContract,
  grants: VerifyingContract,
  response: AccessResponse,
  { epoch, expiry }: AttestationTerms,
): Hex32 {
  return digestOf("AccessResponse", requests, { ...responseMessage(grants, response), epoch, expiry });
}

/**
 * What a relayer signs to correct a response that was attested falsely, as `AccessRequests.correctionDigest` computes it.
 *
 * @param replaced digest of the answer that holds on the requester's chain, see `answerDigestOf`
 */
export function correctionDigestOf(
  requests: VerifyingContract,
  grants: VerifyingContract,
  replaced: Hex32,
  response: AccessResponse,
  { epoch, expiry }: AttestationTerms,
): Hex32 {
  return digestOf("AccessCorrection", requests, { ...responseMessage(grants, response), replaced, epoch, expiry });
}

const ANSWER = ["bytes32", "uint8", "uint64", "bytes32", "bytes32", "bytes32"];

/** By what an answer is named, as `AccessRequests.answerDigest` computes it. Whoever attests it, and when, does not change it. */
export function answerDigestOf(response: AccessResponse): Hex32 {
  const { requestId, decision, decidedAt, contents, reEncryption, privateFragment } = response;
  const words = [requestId, decision, decidedAt, contents, reEncryption, privateFragment];
  return toHex32(keccak256(getBytes(AbiCoder.defaultAbiCoder().encode(ANSWER, words))));
}

const responseMessage = (grants: VerifyingContract, response: AccessResponse) => ({
  sourceChainId: grants.chainId,
  source: grants.address,
  ...response,
});

/**
 * What a relayer signs to attest that its partial is out (M4), as `AccessGrants.reEncryptionDigest` computes it. `sealedRekey` is the
 * SHA-256 digest of the CID of the sealed re-encryption key, which commits to the partial of each relayer; `epoch` is the grant's.
 */
export function reEncryptionDigestOf(
  grants: VerifyingContract,
  requestId: Hex32,
  sealedRekey: Hex32,
  { epoch, expiry }: AttestationTerms,
): Hex32 {
  return digestOf("ReEncryption", grants, { requestId, sealedRekey, epoch, expiry });
}

/** What a relayer signs to attest a checkpoint. `checkpoints` is LedgerCheckpoints on the chain that is to keep it. */
export function checkpointDigestOf(
  checkpoints: VerifyingContract,
  checkpoint: Checkpoint,
  { epoch, expiry }: AttestationTerms,
): Hex32 {
  return digestOf("Checkpoint", checkpoints, { ...checkpoint, epoch, expiry });
}

/** What a relayer proves with that it holds a BLS key, as `RelayerSet.possessionDigest` computes it. `set` is RelayerSet on the chain. */
export function possessionDigestOf(set: VerifyingContract, relayer: string, key: Uint8Array): Hex32 {
  return digestOf("KeyPossession", set, { relayer, key });
}

/** The id of a standing consent, which is the digest that its owner signs. `consents` is StandingConsents on the owner's chain. */
export function consentIdOf(consents: VerifyingContract, consent: StandingConsent): Hex32 {
  return digestOf("StandingConsent", consents, { ...consent });
}

/** Signs a standing consent. `consents` is StandingConsents on the owner's chain. */
export function signConsent(account: Signer, consents: VerifyingContract, consent: StandingConsent): Promise<string> {
  const type = "StandingConsent";
  return account.signTypedData(domainOf(type, consents), typesOf(type), consent);
}
