/** What a doctor's browser does. */
import { DataUser, deviceLocked, recordsThatBegin } from "@medexchain/actors";
import {
  type Acknowledgement,
  accessRequestOf,
  acknowledgementOf,
  ask,
  type Chain,
  chainLogs,
  chainTime,
  currentVersionOf,
  findRequest,
  type Hex32,
  hex32,
  purposeText,
  type RequestState,
  requestStateOf,
  stateAt,
} from "@medexchain/chain";
import { isWholeId, MedexError, parseReference, resolveId } from "@medexchain/core";
import { checkG1, checkG2, initCurve, xWingPublicKey } from "@medexchain/pre";
import { inspectFormat } from "@medexchain/sfe";
import { labelFrom } from "@medexchain/vault/names";
import type { Result } from "ethers";
import { fileOf, type ShownRecord, type Some, shownOf } from "../record/shown.ts";
import type { Identity } from "./identity.ts";
import type { Names } from "./names.ts";
import type { Network } from "./network.ts";

export interface AskedEntry {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly title: string | undefined;
  readonly purpose: string;
  /** Unix seconds. */
  readonly expiry: number;
  readonly state: RequestState;
  readonly acknowledged: Acknowledgement;
}

export interface OpenedView {
  /** All of it, to be saved. */
  readonly file: Blob;
  readonly shown: ShownRecord;
  /** Names of what the patient withheld, as many as are shown. */
  readonly withheld: Some<string>;
}

/** Names of withheld features that are shown. */
const WITHHELD = 100;

export async function openDoctor(network: Network, identity: Identity, names: Names) {
  const { contents, account, memberId, chain, chainName } = identity;
  if (contents.role !== "doctor" || contents.keys === undefined) throw new TypeError("not a doctor's vault with keys");
  await initCurve();
  const { pre, bfv, kem } = contents.keys;
  const keys = {
    pre: {
      privateKey: checkG1(pre.privateKey, "sk_DU"),
      publicKey: { V: checkG2(pre.V, "V"), U: checkG1(pre.U, "U") },
    },
    bfv,
    ...(kem && { kem: { ...kem, publicKey: await xWingPublicKey(kem.seed) } }),
  };
  const from = network.facts.chains[chainName]?.fromBlock ?? 0;
  const chains = () => Promise.all(Object.keys(network.facts.chains).map((name) => network.chain(name)));
  let isClosed = false;
  const through = (ownerChain: Chain): DataUser => {
    if (isClosed) throw deviceLocked(); // the keys are zeros: from what derives of them, anyone can derive the same
    return new DataUser({ memberId, account, keys, chain, ownerChain, store: network.store, tangle: network.tangle });
  };

  async function chainOfRecord(recordId: Hex32): Promise<Chain> {
    for (const each of await chains()) {
      const { anchoredAt } = await ask(each, () => each.records.record(recordId));
      if (anchoredAt !== 0n) return each;
    }
    throw new MedexError("INPUT_INVALID", "no chain of this network has that record; ask the patient for another link");
  }

  async function throughRequest(requestId: Hex32): Promise<DataUser> {
    const { requestedAt } = await ask(chain, () => chain.requests.status(requestId));
    const { destinationChainId } = await findRequest(chain, requestId, requestedAt);
    const ownerChain = (await chains()).find(({ deployment }) => deployment.chainId === destinationChainId);
    if (ownerChain === undefined)
      throw new MedexError("CONFIG_INVALID", `the network has no chain ${destinationChainId}`);
    return through(ownerChain);
  }

  /** The record that is meant by an id, its beginning, or what the doctor calls it, as in the command. */
  async function recordOf(given: string): Promise<Hex32> {
    if (isWholeId(given)) return hex32(given);
    const reference = parseReference("record", given);
    const named = (await names.list()).filter(({ kind }) => kind === "record");
    if (!/^0x/i.test(reference)) {
      return resolveId(
        "record",
        reference,
        named.map(({ id, label }) => ({ id, names: [label] })),
      );
    }
    const found: Hex32[] = [];
    for (const [name, { fromBlock }] of Object.entries(network.facts.chains)) {
      found.push(...(await recordsThatBegin(await network.chain(name), reference, fromBlock)));
    }
    return resolveId(
      "record",
      reference,
      found.map((id) => ({ id, names: [] })),
    );
  }

  return {
    /** @param reference an id, its beginning, or what the record is called here */
    async ask(reference: string, title: string | undefined, purpose: string) {
      const recordId = await recordOf(reference.trim());
      const ownerChain = await chainOfRecord(recordId);
      using user = through(ownerChain);
      const { recordId: current } = await currentVersionOf(ownerChain, recordId);
      const { requestId } = await user.request({ recordId: current, purpose, lifetime: 86_400 });
      if (title !== undefined) {
        const date = Math.floor(Date.now() / 1000);
        await names.put({ kind: "record", id: current, label: labelFrom(title, "record"), date });
      }
      return { requestId };
    },

    async asked(): Promise<AskedEntry[]> {
      const filter = chain.requests.filters.AccessRequested(undefined, undefined, memberId);
      const logs = await chainLogs(chain, (first, last) => chain.requests.queryFilter(filter, first, last), { from });
      const now = await chainTime(chain);
      const entries = await Promise.all(
        logs.map(async ({ args }): Promise<AskedEntry> => {
          const requestId = hex32(args.requestId);
          const { recordId, purpose, expiry } = accessRequestOf(args.request as unknown as Result); // a struct
          const status = await ask(chain, () => chain.requests.status(requestId));
          return {
            requestId,
            recordId,
            title: (await names.get(recordId))?.label,
            purpose: purposeText(hex32(purpose)),
            expiry: Number(expiry),
            state: stateAt(requestStateOf(status.state), expiry, now),
            acknowledged: acknowledgementOf(status.acknowledgement),
          };
        }),
      );
      return entries.reverse();
    },

    async open(requestId: Hex32, onProgress: (done: number, all: number) => void): Promise<OpenedView> {
      using user = await throughRequest(requestId);
      const { document, withheld } = await user.open(requestId, {
        onProgress: ({ done, total }) => onProgress(done, total),
      });
      const shown = shownOf(document, inspectFormat(document).format);
      return {
        file: fileOf(document, shown.kind),
        shown,
        withheld: { shown: withheld.slice(0, WITHHELD), more: Math.max(0, withheld.length - WITHHELD) },
      };
    },

    async acknowledge(requestId: Hex32, acknowledgement: "Opened" | "Disputed") {
      using user = await throughRequest(requestId);
      await user.acknowledge(requestId, acknowledgement);
    },

    /** Wipes what is secret. Calls that still run end where they next need a key. */
    close() {
      isClosed = true;
      contents.accountKey.fill(0);
      keys.pre.privateKey.fill(0);
      keys.bfv.secretKey.fill(0);
      keys.kem?.seed.fill(0);
    },
  };
}
