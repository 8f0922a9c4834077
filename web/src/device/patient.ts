/** What a patient's browser does. */
import { DataOwner, describeRequest, type RequestDescription } from "@medexchain/actors";
import {
  accessRequestOf,
  ask,
  chainLogs,
  chainTime,
  type Decision,
  decisionOf,
  type Hex32,
  hex32,
  memberIdOf,
  pseudonymHash,
  purposeText,
  type RequestState,
  requestStateOf,
  stateAt,
  transact,
} from "@medexchain/chain";
import { MedexError, sha256 } from "@medexchain/core";
import { keptText, labelFrom, parseLabel } from "@medexchain/vault/names";
import { equalBytes } from "@noble/curves/utils.js";
import type { Result } from "ethers";
import { type Access, readingOf } from "./accesses.ts";
import type { Database } from "./database.ts";
import { openBrowserFragments } from "./fragment-store.ts";
import type { Identity } from "./identity.ts";
import type { Names } from "./names.ts";
import type { Network } from "./network.ts";
import { openStudies } from "./studies.ts";

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
  /** What the patient calls who asks. */
  readonly who: string | undefined;
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

/** What is to be published. */
export interface Draft {
  readonly document: Uint8Array;
  /** Of the file. */
  readonly name: string;
  readonly title: string;
  readonly selectors: readonly string[];
  /** How often one requester may be granted access. */
  readonly limit: number;
}

/** Of `RecordStatus` in the contracts. */
const REVOKED = 2n;

type Progress = (done: number, all: number) => void;

