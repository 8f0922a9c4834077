/** What the registries of one chain hold, replayed from their events, and what of it is wrong. */
import type { Hex32 } from "../../offchain/chain/index.ts";
import { finding } from "../finding.ts";
import { keccak256 } from "../keccak.ts";
import { addressWord, bytesAt, hexWord, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

interface HospitalState {
  operator: string;
  readonly homeChainId: bigint;
  active: boolean;
  limit: bigint;
}

interface MemberState {
  readonly hospital: Hex32;
  account: string | undefined;
  notAfter: bigint;
  suspended: boolean;
  serial: bigint;
  /** All certified accounts, oldest first, with the place of their log. */
  readonly accounts: readonly { readonly account: string; readonly block: number; readonly position: number }[];
}

interface RecordState {
  readonly owner: Hex32;
  limit: bigint;
  revoked: boolean;
  /** How often its limit was set or it was revoked: the contract's nonce. */
  changes: bigint;
}

/** The registries as they stand between two logs. */
export interface Registries {
  readonly hospitals: ReadonlyMap<Hex32, HospitalState>;
  readonly records: ReadonlyMap<Hex32, RecordState>;
  readonly relayers: ReadonlySet<string>;
  threshold(): bigint;
  hospitalOf(member: Hex32): Hex32 | undefined;
  /** As `HospitalRegistry.activeMember`: the account that may act at a time, in lower case. */
  activeAccount(member: Hex32, time: number): string | undefined;
  /** The account that was certified before this place in the chain, in lower case. */
  accountAt(member: Hex32, block: number, position: number): string | undefined;
  /** Takes a log; false where it is none of the registries'. */
  apply(log: StoredLog): boolean;
}

/** Words of a certificate in the events that carry one; the signature's offset follows. */
const CERTIFICATE_WORDS = 6;
const NOBODY = `0x${"00".repeat(20)}`;

export function registries(context: VerifyContext): Registries {
  const hospitals = new Map<Hex32, HospitalState>();
  const members = new Map<Hex32, MemberState>();
  const records = new Map<Hex32, RecordState>();
  const relayers = new Set<string>();
  let threshold = 0n;

  /** Something is done to what no event has made. */
  const unknown = (log: StoredLog, what: string, id: Hex32) =>
    context.wrong(
      "EVENT_MISSING",
      `${log.event} of a ${what} that no event made known`,
      log,
      `the ${what}'s own event before`,
      id,
    );
  const hospital = (log: StoredLog, change: (state: HospitalState) => void) => {
    const id = hexWord(log.topics, 1);
    const state = hospitals.get(id);
    if (state) change(state);
    else unknown(log, "hospital", id);
  };
  const member = (log: StoredLog, change: (state: MemberState) => void) => {
    const id = hexWord(log.topics, 1);
    const state = members.get(id);
    if (state) change(state);
    else unknown(log, "member", id);
  };
  const record = (log: StoredLog, change: (state: RecordState) => void) => {
    const id = hexWord(log.topics, 1);
    const state = records.get(id);
    if (state) change(state);
    else unknown(log, "record", id);
  };
  const certified = (log: StoredLog) => {
    const memberId = hexWord(log.topics, 1);
    const certificate = certificateIn(log);
    const before = members.get(memberId);
    checkCertificate(context, log, certificate, hospitals.get(certificate.hospitalId), before?.serial ?? 0n);
    const { hospitalId: home, account, serial, notAfter } = certificate;
    const accounts = [...(before?.accounts ?? []), { account, block: log.block, position: log.position }];
    const suspended = before?.suspended ?? false;
    members.set(memberId, { hospital: home, account, serial, notAfter, suspended, accounts });
  };

  const handlers: Readonly<Record<string, (log: StoredLog) => void>> = {
    HospitalRegistered: ({ topics, data }) =>
      hospitals.set(hexWord(topics, 1), {
        homeChainId: intWord(topics, 2),
        operator: addressWord(data, 0),
        active: true,
        limit: 0n,
      }),
    OperatorRotated: (log) =>
      hospital(log, (state) => {
        state.operator = addressWord(log.data, 0);
      }),
    HospitalSuspended: (log) =>
      hospital(log, (state) => {
        state.active = false;
      }),
    HospitalReinstated: (log) =>
      hospital(log, (state) => {
        state.active = true;
      }),
    MaxAccessCountSet: (log) =>
      hospital(log, (state) => {
        state.limit = intWord(log.data, 0);
      }),
    MemberEnrolled: certified,
    MemberImported: certified,
    MemberSuspended: (log) =>
      member(log, (state) => {
        state.suspended = true;
      }),
    MemberReinstated: (log) =>
      member(log, (state) => {
        state.suspended = false;
      }),
    CertificatesRevoked: ({ topics, data }) => {
      const id = hexWord(topics, 1);
      const { notAfter, suspended, accounts } = members.get(id) ?? { notAfter: 0n, suspended: false, accounts: [] };
      members.set(id, {
        hospital: hexWord(topics, 2),
        account: undefined,
        notAfter,
        suspended,
        serial: intWord(data, 0),
        accounts,
      });
    },
    RecordAnchored: ({ topics, data }) =>
      records.set(hexWord(topics, 1), {
        owner: hexWord(topics, 2),
        limit: intWord(data, 3),
        revoked: false,
        changes: 0n,
      }),
    RecordLimitSet: (log) =>
      record(log, (state) => {
        state.limit = intWord(log.data, 0);
        state.changes += 1n;
      }),
    RecordRevoked: (log) =>
      record(log, (state) => {
        state.revoked = true;
        state.changes += 1n;
      }),
    RelayerAdded: ({ topics }) => relayers.add(addressWord(topics, 1)),
    RelayerRemoved: ({ topics }) => relayers.delete(addressWord(topics, 1)),
    ThresholdSet: ({ data }) => {
      threshold = intWord(data, 0);
    },
  };

  return {
    hospitals,
    records,
    relayers,
    threshold: () => threshold,
    hospitalOf: (id) => members.get(id)?.hospital,
    activeAccount(id, time) {
      const state = members.get(id);
      if (!state?.account || state.account === NOBODY || state.suspended || BigInt(time) >= state.notAfter)
        return undefined;
      return hospitals.get(state.hospital)?.active ? state.account : undefined;
    },
    accountAt(id, block, position) {
      const before = (each: { block: number; position: number }) =>
        each.block < block || (each.block === block && each.position < position);
      return members.get(id)?.accounts.findLast(before)?.account;
    },
    apply(log) {
      const handle = handlers[log.event];
      handle?.(log);
      return handle !== undefined;
    },
  };
}

interface Certificate {
  readonly hospitalId: Hex32;
  readonly account: string;
  readonly serial: bigint;
  readonly notAfter: bigint;
}

const certificateIn = ({ data }: StoredLog): Certificate => ({
  hospitalId: hexWord(data, 0),
  account: addressWord(data, 2),
  serial: intWord(data, 4),
  notAfter: intWord(data, 5),
});

/** That the hospital's operator signed it, for this member, in time, and with a higher serial than before. */
function checkCertificate(
  context: VerifyContext,
  log: StoredLog,
  { hospitalId, serial, notAfter }: Certificate,
  hospital: HospitalState | undefined,
  serialBefore: bigint,
): void {
  const { data, topics } = log;
  const memberId = hexWord(topics, 1);
  const wrong = (message: string, expected: unknown, found: unknown) =>
    context.wrong("CERTIFICATE_INVALID", message, log, expected, found, { memberId });
  const expectedId = toHex(keccak256(data.subarray(0, 64))); // hospital id and pseudonym
  if (expectedId !== memberId) wrong("a certificate of another member", expectedId, memberId);
  if (hexWord(topics, 2) !== hospitalId) wrong("a certificate of another hospital", hexWord(topics, 2), hospitalId);
  if (serial <= serialBefore)
    wrong("a certificate that an earlier one had replaced", `serial above ${serialBefore}`, serial);
  if (notAfter <= BigInt(log.timestamp))
    wrong("a certificate that was dead already", `after ${log.timestamp}`, notAfter);
  if (!hospital?.active) {
    wrong("a certificate of a hospital that is not active", "an active hospital", hospitalId);
    return;
  }
  const digestOf = context.digests("MemberCertificate", hospital.homeChainId);
  if (!digestOf) {
    const where = { ...placeOf(log), memberId };
    const message = "a certificate's signature cannot be checked: its hospital's home chain is not part of the audit";
    context.report(finding("CHECK_NOT_DONE", message, where, `chain ${hospital.homeChainId}`, "not audited"));
    return;
  }
  const words = Array.from({ length: CERTIFICATE_WORDS }, (_, number) => word(data, number));
  context.requireSigned({
    log,
    account: hospital.operator,
    digest: digestOf(...words),
    signature: bytesAt(data, 0, CERTIFICATE_WORDS),
    otherwise: finding(
      "CERTIFICATE_INVALID",
      "the hospital's operator did not sign this certificate",
      { ...placeOf(log), memberId },
      `signed by ${hospital.operator}`,
      toHex(bytesAt(data, 0, CERTIFICATE_WORDS)),
    ),
  });
}
