import { type AccessHistory, type AccessHistoryEntry, openAudit, requireHistory } from "@medexchain/audit";
import { ask, type Chain, type Hex32, purposeText, purposeWords } from "@medexchain/chain";
import { displayText } from "@medexchain/core";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { type Names, openNames, shortId } from "../session/names.ts";
import { openSession, placeMember, unlock } from "../session/session.ts";
import { auditMineOutput } from "./outputs.ts";
import { auditFolder, auditSources } from "./sources.ts";

/** What a patient sees of one request. */
interface Access {
  readonly requestId: Hex32;
  readonly requester: Hex32;
  /** A name, where the configuration has one. */
  readonly hospital: string | undefined;
  readonly purpose: string;
  readonly askedAt: string | undefined;
  readonly outcome: string;
  readonly decidedAt: string | undefined;
  readonly openedAt: string | undefined;
}

/** One of the patient's records, with who asked for it. */
interface RecordAccesses {
  readonly recordId: Hex32;
  readonly anchoredAt: string;
  readonly status: "active" | "revoked";
  /** How often one requester may be granted access. */
  readonly limit: bigint;
  readonly requests: Access[];
  /** What each requester has left: of the record's limit, and of the hospital's for all its records together. */
  readonly left: { readonly requester: Hex32; readonly ofRecord: bigint; readonly atHospital: bigint }[];
}

/** `medex audit mine`. */
export async function mine(context: Context): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  const { contents } = vault;
  await using session = await openSession(context);
  const { chain, memberId, hospitalId } = await placeMember(session, contents);
  output.progress("reading both chains");
  await using audit = await openAudit({ sources: auditSources(session.config), directory: auditFolder(context) });
  const history = requireHistory(audit);
  using names = await openNames(context, session.config, vault);
  const records = recordsOf(history, memberId, names);
  for (const record of records.values()) {
    const requesters = new Set(record.requests.map(({ requester }) => requester));
    for (const requester of requesters) record.left.push(await leftOf(chain, hospitalId, record, requester));
  }
  output.result(auditMineOutput, [...records.values()], () => {
    if (records.size === 0) output.line("You have no records here.");
    for (const record of records.values()) show(context, names, record);
  });
}

function recordsOf(history: AccessHistory, owner: Hex32, names: Names): Map<Hex32, RecordAccesses> {
  const records = new Map<Hex32, RecordAccesses>();
  for (const change of history.recordChanges({ member: owner })) {
    const { recordId, at } = change;
    const known = records.get(recordId);
    if (change.kind === "anchored") {
      const anchoredAt = timeOf(at.timestamp);
      records.set(recordId, {
        recordId,
        anchoredAt,
        status: "active",
        limit: change.maxAccessCount,
        requests: [],
        left: [],
      });
    } else if (known !== undefined) {
      records.set(recordId, {
        ...known,
        ...(change.kind === "revoked" ? { status: "revoked" } : { limit: change.maxAccessCount }),
      });
    }
  }
  for (const entry of history.entries({ member: owner })) {
    if (entry.owner === owner) records.get(entry.recordId)?.requests.push(accessOf(entry, names));
  }
  return records;
}

function accessOf(entry: AccessHistoryEntry, names: Names): Access {
  const { requestId, requester, requesterHospital, decision, acknowledgement } = entry;
  const asked = entry.requested ?? entry.delivered;
  return {
    requestId,
    requester,
    hospital:
      requesterHospital === undefined ? undefined : (names.hospitals.get(requesterHospital) ?? requesterHospital),
    purpose: purposeText(entry.purpose),
    askedAt: asked && timeOf(asked.timestamp),
    outcome: acknowledgement?.acknowledgement ?? decision?.decision ?? "Pending",
    decidedAt: decision && timeOf(decision.timestamp),
    openedAt: acknowledgement?.acknowledgement === "Opened" ? timeOf(acknowledgement.timestamp) : undefined,
  };
}

/** As the contracts have it now. A limit that was lowered below the count leaves nothing. */
async function leftOf(chain: Chain, hospitalId: Hex32, record: RecordAccesses, requester: Hex32) {
  const [ofRecord, atHospital, hospitalLimit] = await Promise.all([
    ask(chain, () => chain.ledger.recordAccessCountOf(record.recordId, requester)),
    ask(chain, () => chain.ledger.accessCountOf(hospitalId, requester)),
    ask(chain, () => chain.hospitals.maxAccessCountOf(hospitalId)),
  ]);
  const rest = (limit: bigint, count: bigint) => (limit > count ? limit - count : 0n);
  const isOpen = record.status === "active";
  return {
    requester,
    ofRecord: isOpen ? rest(record.limit, ofRecord) : 0n,
    atHospital: rest(hospitalLimit, atHospital),
  };
}

function show({ output }: Context, names: Names, record: RecordAccesses): void {
  const { recordId, anchoredAt, status, limit, requests, left } = record;
  output.line(names.records.has(recordId) ? `${names.record(recordId)}, record ${recordId}` : `record ${recordId}`);
  output.line(`  published ${anchoredAt}, ${status}, at most ${limit} accesses per requester`);
  if (requests.length === 0) output.line("  nobody has requested it");
  else {
    output.table([
      ["  ASKED", "BY", "HOSPITAL", "PURPOSE", "OUTCOME", "OPENED"],
      ...requests.map(({ askedAt, requester, hospital, purpose, outcome, openedAt }) => [
        `  ${askedAt ?? "-"}`,
        names.person(requester),
        hospital === undefined ? "unknown" : hospital.startsWith("0x") ? shortId(hospital) : displayText(hospital, 40),
        purposeWords(purpose),
        outcome,
        openedAt ?? "-",
      ]),
    ]);
    for (const { requester, ofRecord, atHospital } of left) {
      output.line(`  ${names.person(requester)} has ${ofRecord} left of this record, ${atHospital} at your hospital`);
    }
  }
  output.line("");
}