export function openPatient(database: Database, network: Network, identity: Identity, names: Names) {
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

  async function delivered() {
    const filter = chain.grants.filters.RequestDelivered(undefined, undefined, memberId);
    const logs = await chainLogs(chain, (first, last) => chain.grants.queryFilter(filter, first, last), { from });
    return logs.map(({ args }) => ({
      requestId: hex32(args.requestId),
      request: accessRequestOf(args.request as unknown as Result), // a struct
    }));
  }
  async function whoIs(requester: Hex32): Promise<{ who: string | undefined; hospital: string | undefined }> {
    const [{ hospitalId }, name] = await Promise.all([
      ask(chain, () => chain.hospitals.member(requester)),
      names.get(requester),
    ]);
    return { who: name?.label, hospital: network.hospitalName(hex32(hospitalId)) };
  }

  return {
    async publish({ document, name, title, selectors, limit }: Draft, onProgress: Progress) {
      const label = parseLabel(title);
      const { recordId, features, sizes, pieces } = await owner.publish({
        document,
        name,
        privateSelectors: selectors,
        maxAccessCount: limit,
        onPiece: (done) => onProgress(done, 0),
      });
      const date = Math.floor(Date.now() / 1000);
      const digest = sha256(document);
      await names.put({ kind: "record", id: recordId, label, file: keptText(name), date, digest, features });
      return { recordId, features, sizes, pieces };
    },

    /** What the patient has called the same file before: it would be another record, whose reads are counted anew. */
    async publishedBefore(document: Uint8Array): Promise<string | undefined> {
      const digest = sha256(document);
      const known = await names.list();
      return known.find((name) => name.kind === "record" && name.digest && equalBytes(name.digest, digest))?.label;
    },

    async records(): Promise<RecordView[]> {
      const filter = chain.records.filters.RecordAnchored(undefined, memberId);
      const logs = await chainLogs(chain, (first, last) => chain.records.queryFilter(filter, first, last), { from });
      const here = new Set(await fragmentStore.list());
      const views = await Promise.all(
        logs.map(async ({ args }) => {
          const recordId = hex32(args.recordId);
          const { status, maxAccessCount } = await ask(chain, () => chain.records.record(recordId));
          const title = (await names.get(recordId))?.label;
          const limit = Number(maxAccessCount);
          return { recordId, title, revoked: status === REVOKED, limit, here: here.has(recordId) };
        }),
      );
      return views.reverse();
    },

    async inbox(): Promise<InboxEntry[]> {
      const now = await chainTime(chain);
      const entries = await Promise.all(
        (await delivered()).map(async ({ requestId, request }): Promise<InboxEntry> => {
          const { recordId, requester, purpose, expiry } = request;
          const [grant, record, used, title, who] = await Promise.all([
            ask(chain, () => chain.grants.grant(requestId)),
            ask(chain, () => chain.records.record(recordId)),
            ask(chain, () => chain.ledger.recordAccessCountOf(recordId, requester)),
            names.get(recordId),
            whoIs(requester),
          ]);
          return {
            requestId,
            recordId,
            title: title?.label,
            requester,
            ...who,
            purpose: purposeText(hex32(purpose)),
            expiry: Number(expiry),
            state: stateAt(requestStateOf(grant.state), expiry, now),
            decision: decisionOf(grant.decision),
            used: Number(used),
            limit: Number(record.maxAccessCount),
          };
        }),
      );
      return entries.reverse();
    },

    /** What the patient should know before deciding, see `describeRequest`. */
    describe: (requestId: Hex32): Promise<RequestDescription> =>
      describeRequest({ chain, from }, memberId, requestId, async (chainId) => {
        const place = network.chainOf(chainId);
        return place && { chain: await network.chain(place.name), from: place.from };
      }),

    /** Who has asked for a record, the latest first. */
    async accesses(recordId: Hex32): Promise<Access[]> {
      const now = await chainTime(chain);
      const asked = (await delivered()).filter(({ request }) => request.recordId === recordId);
      const accesses = await Promise.all(
        asked.map(async ({ requestId, request }): Promise<Access> => {
          const { requester, purpose, issuedAt, expiry } = request;
          const grant = await ask(chain, () => chain.grants.grant(requestId));
          const { sourceChainId, decidedAt } = grant;
          return {
            requestId,
            requester,
            ...(await whoIs(requester)),
            purpose: purposeText(hex32(purpose)),
            askedAt: Number(issuedAt),
            decidedAt: decidedAt === 0n ? undefined : Number(decidedAt),
            state: stateAt(requestStateOf(grant.state), expiry, now),
            read: await readingOf(network, sourceChainId, requestId),
          };
        }),
      );
      return accesses.reverse();
    },

    /** Takes a doctor into the address book, once a chain knows such a member. */
    async addPerson(hospital: string, pseudonym: string, label: string) {
      const id = memberIdOf(pseudonymHash(hospital), pseudonymHash(pseudonym));
      const entry = network.facts.hospitals[hospital];
      const home = entry && (await network.chain(entry.chain));
      const known = home && (await ask(home, () => home.hospitals.activeMember(id)));
      if (known === undefined || BigInt(known.account) === 0n) {
        throw new MedexError(
          "INPUT_INVALID",
          `"${hospital}" has no active member of that name; ask them for another link`,
        );
      }
      const date = Math.floor(Date.now() / 1000);
      await names.put({ kind: "person", id, label: labelFrom(label, pseudonym), hospital, pseudonym, date });
    },

    privateFeatures: (recordId: Hex32) => owner.privateFeatures(recordId),
    /** @param features to be sent; all unless given */
    async approve(requestId: Hex32, features: readonly string[] | undefined, onProgress: Progress) {
      const { decision, sent } = await owner.approve(requestId, {
        ...(features && { features: new Set(features) }),
        onProgress: ({ done, total }) => onProgress(done, total),
      });
      return { decision, bytes: sent?.sizes.message };
    },
    deny: (requestId: Hex32) => owner.deny(requestId),
    withdraw: (requestId: Hex32) => owner.withdraw(requestId),
    async rename(recordId: Hex32, title: string) {
      const known = await names.get(recordId);
      const date = Math.floor(Date.now() / 1000);
      await names.put({
        ...(known?.kind === "record" ? known : { kind: "record", id: recordId, date }),
        label: parseLabel(title),
      });
    },
    async revoke(recordId: Hex32) {
      await transact(chain, () => chain.records.revoke(recordId));
    },
    async setLimit(recordId: Hex32, limit: number) {
      await transact(chain, () => chain.records.setMaxAccessCount(recordId, limit));
    },
    ...openStudies({ database, network, identity, names, owner }),
    /** Wipes what is secret. Calls that still run end where they next need a key. */
    close() {
      owner[Symbol.dispose]();
      contents.secret.fill(0);
      contents.accountKey.fill(0);
    },
  };
}

export type PatientDevice = ReturnType<typeof openPatient>;
