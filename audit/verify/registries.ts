/** What the registries of one chain hold, replayed from their events, and what of it is wrong. */
import type { Hex32 } from "@medexchain/chain";
import { addressWord, hexWord, intWord, type StoredLog, toHex } from "../store/stored-log.ts";
import { keySetIn } from "./aggregates.ts";
import { certificateIn, checkCertificate } from "./certificates.ts";
import type { VerifyContext } from "./context.ts";
import { type RelayerEpochs, type RelayerEpochsState, relayerEpochs } from "./relayer-epochs.ts";

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
  /** All certified accounts, oldest first. */
  readonly accounts: readonly CertifiedAccount[];
  /** Has anchored a record. */
  isOwner: boolean;
}

/** An account with the certificate that it is from, and the place of its log. */
interface CertifiedAccount {
  readonly account: string;
  readonly serial: bigint;
  readonly block: number;
  readonly position: number;
  readonly transactionHash: string;
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
  readonly relayers: Pick<
    RelayerEpochs,
    "members" | "threshold" | "epoch" | "needed" | "neededSince" | "indexOf" | "keyAt" | "aggregatesOn"
  >;
  hospitalOf(member: Hex32): Hex32 | undefined;
  /** As `HospitalRegistry.activeMember`: the account that may act at a time, in lower case. */
  activeAccount(member: Hex32, time: number): string | undefined;
  /** As `HospitalRegistry.lastAccount`: the account that may take back what the member gave, in lower case. */
  lastAccount(member: Hex32): string | undefined;
  /** As `RecordRegistry.policyOf`: the contract that may approve in an owner's place, in lower case; none once the owner has another account. */
  policyOf(owner: Hex32): string | undefined;
  /** What was taken over from a predecessor, by the logs that say so. */
  readonly adopted: readonly StoredLog[];
  /** The account that was certified before this place in the chain, in lower case. */
  accountAt(member: Hex32, block: number, position: number): string | undefined;
  /** Takes a log; false where it is none of the registries'. */
  apply(log: StoredLog): boolean;
  /** To go on from. */
  state(): RegistriesState;
}

/** All that the registries hold at a block. */
export interface RegistriesState {
  readonly hospitals: Map<Hex32, HospitalState>;
  readonly members: Map<Hex32, MemberState>;
  readonly records: Map<Hex32, RecordState>;
  /** By owner: whom it named, and the account with which it did. */
  readonly policies: Map<Hex32, { readonly policy: string; readonly account: string }>;
  readonly adopted: StoredLog[];
  readonly relayers: RelayerEpochsState;
}

/** Of `HospitalStatus` and `RecordStatus`. */
const ACTIVE = 1n;
const REVOKED = 2n;
const NOBODY = `0x${"00".repeat(20)}`;

