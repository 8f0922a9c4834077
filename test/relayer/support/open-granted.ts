import { fromHex32, type Hex32, hex32 } from "@medexchain/chain";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { openCapsuleByPartials, type Partial, parsePartial, parseSealedReKey } from "@medexchain/pre";
import type { Hospitals } from "./hospitals.ts";

/** Which relayers' partials of a granted request are out, by index. */
export async function partialsOut({ chainA, store }: Hospitals, requestId: Hex32): Promise<Partial[]> {
  const { reEncryption } = await chainA.grants.responseOf(requestId);
  const sealed = parseSealedReKey(await store.get(fromHex32(hex32(reEncryption))));
  const found = await Promise.allSettled(
    sealed.digests.map(async (digest) => parsePartial(await store.get(digest, { maxBytes: CONTENT_LIMITS.partial }))),
  );
  return found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

/** Opens a granted request as the doctor does, with partials as many as must be. */
export async function openGranted(
  hospitals: Hospitals,
  requestId: Hex32,
  partials?: readonly Partial[],
): Promise<Uint8Array> {
  const { chainA, store, record, world } = hospitals;
  const { reEncryption } = await chainA.grants.responseOf(requestId);
  const { C3, C4, threshold } = parseSealedReKey(await store.get(fromHex32(hex32(reEncryption))));
  const out = partials ?? (await partialsOut(hospitals, requestId));
  const input = { C3, C4, partials: out.slice(0, threshold), privateKey: world.userKey };
  return openCapsuleByPartials(record.capsule, record, input).payload;
}
