/** What a doctor's browser does. */
import { DataUser, recordsThatBegin } from "@medexchain/actors";
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
import { MedexError } from "@medexchain/core";
import { checkG1, checkG2, initCurve, xWingPublicKey } from "@medexchain/pre";
import { inspectFormat } from "@medexchain/sfe";
import { labelFrom } from "@medexchain/vault/names";
import type { Result } from "ethers";
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
  readonly document: Uint8Array;
  readonly format: string;
  readonly withheld: readonly string[];
}

const ID = /^0x[0-9a-f]{64}$/;
/** Of an id: fewer digits say too little. */
const BEGINNING = /^0x[0-9a-f]{6,63}$/;

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
  const through = (ownerChain: Chain): DataUser =>
    new DataUser({ memberId, account, keys, chain, ownerChain, store: network.store, tangle: network.tangle });

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

  /** The record that is meant by an id, its beginning, or what the doctor calls it. */
  async function recordOf(reference: string): Promise<Hex32> {
    const text = reference.trim().toLowerCase();
    if (ID.test(text)) return text as Hex32;
    const known = (await names.list()).filter((name) => name.kind === "record");
    const called = known.filter(({ label }) => label.toLowerCase() === text);
    const found = new Set(called.map(({ id }) => id));
    if (called.length === 0 && BEGINNING.test(text)) {
      for (const each of await chains()) {
        const first = Object.values(network.facts.chains).find(
          ({ deployment }) => deployment.chainId === each.deployment.chainId,
        );
        for (const id of await recordsThatBegin(each, text, first?.fromBlock ?? 0)) found.add(id);
      }
    }
    const [one, ...others] = found;
    if (one !== undefined && others.length === 0) return one;
    throw one === undefined
      ? new MedexError("INPUT_INVALID", "no record is known by that: ask the patient for a link")
      : new MedexError("NAME_AMBIGUOUS", "that may be several records: ask the patient for a link");
  }

  return {
    /** @param reference an id, its beginning, or what the record is called here */
    async ask(reference: string, title: string | undefined, purpose: string) {
      const recordId = await recordOf(reference);
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
      return { document, withheld, format: inspectFormat(document).format };
    },

    async acknowledge(requestId: Hex32, acknowledgement: "Opened" | "Disputed") {
      using user = await throughRequest(requestId);
      await user.acknowledge(requestId, acknowledgement);
    },

    close() {
      keys.pre.privateKey.fill(0);
      keys.bfv.secretKey.fill(0);
      keys.kem?.seed.fill(0);
    },
  };
}