/** @param state what to go on from; nothing unless given. It is taken over: whoever gives it must not use it any more. */
export function registries(context: VerifyContext, state?: RegistriesState): Registries {
  const { hospitals, members, records, policies, adopted }: Omit<RegistriesState, "relayers"> = state ?? {
    hospitals: new Map(),
    members: new Map(),
    records: new Map(),
    policies: new Map(),
    adopted: [],
  };
  const relayers = relayerEpochs(state?.relayers);

  /** Something is done to what no event has made. */
  const unknown = (log: StoredLog, what: string, id: Hex32) =>
    context.wrong({
      code: "EVENT_MISSING",
      message: `${log.event} of a ${what} that no earlier event introduced`,
      log,
      expected: `the ${what}'s own event before`,
      found: id,
    });
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
  /** Every change of the relayers begins the next epoch: none is left out, and none is told twice. */
  const epochIn = (log: StoredLog, word: number): bigint => {
    const [expected, told] = [relayers.epoch() + 1n, intWord(log.data, word)];
    if (told !== expected) {
      const code = told > expected ? "EVENT_MISSING" : "EVENT_ORDER";
      const message = `a ${log.event} of an epoch that does not follow the last`;
      context.wrong({ code, message, log, expected: `epoch ${expected}`, found: `epoch ${told}` });
    }
    return told;
  };
  const certified = (log: StoredLog) => {
    const memberId = hexWord(log.topics, 1);
    const certificate = certificateIn(log);
    const before = members.get(memberId);
    checkCertificate(context, log, certificate, hospitals.get(certificate.hospitalId), before?.serial ?? 0n);
    const { hospitalId: home, account, serial, notAfter } = certificate;
    const { block, position } = log;
    const now: CertifiedAccount = { account, serial, block, position, transactionHash: toHex(log.transaction) };
    const { suspended = false, isOwner = false, accounts = [] } = before ?? {};
    const earlier = accounts.findLast((each) => each.account !== NOBODY);
    if (isOwner && earlier && account !== NOBODY && account !== earlier.account) {
      const message =
        "another account was certified for an owner of records: its holder acts as the owner from here on";
      const [expected, found] = [earlier, now].map(describeAccount);
      context.wrong({ code: "ACCOUNT_REPLACED", message, log, expected, found, memberId });
    }
    members.set(memberId, {
      hospital: home,
      account,
      serial,
      notAfter,
      suspended,
      isOwner,
      accounts: [...accounts, now],
    });
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
    HospitalAdopted(log) {
      adopted.push(log);
      hospitals.set(hexWord(log.topics, 1), {
        operator: addressWord(log.data, 0),
        homeChainId: intWord(log.data, 1),
        active: intWord(log.data, 2) === ACTIVE,
        limit: intWord(log.data, 3),
      });
    },
    MemberAdopted(log) {
      adopted.push(log);
      const { data, block, position } = log;
      const account = addressWord(data, 1);
      const serial = intWord(data, 5);
      members.set(hexWord(log.topics, 1), {
        hospital: hexWord(data, 0),
        account: account === NOBODY ? undefined : account,
        notAfter: intWord(data, 2),
        suspended: intWord(data, 3) === 1n,
        serial,
        isOwner: false,
        accounts: [{ account, serial, block, position, transactionHash: toHex(log.transaction) }],
      });
    },
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
      const { notAfter = 0n, suspended = false, isOwner = false, accounts = [] } = members.get(id) ?? {};
      members.set(id, {
        hospital: hexWord(topics, 2),
        account: undefined,
        notAfter,
        suspended,
        serial: intWord(data, 0),
        isOwner,
        accounts,
      });
    },
    RecordAnchored: ({ topics, data }) => {
      const owner = hexWord(topics, 2);
      records.set(hexWord(topics, 1), { owner, limit: intWord(data, 3), revoked: false, changes: 0n });
      const state = members.get(owner);
      if (state) state.isOwner = true;
    },
    RecordAdopted: (log) =>
      record(log, (state) => {
        adopted.push(log);
        state.changes = intWord(log.data, 0);
        state.revoked = intWord(log.data, 1) === REVOKED;
      }),
    PolicySet: ({ topics }) =>
      policies.set(hexWord(topics, 1), { account: addressWord(topics, 2), policy: addressWord(topics, 3) }),
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
    RelayerAdded: (log) =>
      relayers.added(addressWord(log.topics, 1), Number(intWord(log.topics, 2)), epochIn(log, 0), log.timestamp),
    RelayerRemoved: (log) => relayers.removed(addressWord(log.topics, 1), epochIn(log, 0), log.timestamp),
    RelayerSuspended: (log) => relayers.removed(addressWord(log.topics, 1), epochIn(log, 0), log.timestamp),
    ThresholdSet: (log) => relayers.thresholdSet(intWord(log.data, 0), epochIn(log, 1), log.timestamp),
    AggregatesSet: ({ data }) => relayers.aggregatesSet(intWord(data, 0) === 1n),
    BlsKeySet: (log) => {
      const set = keySetIn(context, log);
      if (set) relayers.keySet(set.relayer, set.index, Uint8Array.from(set.key)); // a row's bytes may be a view of a larger buffer
    },
  };

  const lastAccount = (id: Hex32): string | undefined => {
    const state = members.get(id);
    return !state?.account || state.account === NOBODY || state.suspended ? undefined : state.account;
  };

  return {
    hospitals,
    records,
    adopted,
    state: () => ({ hospitals, members, records, policies, adopted, relayers: relayers.state() }),
    policyOf(owner) {
      const named = policies.get(owner);
      return named?.account === lastAccount(owner) ? named?.policy : undefined;
    },
    relayers,
    hospitalOf: (id) => members.get(id)?.hospital,
    activeAccount(id, time) {
      const state = members.get(id);
      if (!state?.account || state.account === NOBODY || state.suspended || BigInt(time) >= state.notAfter)
        return undefined;
      return hospitals.get(state.hospital)?.active ? state.account : undefined;
    },
    lastAccount,
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

const describeAccount = ({ account, serial, block, transactionHash }: CertifiedAccount): string =>
  `${account}, by the certificate with serial ${serial} in block ${block}, transaction ${transactionHash}`;
