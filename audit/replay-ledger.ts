import { AbiCoder, keccak256, type Result } from "ethers";
import { ask, type Chain, type Decision, decisionOf, type Hex32, ZERO_32 } from "../offchain/chain/index.ts";
import { MedexError } from "../offchain/errors.ts";

/** One line of List₁, as it was logged. Counts are those after the decision; times are Unix seconds. */
export interface LedgerEntry {
  readonly index: bigint;
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly requester: Hex32;
  readonly hospitalId: Hex32;
  readonly decision: Decision;
  readonly hospitalCount: bigint;
  readonly hospitalLimit: bigint;
  readonly recordCount: bigint;
  readonly recordLimit: bigint;
  readonly timestamp: bigint;
  readonly block: number;
  readonly transactionHash: string;
}

const ENTRY =
  "tuple(bytes32 requestId, bytes32 recordId, bytes32 requester, bytes32 hospitalId, uint8 decision, uint32 hospitalCount, uint32 hospitalLimit, uint32 recordCount, uint32 recordLimit, uint64 timestamp)";

/**
 * Replays a chain's access log from its events, and proves it complete and consistent: indices without a gap, the fold of all
 * entries equal to the `head` that the contract holds, and every grant and refusal what Algorithm₁ says of the counts so far.
 *
 * @throws AUDIT_MISMATCH naming the first entry that is wrong; SERVICE_UNREACHABLE
 */
export async function replayLedger(chain: Chain): Promise<LedgerEntry[]> {
  const { ledger, provider, deployment } = chain;
  // One block for the log and the head that it must lead to.
  const block = await ask(chain, () => provider.getBlockNumber());
  const [logs, head, length] = await Promise.all([
    ask(chain, () => ledger.queryFilter(ledger.filters.AccessLogged(), 0, block)),
    ask(chain, () => ledger.head({ blockTag: block })),
    ask(chain, () => ledger.length({ blockTag: block })),
  ]);
  const mismatch = (what: string) =>
    new MedexError("AUDIT_MISMATCH", `access log of chain ${deployment.chainId} at ${deployment.ledger}: ${what}`);

  const counts = new Map<string, bigint>();
  const entries: LedgerEntry[] = [];
  let folded: string = ZERO_32;
  for (const log of logs) {
    const { index } = log.args;
    if (index !== BigInt(entries.length)) {
      throw mismatch(`entry ${entries.length} is missing; the log goes on with ${index}`);
    }
    const tuple = log.args.entry as unknown as Result; // typed as a struct, decoded as a Result
    // The ABI fixes names and types; ethers' Result is untyped.
    const fields = tuple.toObject() as unknown as Omit<LedgerEntry, "index" | "decision" | "block" | "transactionHash">;
    const decision = decisionOf(log.args.entry.decision);
    folded = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint64", ENTRY], [folded, index, tuple]));
    if (folded !== log.args.head) throw mismatch(`entry ${index} does not hash to the head that it was logged with`);
    const entry = { ...fields, index, decision, block: log.blockNumber, transactionHash: log.transactionHash };
    const wrong = algorithmOne(entry, counts);
    if (wrong !== undefined) throw mismatch(`entry ${index}: ${wrong}`);
    entries.push(entry);
  }
  if (BigInt(entries.length) !== length)
    throw mismatch(`${length} entries were counted, ${entries.length} are in the log`);
  if (folded !== head) throw mismatch("the entries do not lead to the head that the contract holds");
  return entries;
}

/** What is wrong with an entry by Algorithm₁ and the counts before it, which are brought up to date. */
function algorithmOne(entry: LedgerEntry, counts: Map<string, bigint>): string | undefined {
  const byHospital = `${entry.hospitalId} ${entry.requester}`;
  const byRecord = `${entry.recordId} ${entry.requester}`;
  const hospitalCount = counts.get(byHospital) ?? 0n;
  const recordCount = counts.get(byRecord) ?? 0n;
  const { decision } = entry;
  const withinHospital = hospitalCount < entry.hospitalLimit;
  const withinRecord = recordCount < entry.recordLimit;
  if (decision === "Granted" && !(withinHospital && withinRecord)) return "granted although a limit was reached";
  if (decision === "HospitalLimitReached" && withinHospital)
    return "refused although the hospital's limit was not reached";
  if (decision === "RecordLimitReached" && (withinRecord || !withinHospital)) {
    return "refused by the record's limit although it was not reached, or the hospital's came first";
  }
  const granted = decision === "Granted" ? 1n : 0n;
  if (entry.hospitalCount !== hospitalCount + granted || entry.recordCount !== recordCount + granted) {
    return "its counts do not follow from the entries before it";
  }
  counts.set(byHospital, entry.hospitalCount);
  counts.set(byRecord, entry.recordCount);
  return undefined;
}
