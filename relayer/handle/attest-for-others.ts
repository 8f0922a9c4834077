import { requestStateOf } from "@medexchain/chain";
import { chainOf } from "../chains/relay-chain.ts";
import { unattestedJobs } from "../database/attestations.ts";
import { readJobs } from "../database/jobs.ts";
import { failureOf } from "../observe/failure.ts";
import { laneProofs } from "../prove/lane-proofs.ts";
import { isOwnPart, isPoison } from "../queue/verdict.ts";
import { grantOf } from "../rpc/views.ts";
import { attest, quorumOf, termsOf } from "./attest.ts";
import type { HandlerContext } from "./context.ts";
import { responseFor } from "./deliver-response.ts";
import { reEncryptionFor } from "./re-encrypt.ts";

/**
 * Attests what other relayers are about to send, where a chain wants several attestations, and publishes this relayer's part of re-encryptions
 * that were done without it. A job that cannot be attested now, or need not be, is left to whoever does it, and not looked at again by
 * this process.
 *
 * @param seen keys of jobs that were looked at, in these epochs
 */
export async function attestForOthers(context: HandlerContext, seen: Set<string>): Promise<void> {
  const quorums = await Promise.all(
    [...context.chains].map(async ([chainId, chain]) => [chainId, await quorumOf(chain)] as const),
  );
  if (quorums.every(([, { threshold }]) => threshold <= 1)) return;
  const { database, account } = context;
  const epochs = new Map(quorums.map(([chainId, { epoch }]) => [chainId, epoch]));
  // What was attested in an epoch that has ended is attested again in the next.
  const now = `epochs ${[...epochs].join(" ")}`;
  if (!seen.has(now)) seen.clear();
  seen.add(now);
  const keys = await unattestedJobs(database, account.address, epochs, [...seen]);
  for (const job of await readJobs(database, keys)) {
    seen.add(job.key);
    try {
      const here = chainOf(context.chains, job.chainId);
      const { state, sourceChainId } = await grantOf(here.chain, job.requestId);
      const verifier = job.kind === "re-encrypt" ? here : chainOf(context.chains, sourceChainId);
      if ((await quorumOf(verifier)).threshold <= 1) continue;
      // Where a proof is enough, nobody is asked.
      if (job.kind === "deliver-response" && (await laneProofs(verifier, job.chainId)).policy === "proven") continue;
      // Where several re-encrypt, each publishes its part, also when those of others have sufficed: they may lie.
      if (job.kind === "re-encrypt" && !["Authorized", "Granted"].includes(requestStateOf(state))) continue;
      const { statement } =
        job.kind === "re-encrypt"
          ? await reEncryptionFor(context, job)
          : await responseFor(context, job, sourceChainId);
      await attest(database, statement, await termsOf(verifier, statement));
    } catch (error) {
      const { code, message } = failureOf(error);
      if (!isPoison(error) && !isOwnPart(error)) seen.delete(job.key);
      context.observe({ type: "failed", where: "attest", code, message });
    }
  }
  // Jobs end; what was seen of them need not be remembered for ever.
  if (seen.size > 10_000) seen.clear();
}
