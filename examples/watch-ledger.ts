/**
 * Prints every decision of a chain's access ledger: those there are, and then each new one.
 *
 *   node watch-ledger.ts                 until it is interrupted
 *   node watch-ledger.ts chainA 2        until it has seen two
 */
import { connectChain, decisionOf } from "@medexchain/chain";
import { readChains } from "@medexchain/config";
import { CONFIGURATION } from "./network.ts";

const [name = "chainA", count = "Infinity"] = process.argv.slice(2);
const entry = (await readChains(CONFIGURATION))[name];
if (entry === undefined) throw new Error(`${CONFIGURATION} names no chain ${name}`);

const chain = await connectChain(entry.deployment);
const { ledger, provider } = chain;
let seen = 0;
for (let next = entry.fromBlock; seen < Number(count); ) {
  // Blocks that may still be replaced are left for later, and nodes answer for so many blocks at a time.
  const newest = (await provider.getBlockNumber()) - entry.confirmations;
  if (newest < next) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    continue;
  }
  const last = Math.min(newest, next + 999);
  for (const { args, blockNumber } of await ledger.queryFilter(ledger.filters.AccessLogged(), next, last)) {
    const { index, requestId, entry: logged } = args;
    const counts = `record ${logged.recordCount}/${logged.recordLimit}, hospital ${logged.hospitalCount}/${logged.hospitalLimit}`;
    console.log(`#${index} block ${blockNumber} ${decisionOf(logged.decision)} (${counts}) ${requestId}`);
    seen += 1;
  }
  next = last + 1;
}
chain.close();
