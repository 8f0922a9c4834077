/** Who may do what on a chain: the roles of its SuiteManager (OpenZeppelin's AccessManager), replayed from its events. */
import { id } from "ethers";
import { finding } from "../finding.ts";
import { addressWord, hexWord, intWord, placeOf, type StoredLog, toHex } from "../store/stored-log.ts";
import type { StoredTransaction } from "../store/transactions.ts";
import type { VerifyContext } from "./context.ts";

/** Of AccessManager: its own, which unbound functions need too. */
const ADMIN_ROLE = 0n;

/** The call that makes each event, on which contract, for which a role is needed. */
const CALL_OF_EVENT = {
  HospitalRegistered: ["hospitals", "registerHospital(bytes32,uint64,address,bytes32,uint32)"],
  HospitalSuspended: ["hospitals", "suspendHospital(bytes32)"],
  HospitalReinstated: ["hospitals", "reinstateHospital(bytes32)"],
  OperatorRotated: ["hospitals", "replaceOperator(bytes32,address)"],
  RelayerAdded: ["relayers", "addRelayer(address)"],
  RelayerRemoved: ["relayers", "removeRelayer(address)"],
  ThresholdSet: ["relayers", "setThreshold(uint256)"],
  MinThresholdSet: ["relayers", "setMinThreshold(uint256)"],
  AggregatesSet: ["relayers", "setAggregates(bool)"],
} as const satisfies Readonly<Record<string, readonly ["hospitals" | "relayers", string]>>;
type RoleEvent = keyof typeof CALL_OF_EVENT;

/** The calls that take roles: the contract, and the selector. */
export const ROLE_CALLS = Object.values(CALL_OF_EVENT).map(
  ([contract, signature]) => [contract, id(signature).slice(0, 10)] as const,
);

/** Whether an event takes a role. */
export const takesRole = (event: string): event is RoleEvent => Object.hasOwn(CALL_OF_EVENT, event);

const BY_POLICY = id("authorizeByPolicy(bytes32,bytes32,bytes32,uint64)").slice(0, 10);

/** Seconds, which change at a time: OpenZeppelin's `Time.Delay`. */
export interface Delay {
  readonly before: bigint;
  readonly after: bigint;
  /** Unix seconds. */
  readonly effect: bigint;
}

/** What a delay is at a time; none where it was never set. */
export const delayAt = (delay: Delay | undefined, time: bigint): bigint =>
  delay === undefined ? 0n : delay.effect <= time ? delay.after : delay.before;

/** All that a chain's manager has granted at a block. */
export interface RolesState {
  /** By role and account, in lower case: Unix seconds from which on it is held. */
  readonly holders: Map<string, number>;
  /** By role and account: what their calls are delayed by. */
  readonly delays: Map<string, Delay>;
  /** By role: what it is put off by when it is granted. */
  readonly grantDelays: Map<bigint, Delay>;
  /** By contract, in lower case, and selector. */
  readonly bindings: Map<string, bigint>;
  /** The role that grants a role. */
  readonly admins: Map<bigint, bigint>;
}

export interface Roles {
  /** Takes an event of the manager; false where it is none that grants, takes or binds a role. Whoever caused it must have had the right to. */
  apply(log: StoredLog): boolean;
  /** Checks that whoever caused an event held the role that it takes. */
  require(log: StoredLog & { readonly event: RoleEvent }, transaction: StoredTransaction): void;
  /** Checks that a contract obeys the manager whose roles these are: an `AuthorityUpdated`. */
  requireManager(log: StoredLog): void;
  /** Whether an account could approve for owners that named it. */
  isPolicy(account: string, log: StoredLog): boolean;
  state(): RolesState;
}

/** The role that a call takes. */
export const roleForCall = ({ bindings }: Pick<RolesState, "bindings">, target: string, selector: string): bigint =>
  bindings.get(`${target.toLowerCase()} ${selector}`) ?? ADMIN_ROLE;

