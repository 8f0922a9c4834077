/** What the chains name by digest, against what IPFS, the Tangle and an owner's folder hold. */

import { type FragmentStore, verifyFragment } from "@medexchain/actors";
import { type Hex32, ZERO_32 } from "@medexchain/chain";
import { createSha256, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import type { TangleClient } from "@medexchain/tangle";
import { type FindingPlace, finding } from "../finding.ts";
import { eventLogs, hexWord, intWord, placeOf, type StoredLog, toHex } from "../store/stored-log.ts";
import { MEANING } from "./content-findings.ts";
import type { VerifyContext } from "./context.ts";

export interface StorageServices {
  readonly store?: ContentStore;
  readonly tangle?: TangleClient;
  /** An owner's encrypted private fragments. */
  readonly fragments?: FragmentStore;
  /** Whether the partials of every grant, and what relayers dispute, are fetched and computed again; it takes pairings. */
  readonly partials?: boolean;
}

/** Fetches that run at once: they wait on the network. */
const AT_ONCE = 8;

interface Item {
  readonly kind: "content" | "block";
  /** A long fragment is a list of documents: all of them are fetched. */
  readonly isFragment?: boolean;
  readonly what: string;
  /** Of content, in bytes. */
  readonly maxBytes?: number;
  readonly digest: Hex32;
  readonly where: FindingPlace;
}

/** Fetches and hashes everything that is named. A service that is not given leaves its part unchecked, with a finding. */
export async function checkStorage(context: VerifyContext, services: StorageServices): Promise<void> {
  const given = { content: services.store, block: services.tangle };
  for (const [kind, name] of [
    ["content", "IPFS node"],
    ["block", "Tangle node"],
  ] as const) {
    if (given[kind]) continue;
    context.report(
      finding({
        code: "CHECK_NOT_DONE",
        message: `no ${name} is configured to fetch from`,
        where: {},
        expected: "its URL",
        found: "none",
      }),
    );
  }
  const waiting: Item[] = [];
  const flush = async () => {
    await context.signatures.pace();
    await Promise.all(waiting.splice(0).map((item) => checkItem(context, services, item)));
  };
  for (const log of eventLogs(context.store, ["RecordAnchored", "ReEncryptionRequested", "ResponseReady"])) {
    for (const item of itemsOf(log)) {
      if (!given[item.kind]) continue;
      waiting.push(item);
      if (waiting.length >= AT_ONCE) await flush();
    }
  }
  await flush();
  if (services.partials && services.store) await (await import("./partials.ts")).checkPartials(context, services.store);
  if (services.fragments) await checkFragments(context, services.fragments);
}

function itemsOf(log: StoredLog): Item[] {
  const { data } = log;
  if (log.event === "RecordAnchored") {
    const where = { ...placeOf(log), recordId: hexWord(log.topics, 1) };
    return [
      content("a capsule", "capsule", hexWord(data, 0), where),
      { ...content("a public fragment", "fragment", hexWord(data, 1), where), isFragment: true },
    ];
  }
  const where = { ...placeOf(log), requestId: hexWord(log.topics, 2) };
  if (log.event === "ReEncryptionRequested") {
    return [content("a sealed re-encryption key", "sealedReKey", hexWord(data, 0), where)];
  }
  if (intWord(data, 1) !== 1n) return []; // only a grant names anything, beside the key that is fetched already
  return [{ kind: "block", what: "the channel head of a private fragment", digest: hexWord(data, 5), where }];
}

function content(what: string, kind: keyof typeof CONTENT_LIMITS, digest: Hex32, where: FindingPlace): Item {
  return { kind: "content", what, maxBytes: CONTENT_LIMITS[kind], digest, where };
}

async function checkItem({ report }: VerifyContext, { store, tangle }: StorageServices, item: Item): Promise<void> {
  const { kind, what, digest, where, maxBytes, isFragment = false } = item;
  if (digest === ZERO_32)
    return report(
      finding({ code: "CONTENT_MISSING", message: `${what} is not named`, where, expected: "a digest", found: digest }),
    );
  try {
    const hash = Buffer.from(digest.slice(2), "hex");
    if (kind === "block") await tangle?.fetch(digest);
    else if (store && isFragment) await verifyFragment(store, hash);
    else await store?.verify(hash, maxBytes === undefined ? {} : { maxBytes });
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    const code = MEANING[error.code] ?? "CHECK_NOT_DONE";
    report(
      finding({
        code,
        message: `${what} cannot be fetched as it was published`,
        where,
        expected: digest,
        found: error.message,
      }),
    );
  }
}

/** An owner's folder: all records of the owners whose fragments are in it. */
async function checkFragments({ store, report }: VerifyContext, fragments: FragmentStore): Promise<void> {
  const held = new Set(await fragments.list());
  const owners = new Set<string>();
  const anchored = [...eventLogs(store, ["RecordAnchored"])].map((log) => ({
    log,
    recordId: hexWord(log.topics, 1),
    owner: hexWord(log.topics, 2),
  }));
  for (const { recordId, owner } of anchored) if (held.has(recordId)) owners.add(owner);
  for (const { log, recordId, owner } of anchored) {
    if (!owners.has(owner)) continue;
    const where = { ...placeOf(log), recordId };
    const digest = hexWord(log.data, 2);
    if (!held.has(recordId)) {
      report(
        finding({
          code: "CONTENT_MISSING",
          message: "a private fragment is not in the owner's folder",
          where,
          expected: digest,
          found: "none",
        }),
      );
      continue;
    }
    const hash = createSha256();
    for await (const bytes of fragments.read(recordId)) hash.update(bytes);
    const found = toHex(hash.digest());
    if (found !== digest)
      report(
        finding({
          code: "CONTENT_ALTERED",
          message: "a private fragment is not what was anchored",
          where,
          expected: digest,
          found,
        }),
      );
  }
}
