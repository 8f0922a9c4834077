/** A thread with the embedded IPFS and Tangle nodes, so that what they compute is not counted as their client's. */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { startIpfsServer } from "../../devnet/ipfs/index.ts";
import { startTangleServer } from "../../devnet/tangle/index.ts";

const { directory } = z.object({ directory: z.string() }).parse(workerData);
const [ipfs, tangle] = await Promise.all([
  startIpfsServer({ directory: `${directory}/ipfs` }),
  startTangleServer({ directory: `${directory}/tangle` }),
]);

parentPort?.once("message", async () => {
  await Promise.all([ipfs.close(), tangle.close()]);
  parentPort?.close();
});
parentPort?.postMessage({ ipfs: ipfs.url, tangle: tangle.url });
