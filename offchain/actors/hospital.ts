import {
  type Chain,
  type Hex32,
  type MemberCertificate,
  memberIdOf,
  pseudonymHash,
  signCertificate,
  toHex32,
} from "@medexchain/chain";
import type { ContentStore } from "@medexchain/ipfs";
import {
  type G1Bytes,
  type G2Bytes,
  keyGenDO,
  type MasterKeyPair,
  partialKeyGenDU,
  type ScopedIdentity,
  setupA,
  setupB,
} from "@medexchain/pre";
import type { Signer } from "ethers";
import { encodeHospitalParameters, type KeyScheme } from "./hospital-parameters.ts";

export interface HospitalOptions {
  /** Its id is the SHA-256 of this. */
  readonly pseudonym: string;
  readonly scheme: KeyScheme;
  /** Signs certificates and sets limits, with the same account on both chains. */
  readonly operator: Signer;
  /** From `setupA` or `setupB`, or from where they were kept; drawn if absent. Copied. */
  readonly masterKeys?: MasterKeyPair;
}

export interface CertificateSubject {
  /** The member's pseudonym at this hospital. */
  readonly pseudonym: string;
  readonly account: string;
  /** Digest of the member's public keys; zero for an owner, whose key is its identity. */
  readonly keyDigest: Hex32;
  /** Above that of the member's earlier certificates. */
  readonly serial: bigint;
  /** Unix seconds. */
  readonly notAfter: bigint;
}

/**
 * A hospital: the authority that issues its users' keys and certifies its members. It owns `s` (or `y`). What it issues is no use
 * until its reverse firewall, another object with another secret, has blinded it.
 */
export class Hospital implements Disposable {
  readonly id: Hex32;
  readonly scheme: KeyScheme;
  readonly operator: Signer;
  /** `PK_A` or `PK_B`, before the firewall, 96 bytes. */
  readonly masterPublicKey: G2Bytes;
  readonly #masterKeys: MasterKeyPair;

  constructor({ pseudonym, scheme, operator, masterKeys }: HospitalOptions) {
    const { secretKey, publicKey } = masterKeys ?? (scheme === "ibe" ? setupA() : setupB());
    this.id = pseudonymHash(pseudonym);
    this.scheme = scheme;
    this.operator = operator;
    this.masterPublicKey = publicKey;
    this.#masterKeys = { secretKey: secretKey.slice() as MasterKeyPair["secretKey"], publicKey }; // a copy keeps the brand
  }

  /** KeyGen_DO: `sk_DO` of one scope of a patient of this hospital, for its firewall to blind. */
  issueOwnerKey(owner: ScopedIdentity): G1Bytes {
    return keyGenDO(this.#masterKeys.secretKey, owner);
  }

  /** KeyGen_DU, first step: `D` of a doctor of this hospital, for its firewall to blind. */
  issuePartialKey(identity: Uint8Array): G1Bytes {
    return partialKeyGenDU(this.#masterKeys.secretKey, identity);
  }

  /**
   * Stores the public parameters.
   *
   * @param publicKey the firewall's `PK_A'` or `PK_B'`
   * @param gatewayKey the X-Wing public key of the hospital's gateway, if it has one, 1,216 bytes
   * @returns their digest, to register
   */
  async publishParameters(store: ContentStore, publicKey: G2Bytes, gatewayKey?: Uint8Array): Promise<Hex32> {
    const parameters = { scheme: this.scheme, publicKey, ...(gatewayKey && { gatewayKey }) };
    const { digest } = await store.put(encodeHospitalParameters(parameters));
    return toHex32(digest);
  }

  /** The id that a member of this hospital has. */
  memberId(pseudonym: string): Hex32 {
    return memberIdOf(this.id, pseudonymHash(pseudonym));
  }

  /** Signs a member certificate, to be given to `enrolMember` on `home` and to `importMember` elsewhere. */
  async certify(
    home: Chain,
    subject: CertificateSubject,
  ): Promise<[certificate: MemberCertificate, signature: string]> {
    return this.certifyHashed(home, { ...subject, pseudonym: pseudonymHash(subject.pseudonym) });
  }

  /** As `certify`, of a member whose pseudonym is known by its hash only. */
  async certifyHashed(
    home: Chain,
    subject: Omit<MemberCertificate, "hospitalId">,
  ): Promise<[certificate: MemberCertificate, signature: string]> {
    const certificate = { hospitalId: this.id, ...subject };
    const registry = { chainId: home.deployment.chainId, address: home.deployment.hospitals };
    return [certificate, await signCertificate(this.operator, registry, certificate)];
  }

  /** Wipes the master secret. */
  [Symbol.dispose](): void {
    this.#masterKeys.secretKey.fill(0);
  }
}
