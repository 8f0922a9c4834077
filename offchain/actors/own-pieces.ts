/** An owner's own record, in the clear, on the owner's device. */
import { openDecryptor } from "@medexchain/bfv";
import { findRecord, fromHex32, type Hex32 } from "@medexchain/chain";
import type { SplitDocument } from "@medexchain/sfe";
import { decryptParts, fetchFragment, readFragment } from "./fragment-parts.ts";
import { createPieceCursor } from "./open-record.ts";
import { openOwnFragment } from "./own-fragment.ts";
import type { Owner } from "./owner.ts";
import { openOwnRecord } from "./prepare-approval.ts";
import { headsOf, type RecordSecrets } from "./record-secrets.ts";

/** What the record's capsule holds. */
export async function openOwnSecrets(owner: Owner, recordId: Hex32): Promise<RecordSecrets> {
  const { privateKey, m, secrets } = await openOwnRecord(owner, recordId);
  privateKey.fill(0);
  m.fill(0);
  return secrets;
}

/** A record's pieces as they were published, in the clear. */
export async function* ownPieces(
  owner: Owner,
  recordId: Hex32,
  secrets: RecordSecrets,
): AsyncGenerator<SplitDocument, void, undefined> {
  const { chain, store, fragmentStore } = owner;
  const { publicFragment: digest } = await findRecord(chain, recordId);
  const heads = headsOf(secrets);
  const key = owner.fragmentKeyOf(recordId);
  using publicDecryptor = await openDecryptor(secrets.profile, secrets.secretKey);
  using privateDecryptor = await openOwnFragment(secrets.profile, key, secrets.secretKey).finally(() => key.fill(0));
  const shown = createPieceCursor(decryptParts(publicDecryptor, fetchFragment(store, fromHex32(digest)), heads.count));
  const hidden = createPieceCursor(
    decryptParts(privateDecryptor, readFragment(fragmentStore.read(recordId)), heads.count),
  );
  const none = { features: [] };
  let piece = 0;
  for (const head of heads) {
    const publicFragment = (await shown.take(piece)) ?? none;
    const privateFragment = (await hidden.take(piece)) ?? none;
    piece += 1;
    yield { head, publicFragment, privateFragment };
  }
  await shown.end();
  await hidden.end();
}
