/**
 * Relayers with databases of their own, asked over HTTP for what they attested. Nothing that one of them answers is believed: an attestation
 * counts by its signature alone. One that is slow, or answers wrongly, is left alone for a while, and holds up nobody.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { MedexError } from "@medexchain/core";
import type { AttestedDigest, StoredAttestation } from "../database/attestations.ts";
import { signerOf } from "../handle/signer-of.ts";
import type { AttestationsAnswer } from "../http/attestations.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import { readAnswer } from "./read-answer.ts";

/** How long one answer may take. */
const TIMEOUT_MS = 2_000;
/** How long a peer that failed is left alone. */
const REST_MS = 2_000;
/** One that has not attested yet is asked again after this time, which doubles up to the longest. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** Questions to one peer at once. */
const AT_ONCE = 16;

/** Asks peers for attestations of one digest, until it is disposed of. */
export interface Asking extends Disposable {
  /** What was given so far, each by who signed it. The shares are not verified: two of one relayer may contradict each other. */
  given(): readonly StoredAttestation[];
}

export interface Peers {
  ask(of: AttestedDigest): Asking;
  /** Asks each peer once for all that it attested about a request, whatever that was. Nothing of it is verified; a peer that fails gives nothing. */
  tell(about: Pick<AttestedDigest, "chainId" | "requestId">): Promise<readonly ToldAttestation[]>;
}

/** What a peer says that it attested. */
export type ToldAttestation = AttestationsAnswer["attestations"][number];

/** For a relayer that has no peers. */
export const NO_PEERS: Peers = {
  ask: () => ({ given: () => [], [Symbol.dispose]: () => undefined }),
  tell: async () => [],
};

/** One peer, and how it does. */
interface Peer {
  readonly url: string;
  asked: number;
  /** By `performance.now`. */
  restsUntil: number;
}

/** @param urls of their HTTP; what fails is told to the observer, under `peers` */
export function createPeers(urls: readonly string[], observe: Observer): Peers {
  const peers = urls.map((url): Peer => ({ url, asked: 0, restsUntil: 0 }));
  const failed = (peer: Peer, error: unknown): void => {
    peer.restsUntil = performance.now() + REST_MS;
    const { code, message } = failureOf(error);
    observe({ type: "failed", where: "peers", code, message });
  };
  return {
    ask: (of) => {
      const ended = new AbortController();
      const given = new Map<string, StoredAttestation>();
      const take = (attestation: StoredAttestation): void => {
        given.set(`${attestation.relayer} ${attestation.share}`, attestation);
      };
      for (const peer of peers) {
        void askUntilGiven(peer, of, ended.signal, take, failed).catch((error) => failed(peer, error));
      }
      return { given: () => [...given.values()], [Symbol.dispose]: () => ended.abort() };
    },
    tell: async (about) => {
      const told = peers.map(async (peer) => {
        try {
          return await toldBy(peer, about, new AbortController().signal);
        } catch (error) {
          failed(peer, error);
          return [];
        }
      });
      return (await Promise.all(told)).flat();
    },
  };
}

async function askUntilGiven(
  peer: Peer,
  of: AttestedDigest,
  ended: AbortSignal,
  take: (attestation: StoredAttestation) => void,
  failed: (peer: Peer, error: unknown) => void,
): Promise<void> {
  for (let wait = FIRST_WAIT_MS; !ended.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    if (peer.asked < AT_ONCE && performance.now() >= peer.restsUntil) {
      peer.asked += 1;
      try {
        const found = await askOnce(peer, of, ended);
        for (const attestation of found) take(attestation);
        if (found.length > 0) return;
      } catch (error) {
        if (ended.aborted) return;
        failed(peer, error);
      } finally {
        peer.asked -= 1;
      }
    }
    // The pause rejects when it is cut short, which is how the asking ends.
    await sleep(wait, undefined, { signal: ended }).catch(() => undefined);
  }
}

/** @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL */
async function toldBy(
  { url }: Peer,
  about: Pick<AttestedDigest, "chainId" | "requestId">,
  ended: AbortSignal,
): Promise<ToldAttestation[]> {
  const tooLong = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return (await readAnswer(url, about, AbortSignal.any([ended, tooLong]))).attestations;
  } catch (error) {
    if (ended.aborted || !tooLong.aborted) throw error;
    const message = `the peer at ${new URL(url).origin} took more than ${TIMEOUT_MS} ms to answer`;
    throw new MedexError("SERVICE_UNREACHABLE", message);
  }
}

/** @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL */
async function askOnce(peer: Peer, of: AttestedDigest, ended: AbortSignal): Promise<StoredAttestation[]> {
  const { url } = peer;
  // It may have attested under other terms before, or see another thing now.
  const ofThis = (await toldBy(peer, of, ended)).filter(({ digest }) => digest === of.digest);
  return ofThis.map(({ relayer, signature, share }) => {
    const signer = signerOf(of.digest, signature);
    if (signer?.toLowerCase() === relayer.toLowerCase())
      return { relayer: signer, signature, share: share ?? undefined };
    const message = `the peer at ${new URL(url).origin} gives a signature about request ${of.requestId} that is not ${relayer}'s; ask its operator`;
    throw new MedexError("SERVICE_PROTOCOL", message);
  });
}
