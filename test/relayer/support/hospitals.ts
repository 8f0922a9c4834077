/** The world on two chains with IPFS, where the patient has a record: all real, nothing relayed yet. */
import { fromHex32, type Hex32, recordIdOf, toHex32 } from "@medexchain/chain";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import type { Signer, Wallet } from "ethers";
import { startIpfsServer } from "../../../devnet/ipfs/index.ts";
import { grant, makeWorld, type Published, publish, type World } from "../../world/crypto.ts";
import {
  type FiledRequest,
  type RequestOptions as SignedRequestOptions,
  startTwoChains,
  type TwoChains,
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
  /** Lets the patient grant a request that arrived on chain A. */
  authorize(requestId: Hex32, sealedRekey?: Hex32): Promise<void>;
  /** Gives the doctor a new certificate on chain B. */
  renewDoctor(serial: bigint): Promise<void>;
}

/** @param options how many relayers there are, three at most, and how many of them must attest; one where that is not said */
export async function startHospitals({ relayers: count = 1, threshold = 1 } = {}): Promise<Hospitals> {
  await using stack = new AsyncDisposableStack();
  const world = await makeWorld();
  const { people } = world;
  const [relayer] = people.relayers;
  const sealingKey = toHex32(world.sealing.publicKey);
  const others = people.relayers.slice(1, count);
  const chains = stack.use(await startTwoChains({ relayers: [relayer, ...others], threshold, sealingKey }));
  const { path: directory } = stack.use(await temporaryDirectory());
  const ipfs = await startIpfsServer({ directory });
  stack.defer(() => ipfs.close());
  const store = createContentStore({ url: ipfs.url });

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
  const running = stack.move();
  return {
    ...chains,
    ipfsUrl: ipfs.url,
    store,
    relayer,
    relayers: [relayer, ...others],
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
      const sealed = sealedRekey ?? toHex32((await store.put(await grant(world, record, fromHex32(requestId)))).digest);
      await (await patient.grants.authorize(requestId, sealed, digest())).wait();
    },
    renewDoctor: async (serial) => {
      await chains.enrol(people.doctor, { account: people.doctor.account.address, serial });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
