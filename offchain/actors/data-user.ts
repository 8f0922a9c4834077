import {
  ACKNOWLEDGEMENTS,
  type AccessRequest,
  type Acknowledgement,
  ask,
  type Chain,
  chainTimes,
  type Hex32,
  hex32,
  requestIdOf,
  signRequest,
  transact,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import type { UserKeyPair } from "@medexchain/pre";
import type { TangleClient } from "@medexchain/tangle";
import { encodeBytes32String, type Signer, toBigInt } from "ethers";
import { deviceLocked } from "./device-locked.ts";
import { type OpenedRecord, type OpenOptions, openRecord, openRecordTo, type RecordFacts } from "./open-record.ts";
import { publishRequestKey } from "./request-key.ts";
import { requestTimes } from "./request-times.ts";
import type { User } from "./user.ts";
import type { DataUserKeys } from "./user-keys.ts";

export interface DataUserOptions {
  readonly memberId: Hex32;
  /** Signs requests and acknowledgements. */
  readonly account: Signer;
  /** Copied. */
  readonly keys: DataUserKeys;
  /** The chain of the doctor's hospital. */
  readonly chain: Chain;
  /** The owner's chain, to read: what the answer says is checked against it. */
  readonly ownerChain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
}

export interface RequestOptions {
  readonly recordId: Hex32;
  /** Seconds until the request expires, at most 30 days; one hour unless given. */
  readonly lifetime?: number;
  /** HL7 v3 PurposeOfUse; `TREAT` unless given. */
  readonly purpose?: string;
}

export interface PreparedRequest {
  readonly requestId: Hex32;
  readonly request: AccessRequest;
  readonly signature: string;
}

export interface FiledRequest extends PreparedRequest {
  readonly transactionHash: string;
}

/** A doctor's device (the papers' DU): asks for records, opens what was granted, and says whether it opened. */
export class DataUser implements User, Disposable {
  readonly memberId: Hex32;
  readonly account: Signer;
  readonly chain: Chain;
  readonly ownerChain: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  readonly #copy: DataUserKeys;
  #isWiped = false;

  constructor(options: DataUserOptions) {
    const { pre, bfv, kem } = options.keys;
    this.memberId = options.memberId;
    this.account = options.account;
    this.chain = options.chain.as(options.account);
    this.ownerChain = options.ownerChain;
    this.store = options.store;
    this.tangle = options.tangle;
    this.#copy = {
      pre: { ...pre, privateKey: pre.privateKey.slice() as UserKeyPair["privateKey"] }, // a copy keeps the brand
      bfv: { ...bfv, secretKey: bfv.secretKey.slice() },
      ...(kem && { kem: { ...kem, seed: kem.seed.slice() } }),
    };
  }

  /** @throws DEVICE_LOCKED once they are wiped: what derives from zeros, anyone can derive */
  get #keys(): DataUserKeys {
    if (this.#isWiped) throw deviceLocked();
    return this.#copy;
  }

  /**
   * Signs a request (M1), and publishes the key that it names, for whoever files it.
   *
   * @throws INPUT_INVALID for a purpose over 31 bytes; CERTIFICATE_INVALID when the doctor's keys are from before each record had one;
   *   DEVICE_LOCKED when the keys were wiped meanwhile; SERVICE_UNREACHABLE
   */
  async prepare({ recordId, lifetime = 3600, purpose = "TREAT" }: RequestOptions): Promise<PreparedRequest> {
    const { chain, ownerChain } = this;
    if (this.#keys.kem === undefined) {
      throw new MedexError(
        "CERTIFICATE_INVALID",
        "this doctor's keys are from before each record had one of its own: let the hospital enrol the doctor again, then run medex member join",
      );
    }
    const { issuedAt, expiry } = requestTimes(await chainTimes(chain), BigInt(lifetime));
    const request: AccessRequest = {
      recordId,
      requester: this.memberId,
      purpose: purposeCode(purpose),
      destinationChainId: ownerChain.deployment.chainId,
      destination: ownerChain.deployment.grants,
      issuedAt,
      expiry,
      nonce: toBigInt(await publishRequestKey(this.store, this.#keys.bfv, recordId)),
    };
    const contract = { chainId: chain.deployment.chainId, address: chain.deployment.requests };
    const signature = await signRequest(this.account, contract, request);
    return { requestId: requestIdOf(contract, request), request, signature };
  }

  /**
   * Signs and files a request (M1) on the doctor's chain.
   *
   * @throws as `prepare`; CHAIN_REVERTED when the doctor is not an active member
   */
  async request(options: RequestOptions): Promise<FiledRequest> {
    const { chain } = this;
    const prepared = await this.prepare(options);
    const { request, signature } = prepared;
    const { hash } = await transact(chain, () => chain.requests.request(request, signature));
    return { ...prepared, transactionHash: hash };
  }

  /** Fetches, checks and decrypts a granted record, see `openRecord`. */
  open(requestId: Hex32, options?: OpenOptions): Promise<OpenedRecord> {
    return openRecord(this, this.#keys, requestId, options);
  }

  /** As `open`, of a record that is written part by part, see `openRecordTo`. */
  openTo(requestId: Hex32, write: (part: Uint8Array) => Promise<void>, options?: OpenOptions): Promise<RecordFacts> {
    return openRecordTo(this, this.#keys, requestId, write, options);
  }

  /**
   * Says on the doctor's chain whether the granted record opened (M8), once: of the answer that holds there now. Where it is corrected
   * later, this can be said of the correction again.
   *
   * @throws CHAIN_REVERTED when the request is not granted, not this doctor's, or acknowledged before
   */
  async acknowledge(requestId: Hex32, acknowledgement: Exclude<Acknowledgement, "None">): Promise<string> {
    const { chain } = this;
    const value = ACKNOWLEDGEMENTS.indexOf(acknowledgement);
    const { answer } = await ask(chain, () => chain.requests.status(requestId));
    return (await transact(chain, () => chain.requests.acknowledge(requestId, answer, value))).hash;
  }

  /** Wipes the secret keys. Calls that begin later, and a request that is not signed yet, end with DEVICE_LOCKED. */
  [Symbol.dispose](): void {
    this.#isWiped = true;
    this.#copy.pre.privateKey.fill(0);
    this.#copy.bfv.secretKey.fill(0);
    this.#copy.kem?.seed.fill(0);
  }
}

function purposeCode(purpose: string): Hex32 {
  try {
    return hex32(encodeBytes32String(purpose));
  } catch (cause) {
    throw new MedexError("INPUT_INVALID", "a purpose of use is a code of at most 31 bytes, such as TREAT", { cause });
  }
}
