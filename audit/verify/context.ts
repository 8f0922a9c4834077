import type { Deployment, Hex32 } from "@medexchain/chain";
import { type Finding, type FindingInput, finding, type Report } from "../finding.ts";
import type { Store } from "../store/store.ts";
import { placeOf, type StoredLog, toHex } from "../store/stored-log.ts";
import { type StoredTransaction, transactionReader } from "../store/transactions.ts";
import { type DigestOf, digester, type MessageType } from "./digests.ts";
import type { SignaturePool } from "./signature-pool.ts";

/** What only a contract account can have done: it accepts a signature that no key of its own made, or was itself called. */
export interface DoubtfulAct {
  readonly chainId: bigint;
  readonly block: number;
  readonly account: string;
  /** What the contract must accept; undefined where it is enough that there is one. */
  readonly signed: { readonly digest: Uint8Array; readonly signature: Uint8Array } | undefined;
  /** What it is if the account is no contract, or does not accept it. */
  readonly otherwise: Finding;
}

/** A signature that an account must have made. */
interface SignatureCheck {
  readonly log: StoredLog;
  readonly account: string;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  /** What it is if neither the account's key made it nor its contract accepts it. */
  readonly otherwise: Finding;
}

/** What the checks of one audit share. */
export interface VerifyContext {
  readonly store: Store;
  /** The audited deployments by chain id. */
  readonly deployments: ReadonlyMap<bigint, Deployment>;
  readonly signatures: SignaturePool;
  readonly report: Report;
  /** Reports what is wrong with a log. */
  wrong(input: WrongLog): void;
  /** Checks a signature; one that is not by the account's own key is put to the account's contract at the end. */
  requireSigned(check: SignatureCheck): void;
  /** Checks, at the end, that an account is a contract: whatever is sent to one may be its act. */
  requireContract(log: StoredLog, account: string, otherwise: Finding): void;
  readonly doubtful: readonly DoubtfulAct[];
  /** EIP-712 digests of a message under a contract that is part of the audit; undefined where the chain is not. */
  digests(type: MessageType, chainId: bigint): DigestOf | undefined;
  transaction(log: StoredLog): StoredTransaction;
  /** Checks that a transaction is what its hash says, and that its sender signed it. */
  requireSender(log: StoredLog, transaction: StoredTransaction): void;
}

/** What is wrong with a log, and whom it concerns. */
interface WrongLog extends Pick<FindingInput, "code" | "message" | "expected" | "found"> {
  readonly log: StoredLog;
  readonly entry?: bigint;
  readonly requestId?: Hex32;
  readonly recordId?: Hex32;
  readonly memberId?: Hex32;
}

/** The contract under whose domain each message is signed. */
const SPEAKER = {
  MemberCertificate: "hospitals",
  AccessRequest: "requests",
  AccessResponse: "requests",
  AccessCorrection: "requests",
  ReEncryption: "grants",
  Authorization: "grants",
  Resealing: "grants",
  Denial: "grants",
  Withdrawal: "grants",
  Checkpoint: "checkpoints",
  RecordAnchor: "records",
  AccessLimit: "records",
  Revocation: "records",
  Acknowledgement: "requests",
  KeyPossession: "relayers",
  StandingConsent: "consents",
} as const satisfies Record<MessageType, keyof Deployment>;

export function verifyContext(
  store: Store,
  deployments: ReadonlyMap<bigint, Deployment>,
  signatures: SignaturePool,
  report: Report,
): VerifyContext {
  const doubtful: DoubtfulAct[] = [];
  const made = new Map<string, DigestOf>();
  const transactions = new Map(
    [...deployments.keys()].map((chainId) => [chainId, transactionReader(store, chainId)] as const),
  );
  /** The transaction that was checked last: a batch has many logs. */
  let proven: string | undefined;
  return {
    store,
    deployments,
    signatures,
    report,
    doubtful,
    wrong({ code, message, log, expected, found, ...more }) {
      report(finding({ code, message, where: { ...placeOf(log), ...more }, expected, found }));
    },
    requireSigned({ log, account, digest, signature, otherwise }) {
      const { chainId, block } = log;
      signatures.check([account, digest, signature], () => {
        // Copies, as a row's bytes may be a view of a larger buffer.
        const kept = { digest: Uint8Array.from(digest), signature: Uint8Array.from(signature) };
        doubtful.push({ chainId, block, account, signed: kept, otherwise });
      });
    },
    requireContract({ chainId, block }, account, otherwise) {
      doubtful.push({ chainId, block, account, signed: undefined, otherwise });
    },
    digests(type, chainId) {
      const key = `${type} ${chainId}`;
      const known = made.get(key);
      const address = deployments.get(chainId)?.[SPEAKER[type]];
      if (known || address === undefined) return known;
      const digest = digester(type, { chainId, address });
      made.set(key, digest);
      return digest;
    },
    transaction(log) {
      const read = transactions.get(log.chainId);
      if (!read) throw new RangeError(`a log of chain ${log.chainId}, which is not audited`);
      return read(log);
    },
    requireSender(log, { sender, signed }) {
      const id = toHex(log.transaction);
      // By its place: a node that tells a transaction twice may tell other fields the second time.
      const claim = `${log.chainId} ${log.block} ${log.place} ${id} ${sender}`;
      if (claim === proven) return;
      proven = claim;
      const where = placeOf(log);
      if (!signed) {
        const message =
          "who sent a transaction is not proven: the node does not tell its signature, or it has a type of its chain's own";
        report(
          finding({ code: "CHECK_NOT_DONE", message, where, expected: `signed by ${sender}`, found: "no signature" }),
        );
        return;
      }
      const [hash, digest, signature] = signed;
      if (toHex(hash) !== id) {
        report(
          finding({
            code: "TRANSACTION_ALTERED",
            message: "a transaction's fields do not hash to its hash",
            where,
            expected: id,
            found: toHex(hash),
          }),
        );
        return;
      }
      const message = "a transaction is signed by another account than the node names as its sender";
      const otherwise = finding({
        code: "TRANSACTION_ALTERED",
        message,
        where,
        expected: `signed by ${sender}`,
        found: toHex(signature),
      });
      signatures.check([sender, digest, signature], () => report(otherwise));
    },
  };
}
