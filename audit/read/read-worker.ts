/** Reads one chain in a thread of its own, with its own connection to the store. `read-apart.ts` starts it. */
import { parentPort, workerData } from "node:worker_threads";
import { MedexError } from "../../offchain/errors.ts";
import { openStore, type Store } from "../store/store.ts";
import { nodeClient } from "./node-client.ts";
import type { Told, WorkerTask } from "./read-apart.ts";
import { readChain } from "./read-chain.ts";

// Nothing else starts it.
const { directory, sources, position } = workerData as WorkerTask;
const source = sources[position];
if (!source) throw new RangeError(`no chain ${position} of ${sources.length}`);
const tell = (told: Told) => parentPort?.postMessage(told);

const { deployment, witnessUrl } = source;
let store: Store | undefined;
try {
  store = openStore(directory, sources);
  const head = await readChain({
    store,
    source,
    node: nodeClient(deployment),
    ...(witnessUrl !== undefined && { witness: nodeClient({ ...deployment, rpcUrl: witnessUrl }) }),
    report: (finding) => tell({ kind: "finding", finding }),
    observe: (progress) => tell({ kind: "progress", progress }),
  });
  tell({ kind: "end", head });
} catch (error) {
  // An error of another kind ends the thread, and comes to its owner so.
  if (!(error instanceof MedexError)) throw error;
  const { code, message, cause } = error;
  tell({ kind: "error", code, message, cause: cause === undefined ? undefined : String(cause) });
} finally {
  store?.close();
}
