import { type Chain, connectChain } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ReadOptions } from "../access-history.ts";
import type { Report } from "../finding.ts";
import { type KeptState, keptState } from "../store/kept-state.ts";
import { indexStore, openStore, type Store, storePath } from "../store/store.ts";
import { keptCheckpoints } from "../verify/checkpoints.ts";
import { type NodeClient, nodeClient } from "./node-client.ts";
import { type ReadHead, readChain } from "./read-chain.ts";

/** The chains that are audited, connected, and the store that has them up to `heads`. */
export interface ReadChains extends AsyncDisposable {
  readonly store: Store;
  /** What earlier runs proved of it. What it is when all is closed, the next run finds. */
  readonly kept: KeptState;
  readonly chains: ReadonlyMap<bigint, ReadSource>;
}

export interface ReadSource {
  readonly chain: Chain;
  readonly node: NodeClient;
  readonly witness: NodeClient | undefined;
  /** The second node, as `chain` is the first. */
  readonly witnessChain: Chain | undefined;
  /** Undefined where nothing could be read. */
  readonly head: ReadHead | undefined;
}

/**
 * Connects to the chains and brings the store up to date with them, all at once.
 *
 * @param report takes what is wrong with what nodes say; a chain is read up to there
 * @throws CONFIG_INVALID, CHAIN_MISMATCH, SERVICE_UNREACHABLE, SERVICE_PROTOCOL, INPUT_INVALID; the signal's reason
 */
export async function readChains(options: ReadOptions, report: Report): Promise<ReadChains> {
  const { sources, directory, observe, signal } = options;
  const ids = sources.map(({ deployment }) => deployment.chainId);
  if (ids.length === 0 || new Set(ids).size !== ids.length) {
    throw new MedexError(
      "CONFIG_INVALID",
      "audit: name each chain once: two networks of the configuration have one chain id, or none is given",
    );
  }
  await using stack = new AsyncDisposableStack();
  const kept = keptState(directory, storePath(directory, sources));
  const store = openStore(directory, sources);
  stack.defer(() => {
    store.close();
    kept.write();
  });
  const chains = new Map<bigint, ReadSource>();
  const connected = await Promise.all(
    sources.map(async (source) => {
      const chain = stack.adopt(await connectChain(source.deployment), (open) => open.close());
      const node = nodeClient(source.deployment, signal);
      if (source.witnessUrl === undefined) return { source, chain, node, witness: undefined, witnessChain: undefined };
      const deployment = { ...source.deployment, rpcUrl: source.witnessUrl };
      const witnessChain = stack.adopt(await connectChain(deployment), (open) => open.close());
      return { source, chain, node, witness: nodeClient(deployment, signal), witnessChain };
    }),
  );
  let isWrong = false;
  const read = ({ source, node, witness }: (typeof connected)[number], until?: number) =>
    readChain({
      store,
      source,
      node,
      ...(witness && { witness }),
      report(found) {
        isWrong = true;
        report(found);
      },
      ...(until !== undefined && { until }),
      ...(observe && { observe }),
      ...(signal && { signal }),
    });
  const heads = await Promise.all(connected.map((one) => read(one)));
  indexStore(store);
  const deployments = new Map(sources.map(({ deployment }) => [deployment.chainId, deployment]));
  const checkpoints = keptCheckpoints({ store, deployments });
  for (const [position, one] of isWrong ? [] : connected.entries()) {
    // While the other chain was read, this one may have gone on, and the other have told of that. A node that cannot show it is behind. It is
    // read up to what was told, not further: what comes after may tell in turn of what the other was not read up to.
    const head = heads[position];
    const told = (checkpoints.get(one.source.deployment.chainId) ?? []).reduce(
      (most, { blockNumber }) => Math.max(most, Number(blockNumber)),
      0,
    );
    if (head && told > head.block) heads[position] = await read(one, told);
  }
  for (const [position, { source, ...nodes }] of connected.entries()) {
    chains.set(source.deployment.chainId, { ...nodes, head: heads[position] });
  }
  const open = stack.move();
  return { store, kept, chains, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
