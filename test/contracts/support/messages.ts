import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { Interface, TypedDataDomain } from "ethers";
import { AbiCoder, keccak256, sha256, TypedDataEncoder, toUtf8Bytes } from "ethers";
import type { Chain } from "./chain.ts";

// The messages as ethers encodes them: a second implementation, beside the contracts' own, of every digest.

type Fields = { name: string; type: string }[];
const fields = (text: string): Fields =>
  text.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });

const TYPES = {
  MemberCertificate: fields(
    "bytes32 hospitalId,bytes32 pseudonym,address account,bytes32 keyDigest,uint64 serial,uint64 notAfter",
  ),
  RecordAnchor: fields(
    "bytes32 owner,bytes32 salt,bytes32 capsule,bytes32 publicFragment,bytes32 privateFragment,uint32 maxAccessCount,uint64 expiry",
  ),
  AccessRequest: fields(
    "bytes32 recordId,bytes32 requester,bytes32 purpose,uint64 destinationChainId,address destination,uint64 issuedAt,uint64 expiry,uint256 nonce",
  ),
  AccessResponse: fields(
    "uint64 sourceChainId,address source,bytes32 requestId,uint8 decision,uint64 decidedAt,bytes32 contents,bytes32 reEncryption,bytes32 privateFragment,uint64 epoch,uint64 expiry",
  ),
  AccessCorrection: fields(
    "uint64 sourceChainId,address source,bytes32 replaced,bytes32 requestId,uint8 decision,uint64 decidedAt,bytes32 contents,bytes32 reEncryption,bytes32 privateFragment,uint64 epoch,uint64 expiry",
  ),
  Authorization: fields("bytes32 requestId,bytes32 sealedRekey,bytes32 privateFragment,uint64 epoch"),
  Resealing: fields("bytes32 requestId,bytes32 sealedRekey,uint64 epoch"),
  Denial: fields("bytes32 requestId"),
  Withdrawal: fields("bytes32 requestId"),
  Revocation: fields("bytes32 recordId,uint64 nonce,uint64 expiry"),
  AccessLimit: fields("bytes32 recordId,uint32 maxAccessCount,uint64 nonce,uint64 expiry"),
  ReEncryption: fields("bytes32 requestId,bytes32 sealedRekey,uint64 epoch,uint64 expiry"),
  Checkpoint: fields(
    "uint64 chainId,address ledger,uint64 entryCount,uint64 blockNumber,uint64 blockTime,bytes32 head,bytes32 root,uint64 epoch,uint64 expiry",
  ),
  Acknowledgement: fields("bytes32 requestId,bytes32 answer,uint8 acknowledgement"),
  StandingConsent: fields(
    "bytes32 owner,bytes32 document,bytes32[] hospitals,bytes32[] members,bytes32[] purposes,bytes32[] records,bytes32[] classes,uint64 from,uint64 until,uint32 maxAccessCount",
  ),
};

export interface MemberCertificate {
  hospitalId: string;
  pseudonym: string;
  account: string;
  keyDigest: string;
  serial: bigint;
  notAfter: bigint;
}

export interface RecordAnchor {
  owner: string;
  salt: string;
  capsule: string;
  publicFragment: string;
  privateFragment: string;
  maxAccessCount: bigint;
}

export interface AccessRequest {
  recordId: string;
  requester: string;
  purpose: string;
  destinationChainId: bigint;
  destination: string;
  issuedAt: bigint;
  expiry: bigint;
  nonce: bigint;
}

export interface AccessResponse {
  requestId: string;
  decision: bigint;
  decidedAt: bigint;
  contents: string;
  reEncryption: string;
  privateFragment: string;
}

export interface Checkpoint {
  chainId: bigint;
  ledger: string;
  entryCount: bigint;
  blockNumber: bigint;
  blockTime: bigint;
  head: string;
  root: string;
}

export interface StandingConsent {
  owner: string;
  document: string;
  hospitals: string[];
  members: string[];
  purposes: string[];
  records: string[];
  classes: string[];
  from: bigint;
  until: bigint;
  maxAccessCount: bigint;
}

/** Until when an attestation holds, and under which set of relayers. */
export interface Terms {
  epoch: bigint;
  expiry: bigint;
}

export interface MessageTypes {
  MemberCertificate: MemberCertificate;
  RecordAnchor: RecordAnchor & { expiry: bigint };
  AccessRequest: AccessRequest;
  AccessResponse: AccessResponse & Terms & { sourceChainId: bigint; source: string };
  AccessCorrection: AccessResponse & Terms & { sourceChainId: bigint; source: string; replaced: string };
  Authorization: { requestId: string; sealedRekey: string; privateFragment: string; epoch: bigint };
  Resealing: { requestId: string; sealedRekey: string; epoch: bigint };
  Denial: { requestId: string };
  Withdrawal: { requestId: string };
  Revocation: { recordId: string; nonce: bigint; expiry: bigint };
  AccessLimit: { recordId: string; maxAccessCount: bigint; nonce: bigint; expiry: bigint };
  ReEncryption: Terms & { requestId: string; sealedRekey: string };
  Checkpoint: Checkpoint & Terms;
  Acknowledgement: { requestId: string; answer: string; acknowledgement: bigint };
  StandingConsent: StandingConsent;
}

const NAMES = {
  hospitals: "MedExChain HospitalRegistry",
  records: "MedExChain RecordRegistry",
  grants: "MedExChain AccessGrants",
  requests: "MedExChain AccessRequests",
  checkpoints: "MedExChain LedgerCheckpoints",
  consents: "MedExChain StandingConsents",
} as const;

/** The EIP-712 domain of a contract of a chain. */
export async function domainOf(chain: Chain, contract: keyof typeof NAMES): Promise<TypedDataDomain> {
  return {
    name: NAMES[contract],
    version: "1",
    chainId: chain.chainId,
    verifyingContract: await chain[contract].getAddress(),
  };
}

export function digestOf<T extends keyof MessageTypes>(domain: TypedDataDomain, type: T, message: MessageTypes[T]) {
  return TypedDataEncoder.hash(domain, { [type]: TYPES[type] }, message);
}

export function sign<T extends keyof MessageTypes>(
  signer: HardhatEthersSigner,
  domain: TypedDataDomain,
  type: T,
  message: MessageTypes[T],
): Promise<string> {
  return signer.signTypedData(domain, { [type]: TYPES[type] }, message);
}

/** A message as the tuple that events carry: its values in the order of its fields. */
export const tuple = (message: object): unknown[] => Object.values(message);

/** A digest that stands for the content of that name. */
export const digest = (name: string): string => sha256(toUtf8Bytes(name));

export const idOf = (of: string, salt: string): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], [of, salt]));

/** A custom error as the contract would revert with it. */
export const errorData = (contract: { interface: Interface }, error: string, args: unknown[]): string =>
  contract.interface.encodeErrorResult(error, args);

/** By what an answer is named: the digest of its six words. */
export const answerOf = (response: AccessResponse): string =>
  keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "uint8", "uint64", "bytes32", "bytes32", "bytes32"],
      Object.values(response),
    ),
  );

/** What a record commits to. */
export const contentsOf = ({ capsule, publicFragment, privateFragment }: RecordAnchor): string =>
  keccak256(
    AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "bytes32"], [capsule, publicFragment, privateFragment]),
  );

/** The head of a ledger after an entry. */
export function foldEntry(head: string, index: bigint, entry: unknown[]): string {
  const entryType = "tuple(bytes32,bytes32,bytes32,bytes32,uint8,uint32,uint32,uint32,uint32,uint64)";
  return keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint64", entryType], [head, index, entry]));
}
