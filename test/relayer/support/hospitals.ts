/** The world on two chains with IPFS, where the patient has a record: all real, nothing relayed yet. */

import { firewallSources } from "@medexchain/actors";
import { fromHex32, type Hex32, recordIdOf, toHex32, transact } from "@medexchain/chain";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import { encodeRelayerKey, type FirewallSources, relayerKeyPairOf, type SignedOff } from "@medexchain/pre";
import type { Signer, Wallet } from "ethers";
import type { LanePolicy } from "../../../devnet/chains.ts";
import { startIpfsServer } from "../../../devnet/ipfs/index.ts";
import { grant, makeWorld, type Published, publish, type World } from "../../world/crypto.ts";
import { drawFor } from "../../world/seed.ts";
import {
  type FiledRequest,
  type RequestOptions as SignedRequestOptions,
  startTwoChains,
  type TwoChains,
  type TwoChainsUrls,
} from "../../world/two-chains.ts";
import { temporaryDirectory } from "./directory.ts";

export interface RequestOptions extends Partial<SignedRequestOptions> {
  /** Awaited between signing and filing. */
  readonly hold?: () => Promise<void>;
}

export interface Hospitals extends Omit<TwoChains, "signedRequest" | "enrol"> {
  readonly ipfsUrl: string;
  readonly store: ContentStore;
  readonly relayer: Wallet;
  /** As many as were asked for, the first of them `relayer`. */
  readonly relayers: readonly Wallet[];
  /** The seeds of the relayers' own keys, by address; their keys are set on both chains. */
  readonly sealingKeys: ReadonlyMap<string, Uint8Array>;
  readonly world: World;
  readonly record: Published;
  /** A funded account that has sent nothing, connected to chain B; it keeps no nonce of its own. */
  readonly submitterB: Signer;
  /** Signs a request for the record, which expires `lifetime` seconds from now by chain B's time. */
  signedRequest(options?: RequestOptions): Promise<FiledRequest>;
  /** Files a signed request on chain B. */
  fileSigned(filed: FiledRequest): Promise<void>;
  /** Signs a request and files it on chain B. */
  file(options?: RequestOptions): Promise<FiledRequest>;
  /** Has the firewall seal a key of a request to the relayers of now, and publishes what it seals, as it is or changed. */
  seal(requestId: Hex32, change?: (signedOff: SignedOff, epoch: bigint) => Omit<SignedOff, "dealt">): Promise<Hex32>;
  /** Lets the patient grant a request that arrived on chain A. */
  authorize(requestId: Hex32, sealedRekey?: Hex32): Promise<void>;
  /** Lets the patient seal an approval anew, to the relayers of now. */
  reseal(requestId: Hex32): Promise<void>;
  /** Gives the doctor a new certificate on chain B. */
  renewDoctor(serial: bigint): Promise<void>;
}

/** @param options how many relayers there are, three at most, and how many of them must attest; one where that is not said. What of lanes is believed; and where chains run already */
export async function startHospitals({
  relayers: count = 1,
  threshold = 1,
  lanes = "attested" as LanePolicy,
  urls = [undefined, undefined] as TwoChainsUrls,
} = {}): Promise<Hospitals> {
  await using stack = new AsyncDisposableStack();
  // The firewall is told where the chain is when there is one.
  const sources = Promise.withResolvers<FirewallSources>();
  const world = await makeWorld("world", {
    sources: {
      relayers: async () => (await sources.promise).relayers(),
      capsule: async (recordId) => (await sources.promise).capsule(recordId),
    },
  });
  const { people } = world;
  const [relayer] = people.relayers;
  const sealingKey = toHex32(new Uint8Array(32).fill(1)); // of the suite, for requests of before relayers had their own
  const others = people.relayers.slice(1, count);
  const chains = stack.use(
    await startTwoChains({ relayers: [relayer, ...others], threshold, sealingKey, lanes, urls }),
  );
  const { path: directory } = stack.use(await temporaryDirectory());
  const ipfs = await startIpfsServer({ directory });
  stack.defer(() => ipfs.close());
  const store = createContentStore({ url: ipfs.url });
  sources.resolve(firewallSources(chains.chainA, store));
  const draw = drawFor("world");
  const sealingKeys = new Map<string, Uint8Array>();
  for (const wallet of [relayer, ...others]) {
    const { seed, publicKey } = await relayerKeyPairOf(draw(`sealing key of ${wallet.address}`)(32));
    sealingKeys.set(wallet.address, seed);
    const digest = toHex32((await store.put(encodeRelayerKey(publicKey))).digest);
    for (const chain of [chains.chainA, chains.chainB]) {
      await transact(chain, () => chain.as(wallet.connect(chain.provider)).relayers.setSealingKey(digest));
    }
  }

  const digest = () => toHex32(world.random(32));
  const owner = people.patient.memberId;
  const salt = digest();
  const recordId = recordIdOf(owner, salt);
  const record = await publish(world, undefined, fromHex32(recordId));
  const capsule = toHex32((await store.put(record.capsule)).digest);
  const fragments = { publicFragment: digest(), privateFragment: digest() };
  const patient = chains.as(chains.chainA, "patient");
  await (await patient.records.anchor({ owner, salt, capsule, ...fragments, maxAccessCount: 1_000 })).wait();

  const signedRequest: Hospitals["signedRequest"] = ({ hold: _, ...options } = {}) =>
    chains.signedRequest({ recordId, ...options });
  const fileSigned: Hospitals["fileSigned"] = async ({ request, signature }) => {
    const { requests } = chains.as(chains.chainB, "doctor");
    await (await requests.request(request, signature)).wait();
  };
  const seal: Hospitals["seal"] = async (requestId, change = (signedOff) => signedOff) => {
    const epoch = await chains.chainA.relayers.epoch();
    const { sealedReKey, shares } = change(await grant(world, record, fromHex32(requestId), epoch), epoch);
    await store.put(shares);
    return toHex32((await store.put(sealedReKey)).digest);
  };
  const running = stack.move();
  return {
    ...chains,
    ipfsUrl: ipfs.url,
    store,
    relayer,
    relayers: [relayer, ...others],
    sealingKeys,
    seal,
    world,
    record,
    submitterB: people.stranger.connect(chains.chainB.provider),
    signedRequest,
    fileSigned,
    file: async (options) => {
      const filed = await signedRequest(options);
      await options?.hold?.();
      await fileSigned(filed);
      return filed;
    },
    authorize: async (requestId, sealedRekey) => {
      const sealed = sealedRekey ?? (await seal(requestId));
      const epoch = await chains.chainA.relayers.epoch();
      await (await patient.grants.authorize(requestId, sealed, digest(), epoch)).wait();
    },
    reseal: async (requestId) => {
      const epoch = await chains.chainA.relayers.epoch();
      await (await patient.grants.reseal(requestId, await seal(requestId), epoch)).wait();
    },
    renewDoctor: async (serial) => {
      await chains.enrol(people.doctor, { account: people.doctor.account.address, serial });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
