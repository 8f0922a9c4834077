import type { Deployment, Hex32 } from "../../offchain/chain/index.ts";
import { type FindingCode, finding, type Report } from "../finding.ts";
import type { Store } from "../store/store.ts";
import { placeOf, type StoredLog, toHex } from "../store/stored-log.ts";
import { type DigestOf, digester, type MessageType } from "./digests.ts";
import type { SignaturePool } from "./signature-pool.ts";

/** A signature that no account's own key made: a contract account may still accept it. */
export interface DoubtfulSignature {
  readonly chainId: bigint;
  readonly block: number;
  readonly account: string;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  /** What it is if no contract account accepts it. */
  readonly otherwise: ReturnType<typeof finding>;
}

/** A transaction as the node told it. */
export interface StoredTransaction {
  /** In lower case. */
  readonly sender: string;
  readonly recipient: string | undefined;
  readonly input: Uint8Array;
}

/** What the checks of one audit share. */
export interface VerifyContext {
  readonly store: Store;
  /** The audited deployments by chain id. */
  readonly deployments: ReadonlyMap<bigint, Deployment>;
  readonly signatures: SignaturePool;
  readonly report: Report;
  /** Reports what is wrong with a log. */
  wrong(code: FindingCode, message: string, log: StoredLog, expected: unknown, found: unknown, more?: More): void;
  /** Checks a signature; one that is not by the account's own key is put to the account's contract at the end. */
  requireSigned(check: Omit<DoubtfulSignature, "chainId" | "block"> & { readonly log: StoredLog }): void;
  readonly doubtful: readonly DoubtfulSignature[];
  /** EIP-712 digests of a message under a contract that is part of the audit; undefined where the chain is not. */
  digests(type: MessageType, chainId: bigint): DigestOf | undefined;
  transaction(log: StoredLog): StoredTransaction;
}

interface More {
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
  ReEncryption: "grants",
  Authorization: "grants",
  Denial: "grants",
  Checkpoint: "checkpoints",
  RecordAnchor: "records",
  AccessLimit: "records",
  Revocation: "records",
  Acknowledgement: "requests",
} as const satisfies Record<MessageType, keyof Deployment>;

export function verifyContext(
  store: Store,
  deployments: ReadonlyMap<bigint, Deployment>,
  signatures: SignaturePool,
  report: Report,
): VerifyContext {
  const doubtful: DoubtfulSignature[] = [];
  const made = new Map<string, DigestOf>();
  let last: (Pick<StoredLog, "chainId" | "block" | "place"> & { readonly transaction: StoredTransaction }) | undefined;
  const transactions = store.prepare(
    "SELECT sender, recipient, input FROM tx WHERE chain = ? AND block = ? AND place = ?",
  );
  return {
    store,
    deployments,
    signatures,
    report,
    doubtful,
    wrong(code, message, log, expected, found, more) {
      report(finding(code, message, { ...placeOf(log), ...more }, expected, found));
    },
    requireSigned({ log, account, digest, signature, otherwise }) {
      const { chainId, block } = log;
      signatures.check([account, digest, signature], () => {
        // Copies, as a row's bytes may be a view of a larger buffer.
        const kept = { digest: Uint8Array.from(digest), signature: Uint8Array.from(signature) };
        doubtful.push({ chainId, block, account, ...kept, otherwise });
      });
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
    transaction({ chainId, block, place }) {
      // A batch brings many logs: its calldata is fetched once.
      if (last?.chainId === chainId && last.block === block && last.place === place) return last.transaction;
      const row = transactions.get(chainId, block, place);
      if (!row) throw new RangeError("a log's transaction is not in the store"); // it is written with the log
      const { sender, recipient, input } = row as unknown as {
        sender: Uint8Array;
        recipient: Uint8Array | null;
        input: Uint8Array;
      }; // by the schema
      const transaction = { sender: toHex(sender), recipient: recipient ? toHex(recipient) : undefined, input };
      last = { chainId, block, place, transaction };
      return transaction;
    },
  };
}
