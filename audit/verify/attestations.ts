/** k-of-n: what relayers signed, against the set and threshold as they stood. */
import { Interface, type Result } from "ethers";
import { ABIS, type Hex32 } from "../../offchain/chain/index.ts";
import { finding } from "../finding.ts";
import { RESPONSE_WORDS } from "../store/decode.ts";
import { addressWord, bytesAt, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { StoredTransaction, VerifyContext } from "./context.ts";
import { addressToWord, wordOf } from "./digests.ts";
import type { Registries } from "./registries.ts";

interface Attestation {
  /** In lower case. */
  readonly relayer: string;
  readonly signature: Uint8Array;
}

/** What was attested, and by whom. */
interface Attested {
  readonly log: StoredLog;
  readonly digest: Uint8Array;
  readonly attestations: readonly Attestation[];
  /** A relayer who stated it by sending it. */
  readonly sender?: string;
  readonly requestId?: Hex32;
}

/** That as many different relayers of the set as the threshold wants signed, or sent, this. */
export function checkAttested(context: VerifyContext, held: Registries, attested: Attested): void {
  const { log, digest, attestations, sender, requestId } = attested;
  const more = requestId && { requestId };
  const signers = new Set([...attestations.map(({ relayer }) => relayer), ...(sender === undefined ? [] : [sender])]);
  const needed = held.threshold();
  if (needed === 0n || BigInt(signers.size) < needed) {
    const expected = needed === 0n ? "a threshold above 0" : `${needed} relayers`;
    context.wrong("ATTESTATIONS_TOO_FEW", "too few relayers attested this", log, expected, signers.size, more);
  }
  for (const signer of signers) {
    if (held.relayers.has(signer)) continue;
    context.wrong(
      "ATTESTATION_INVALID",
      "attested by an account that is no relayer here",
      log,
      [...held.relayers].join(" "),
      signer,
      more,
    );
  }
  for (const { relayer, signature } of attestations) {
    const where = { ...placeOf(log), ...more };
    const message = "a relayer did not sign what is said to be attested by it";
    const otherwise = finding("ATTESTATION_INVALID", message, where, `signed by ${relayer}`, toHex(signature));
    context.requireSigned({ log, account: relayer, digest, signature, otherwise });
  }
}

/** M6: a `ResponseDelivered`, which carries its attestations. */
export function checkResponse(context: VerifyContext, held: Registries, log: StoredLog): void {
  const requestId = toHex(word(log.topics, 1)) as Hex32; // 32 bytes
  const source = context.deployments.get(intWord(log.topics, 2));
  const digestOf = context.digests("AccessResponse", log.chainId);
  if (!source || !digestOf) {
    const message = "a response's attestations cannot be checked: the owner's chain is not part of the audit";
    const where = { ...placeOf(log), requestId };
    context.report(finding("CHECK_NOT_DONE", message, where, `chain ${intWord(log.topics, 2)}`, "not audited"));
    return;
  }
  const words = Array.from({ length: RESPONSE_WORDS }, (_, number) => word(log.data, number));
  const digest = digestOf(wordOf(source.chainId), addressToWord(source.grants), ...words);
  checkAttested(context, held, { log, digest, attestations: attestationsIn(log.data, RESPONSE_WORDS), requestId });
}

/** An `Attestation[]` whose offset is in a word of the data. */
function attestationsIn(data: Uint8Array, offsetWord: number): Attestation[] {
  const start = Number(intWord(data, offsetWord));
  const count = Number(intWord(data.subarray(start), 0));
  const items = start + 32; // offsets of the tuples count from here
  if (count * 32 > data.length) throw new RangeError("more attestations than the log has room for");
  return Array.from({ length: count }, (_, number) => {
    const at = items + Number(intWord(data.subarray(items), number));
    return { relayer: addressWord(data.subarray(at), 0), signature: bytesAt(data, at, 1) };
  });
}

const GRANTS = new Interface(ABIS.grants);
const CHECKPOINTS = new Interface(ABIS.checkpoints);

/** M4: the re-encryption of a granted `ResponseReady`, from the transaction that brought it. */
export function reEncryptionChecker(context: VerifyContext, held: Registries): (log: StoredLog) => void {
  // A batch brings many: it is decoded once.
  let last: { readonly hash: string; readonly sent: ReEncryptions } | undefined;
  return (log) => {
    const requestId = toHex(word(log.data, 0)) as Hex32; // 32 bytes
    const hash = toHex(log.transaction);
    if (last?.hash !== hash) last = { hash, sent: reEncryptionsIn(context, log) };
    const { sender, items } = last.sent;
    const digestOf = context.digests("ReEncryption", log.chainId);
    const item = items?.get(requestId);
    if (!item || !digestOf) {
      const message = "a re-encryption's attestations cannot be read: it did not come in a relayer's own transaction";
      context.report(
        finding("CHECK_NOT_DONE", message, { ...placeOf(log), requestId }, "a call of AccessGrants", "none"),
      );
      return;
    }
    const digest = digestOf(word(log.data, 0), Buffer.from(item.reEncryption.slice(2), "hex"));
    checkAttested(context, held, { log, digest, attestations: item.attestations, sender, requestId });
    const answered = toHex(word(log.data, 4));
    if (answered === item.reEncryption) return;
    context.wrong(
      "SIDES_DIFFER",
      "the answer has another re-encryption than the relayers sent",
      log,
      item.reEncryption,
      answered,
      { requestId },
    );
  };
}

interface ReEncryptions {
  readonly sender: string;
  readonly items:
    | ReadonlyMap<string, { readonly reEncryption: string; readonly attestations: readonly Attestation[] }>
    | undefined;
}

function reEncryptionsIn(context: VerifyContext, log: StoredLog): ReEncryptions {
  const transaction = context.transaction(log);
  const call = callOf(context, GRANTS, "grants", log, transaction);
  const one = ({ requestId, reEncryption, attestations }: Result) =>
    [String(requestId), { reEncryption: String(reEncryption), attestations: attestationsOf(attestations) }] as const;
  const items =
    call?.name === "submitReEncryption"
      ? new Map([one(call.args)])
      : call?.name === "submitReEncryptions"
        ? new Map([...(call.args[0] as Result)].map((item) => one(item as Result))) // by the ABI
        : undefined;
  return { sender: transaction.sender, items };
}

/** The attestations of a `CheckpointStored`, from the transaction that brought it. */
export function checkCheckpoint(context: VerifyContext, held: Registries, log: StoredLog): void {
  const call = callOf(context, CHECKPOINTS, "checkpoints", log, context.transaction(log));
  const digestOf = context.digests("Checkpoint", log.chainId);
  if (call?.name !== "submitCheckpoint" || !digestOf) {
    const message = "a checkpoint's attestations cannot be read: it came through another contract";
    context.report(finding("CHECK_NOT_DONE", message, placeOf(log), "a call of LedgerCheckpoints", "none"));
    return;
  }
  const words = Array.from({ length: 5 }, (_, number) => word(log.data, number));
  checkAttested(context, held, { log, digest: digestOf(...words), attestations: attestationsOf(call.args[1]) });
}

function callOf(
  { deployments }: VerifyContext,
  abi: Interface,
  contract: "grants" | "checkpoints",
  log: StoredLog,
  { recipient, input }: StoredTransaction,
) {
  if (recipient !== deployments.get(log.chainId)?.[contract].toLowerCase()) return undefined;
  try {
    return abi.parseTransaction({ data: toHex(input) }) ?? undefined;
  } catch {
    return undefined; // no call of this contract: the caller reports it
  }
}

/** An `Attestation[]` as ethers decodes it. */
function attestationsOf(list: unknown): Attestation[] {
  return [...(list as Result)].map((item) => {
    const [relayer, signature] = item as [string, string]; // by the ABI
    return { relayer: relayer.toLowerCase(), signature: Buffer.from(signature.slice(2), "hex") };
  });
}
