/** EIP-712 digests over words as they lie in logs; the same as `offchain/chain/messages.ts` computes from typed fields. */

import { MESSAGE_DOMAINS, MESSAGE_TYPES, type VerifyingContract } from "@medexchain/chain";
import { keccak256 } from "@medexchain/evm";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { TypedDataEncoder } from "ethers";

export type MessageType = keyof typeof MESSAGE_TYPES;

/** The digest of a message whose fields are these words. */
export type DigestOf = (...words: Uint8Array[]) => Uint8Array;

/** Makes the digests of one message type under one contract's domain. */
export function digester(type: MessageType, contract: VerifyingContract): DigestOf {
  const fields = MESSAGE_TYPES[type];
  const typeHash = keccak256(utf8ToBytes(`${type}(${fields.map(({ type: t, name }) => `${t} ${name}`).join(",")})`));
  const separator = hexToBytes(
    TypedDataEncoder.hashDomain({
      name: MESSAGE_DOMAINS[type],
      version: "1",
      chainId: contract.chainId,
      verifyingContract: contract.address,
    }).slice(2),
  );
  const prefix = concatBytes(Uint8Array.of(0x19, 0x01), separator);
  return (...words) => keccak256(prefix, keccak256(typeHash, ...words));
}

/** An integer as a word. */
export const wordOf = (value: bigint | number): Uint8Array => hexToBytes(BigInt(value).toString(16).padStart(64, "0"));

/** An address as a word. */
export const addressToWord = (address: string): Uint8Array =>
  hexToBytes(address.slice(2).toLowerCase().padStart(64, "0"));
