import { setTimeout as sleep } from "node:timers/promises";
import { fromHex32, type Hex32 } from "@medexchain/chain";
import type { Cast } from "@medexchain/devnet/cast";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { parseSealedReKey } from "@medexchain/pre";
import { type Printer, shortId } from "./printer.ts";

/** Milliseconds after which a partial counts as withheld, once as many are out as must be. */
const PATIENCE = 2_000;
/** Milliseconds after which too few partials are out for good. */
const LONGEST = 30_000;

/** Says who signed that its part of a re-encryption is out, and whose is: who signed and published nothing has lied. */
export async function showPartials(
  { chainA, store }: Pick<Cast, "chainA" | "store">,
  { requestId, sealedRekey }: { readonly requestId: Hex32; readonly sealedRekey: Hex32 },
  print: Printer,
  signal: AbortSignal,
): Promise<void> {
  const { grants } = chainA;
  const [event] = await grants.queryFilter(grants.filters.ReEncrypted(requestId));
  const signers = event?.args.signers ?? 0n;
  const { indices, digests, threshold } = parseSealedReKey(await store.get(fromHex32(sealedRekey)));
  const started = performance.now();
  const out = new Set<number>();
  for (;;) {
    signal.throwIfAborted();
    for (const [at, index] of indices.entries()) {
      if (!out.has(index) && (await isOut(store, digests[at] ?? new Uint8Array()))) out.add(index);
    }
    const waited = performance.now() - started;
    if (out.size === indices.length || (out.size >= threshold && waited > PATIENCE)) break;
    if (waited > LONGEST) throw new Error(`the demo went wrong: only ${out.size} of ${threshold} partials are out`);
    await sleep(100);
  }
  for (const [at, index] of indices.entries()) {
    const signed = (signers >> BigInt(index)) & 1n;
    const where = `0x${Buffer.from(digests[at] ?? []).toString("hex")}` as const;
    const found = out.has(index) ? `out, ${shortId(where)} on IPFS` : "withheld: nobody finds it, and nobody needs it";
    print.fact(`  partial of relayer ${index}`, signed ? `${found}; its signature granted the request` : found);
  }
  const withheld = indices.filter((index) => !out.has(index));
  if (withheld.length > 0)
    print.pass(`relayer ${withheld.join(", ")} lies; the doctor opens with the other ${out.size}`);
}

async function isOut(store: ContentStore, digest: Uint8Array): Promise<boolean> {
  const signal = AbortSignal.timeout(1_000);
  return store.get(digest, { maxBytes: CONTENT_LIMITS.partial, signal }).then(
    () => true,
    () => false,
  );
}