/** @param state what to go on from; nothing unless given. It is taken over: whoever gives it must not use it any more. */
export function rolesOf(context: VerifyContext, state?: RolesState): Roles {
  const { holders, delays, grantDelays, bindings, admins }: RolesState = state ?? {
    holders: new Map(),
    delays: new Map(),
    grantDelays: new Map(),
    bindings: new Map(),
    admins: new Map(),
  };
  const holds = (role: bigint, account: string, time: number) =>
    time >= (holders.get(`${role} ${account}`) ?? Number.POSITIVE_INFINITY);
  const roleFor = (target: string, selector: string) => roleForCall({ bindings }, target, selector);
  const addressOf = (log: StoredLog, contract: "hospitals" | "relayers" | "grants" | "manager") =>
    context.deployments.get(log.chainId)?.[contract].toLowerCase() ?? "";

  /** Checks that whoever caused a log is one of these. */
  const requireHolder = (
    log: StoredLog,
    transaction: StoredTransaction,
    contract: string,
    isAllowed: (account: string) => boolean,
    expected: string,
  ): void => {
    const { sender, recipient } = transaction;
    const lacks = (account: string) =>
      finding({
        code: "ROLE_MISSING",
        message: `${log.event} was caused by an account without the role for it`,
        where: placeOf(log),
        expected,
        found: account,
      });
    context.requireSender(log, transaction);
    // Through the manager (`execute`), it is the sender whom the manager asks for the role.
    if (recipient === contract || recipient === addressOf(log, "manager")) {
      if (!isAllowed(sender)) context.report(lacks(sender));
    } else if (recipient !== undefined && isAllowed(recipient)) {
      // A contract account, as of several signers, acts through itself.
      context.requireContract(log, recipient, lacks(recipient));
    } else {
      context.report(lacks(recipient ?? sender));
    }
  };

  const changes: Readonly<Record<string, (log: StoredLog) => { readonly role: bigint; readonly apply: () => void }>> = {
    RoleGranted(log) {
      const { topics, data, timestamp } = log;
      const role = intWord(topics, 1);
      const isNew = intWord(data, 2) === 1n;
      const key = `${role} ${addressWord(topics, 2)}`;
      const [delay, since, time] = [intWord(data, 0), intWord(data, 1), BigInt(timestamp)];
      // As `AccessManager._grantRole` has it: whoever has the role keeps it, and a shorter delay waits for what it is shorter by.
      const isHeld = holders.has(key);
      const before = delayAt(delays.get(key), time);
      const putOff = isHeld ? (before > delay ? before - delay : 0n) : delayAt(grantDelays.get(role), time);
      if (intWord(data, 2) !== (isHeld ? 0n : 1n) || since !== time + putOff) {
        context.wrong({
          code: "STATE_DIFFERS",
          message: "a role was granted otherwise than the manager grants one",
          log,
          expected: `${isHeld ? "again" : "anew"}, from ${time + putOff} on`,
          found: `${isNew ? "anew" : "again"}, from ${since} on`,
        });
      }
      return {
        role: admins.get(role) ?? ADMIN_ROLE,
        apply() {
          if (isNew) holders.set(key, Number(since));
          delays.set(key, { before: isHeld ? before : delay, after: delay, effect: since });
        },
      };
    },
    RoleRevoked({ topics }) {
      const role = intWord(topics, 1);
      const key = `${role} ${addressWord(topics, 2)}`;
      return {
        role: admins.get(role) ?? ADMIN_ROLE,
        apply() {
          holders.delete(key);
          delays.delete(key);
        },
      };
    },
    RoleGrantDelayChanged({ topics, data, timestamp }) {
      const role = intWord(topics, 1);
      const before = delayAt(grantDelays.get(role), BigInt(timestamp));
      const changed = { before, after: intWord(data, 0), effect: intWord(data, 1) };
      return { role: ADMIN_ROLE, apply: () => void grantDelays.set(role, changed) };
    },
    RoleAdminChanged: ({ topics }) => ({
      role: ADMIN_ROLE,
      apply: () => void admins.set(intWord(topics, 1), intWord(topics, 2)),
    }),
    TargetFunctionRoleUpdated: ({ topics, data }) => ({
      role: ADMIN_ROLE,
      apply: () => void bindings.set(`${addressWord(topics, 1)} ${toHex(data.subarray(0, 4))}`, intWord(topics, 2)),
    }),
  };

  return {
    apply(log) {
      const change = log.contract === "manager" ? changes[log.event]?.(log) : undefined;
      if (!change) return false;
      const transaction = context.transaction(log);
      // The manager's first administrator is its constructor's argument, whoever sent its creation.
      const isFirst = log.event === "RoleGranted" && holders.size === 0;
      const renounced = log.event === "RoleRevoked" ? addressWord(log.topics, 2) : undefined;
      if (isFirst) context.requireSender(log, transaction);
      else {
        const isAllowed = (account: string) => account === renounced || holds(change.role, account, log.timestamp);
        requireHolder(log, transaction, addressOf(log, "manager"), isAllowed, `a holder of role ${change.role}`);
      }
      change.apply();
      return true;
    },
    require(log, transaction) {
      const [contract, signature] = CALL_OF_EVENT[log.event];
      const target = addressOf(log, contract);
      const role = roleFor(target, id(signature).slice(0, 10));
      const isAllowed = (account: string) => holds(role, account, log.timestamp);
      requireHolder(log, transaction, target, isAllowed, `a holder of role ${role} at that time`);
    },
    requireManager(log) {
      const [expected, found] = [`0x${addressOf(log, "manager").slice(2).padStart(64, "0")}`, hexWord(log.data, 0)];
      const message = "a contract says that it obeys another manager than the configured one";
      if (found !== expected) context.wrong({ code: "STATE_DIFFERS", message, log, expected, found });
    },
    isPolicy: (account, log) => holds(roleFor(addressOf(log, "grants"), BY_POLICY), account, log.timestamp),
    state: () => ({ holders, delays, grantDelays, bindings, admins }),
  };
}
