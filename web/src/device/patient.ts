/** What a patient's browser does. */
import { DataOwner } from "@medexchain/actors";
import {
  accessRequestOf,
  ask,
  chainLogs,
  chainTime,
  type Decision,
  decisionOf,
  type Hex32,
  hex32,
  purposeText,
  type RequestState,
  requestStateOf,
  stateAt,
  transact,
} from "@medexchain/chain";
import { inspectFormat, splitRecord } from "@medexchain/sfe";
import type { Result } from "ethers";
import type { Database } from "./database.ts";
import { openBrowserFragments } from "./fragment-store.ts";
import type { Identity } from "./identity.ts";
import type { Labels } from "./labels.ts";
import type { Network } from "./network.ts";

export interface RecordView {
  readonly recordId: Hex32;
  readonly title: string | undefined;
  readonly revoked: boolean;
  readonly limit: number;
  readonly here: boolean;
}

export interface InboxEntry {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly title: string | undefined;
  readonly requester: Hex32;
  readonly hospital: string | undefined;
  readonly purpose: string;
  /** Unix seconds. */
  readonly expiry: number;
  readonly state: RequestState;
  readonly decision: Decision;
  readonly used: number;
  readonly limit: number;
}

/** How a file would be parted under selectors; values as text, for the person who owns it alone. */
export interface Preview {
  readonly format: string;
  readonly publicFeatures: readonly Shown[];
  readonly privateFeatures: readonly Shown[];
}
interface Shown {
  readonly name: string;
  readonly value: string;
}

/** Of `RecordStatus` in the contracts. */
const REVOKED = 2n;

/** Characters of a value, and features of a part, that a preview shows. */
const SHOWN_LENGTH = 80;
const SHOWN_FEATURES = 500;

export function preview(document: Uint8Array, name: string, selectors: readonly string[]): Preview {
  const { format } = inspectFormat(document, name);
  const parts = { publicFeatures: [] as Shown[], privateFeatures: [] as Shown[] };
  for (const piece of splitRecord(document, { format, selectors, lastLook: false })) {
    for (const [to, { features }] of [
      [parts.publicFeatures, piece.publicFragment],
      [parts.privateFeatures, piece.privateFragment],
    ] as const) {
      for (const { index, value } of features) {
        if (to.length >= SHOWN_FEATURES) break;
        to.push({ name: piece.head.features[index]?.name ?? "", value: textOf(value) });
      }
    }
  }
  return { format, ...parts };
}

const textOf = (value: string | Uint8Array): string =>
  typeof value === "string" ? value.slice(0, SHOWN_LENGTH) : `${value.length} bytes`;

export function openPatient(database: Database, network: Network, identity: Identity, labels: Labels) {
  const { contents, account, memberId, chain, chainName, gateway, vault } = identity;
  if (contents.role !== "owner") throw new TypeError("not a patient's vault");
  const fragmentStore = openBrowserFragments(database, vault);
  const owner = new DataOwner({
    memberId,
    account,
    secret: contents.secret,
    chain,
    store: network.store,
    tangle: network.tangle,
    fragmentStore,
    firewall: gateway.firewall,
    requestKey: gateway.requestKey,
  });
  const from = network.facts.chains[chainName]?.fromBlock ?? 0;

  return {
    async publish(document: Uint8Array, name: string, title: string, selectors: readonly string[], limit: number) {
      const { recordId, features, sizes } = await owner.publish({
        document,
        name,
        privateSelectors: selectors,
        maxAccessCount: limit,
      });
      await labels.set(recordId, title);
      return { recordId, features, sizes };
    },

    async records(): Promise<RecordView[]> {
      const filter = chain.records.filters.RecordAnchored(undefined, memberId);
      const logs = await chainLogs(chain, (first, last) => chain.records.queryFilter(filter, first, last), { from });
      const here = new Set(await fragmentStore.list());
      return Promise.all(
        logs.map(async ({ args }) => {
          const recordId = hex32(args.recordId);
          const { status, maxAccessCount } = await ask(chain, () => chain.records.record(recordId));
          const title = await labels.get(recordId);
          return {
            recordId,
            title,
            revoked: status === REVOKED,
            limit: Number(maxAccessCount),
            here: here.has(recordId),
          };
        }),
      );
    },

    async inbox(): Promise<InboxEntry[]> {
      const filter = chain.grants.filters.RequestDelivered(undefined, undefined, memberId);
      const logs = await chainLogs(chain, (first, last) => chain.grants.queryFilter(filter, first, last), { from });
      const now = await chainTime(chain);
      const entries = await Promise.all(
        logs.map(async ({ args }): Promise<InboxEntry> => {
          const requestId = hex32(args.requestId);
          const { recordId, requester, purpose, expiry } = accessRequestOf(args.request as unknown as Result);
          const [grant, record, member, used] = await Promise.all([
            ask(chain, () => chain.grants.grant(requestId)),
            ask(chain, () => chain.records.record(recordId)),
            ask(chain, () => chain.hospitals.member(requester)),
            ask(chain, () => chain.ledger.recordAccessCountOf(recordId, requester)),
          ]);
          const state = stateAt(requestStateOf(grant.state), expiry, now);
          return {
            requestId,
            recordId,
            title: await labels.get(recordId),
            requester,
            hospital: network.hospitalName(hex32(member.hospitalId)),
            purpose: purposeText(hex32(purpose)),
            expiry: Number(expiry),
            state,
            decision: decisionOf(grant.decision),
            used: Number(used),
            limit: Number(record.maxAccessCount),
          };
        }),
      );
      return entries.reverse();
    },

    async approve(requestId: Hex32, onProgress: (done: number, all: number) => void) {
      const { decision, sent } = await owner.approve(requestId, {
        onProgress: ({ done, total }) => onProgress(done, total),
      });
      return { decision, bytes: sent?.sizes.message };
    },
    deny: (requestId: Hex32) => owner.deny(requestId),
    withdraw: (requestId: Hex32) => owner.withdraw(requestId),
    async revoke(recordId: Hex32) {
      await transact(chain, () => chain.records.revoke(recordId));
    },
    async setLimit(recordId: Hex32, limit: number) {
      await transact(chain, () => chain.records.setMaxAccessCount(recordId, limit));
    },
    close: () => owner[Symbol.dispose](),
  };
}
