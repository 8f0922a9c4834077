import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { FsBlockstore } from "blockstore-fs";
import { base58btc } from "multiformats/bases/base58";
import { CID } from "multiformats/cid";
import { identity } from "multiformats/hashes/identity";
import { z } from "zod";
import { KuboError } from "./kubo-error.ts";
import { linksOf } from "./links.ts";

export type PinType = "recursive" | "direct";

const pinsFile = z.record(z.string(), z.enum(["recursive", "direct"]));

/** Protobuf of libp2p's PublicKey message, up to the 32 key bytes: type Ed25519, then the length. */
const LIBP2P_ED25519 = new Uint8Array([0x08, 0x01, 0x12, 0x20]);

/** Blocks, pins and peer id under one directory. Blocks are filed by multihash, as Kubo files them. */
export class Repository {
  readonly directory: string;
  /** Base58 libp2p peer id, the same at every start. */
  readonly peerId: string;
  readonly blocks: FsBlockstore;
  #pins: Map<string, PinType>;
  #saving: Promise<void> = Promise.resolve();
  /** A save that has not started, and so will hold what is changed until then. */
  #nextSave: Promise<void> | undefined;

  private constructor(directory: string, blocks: FsBlockstore, pins: Map<string, PinType>, peerId: string) {
    this.directory = directory;
    this.blocks = blocks;
    this.#pins = pins;
    this.peerId = peerId;
  }

  /** Opens the repository, made if it is not there. */
  static async open(directory: string): Promise<Repository> {
    await mkdir(directory, { recursive: true });
    const blocks = new FsBlockstore(join(directory, "blocks"));
    await blocks.open();
    const saved = await readIfPresent(join(directory, "pins.json"));
    const pins = saved === undefined ? {} : pinsFile.parse(JSON.parse(saved.toString("utf8")));
    return new Repository(directory, blocks, new Map(Object.entries(pins)), await loadPeerId(directory));
  }

  async close(): Promise<void> {
    await this.#saving;
    await this.blocks.close();
  }

  async has(cid: CID): Promise<boolean> {
    return await this.blocks.has(cid);
  }

  /** The bytes of a local block. Nothing is searched elsewhere. */
  async get(cid: CID): Promise<Uint8Array> {
    if (!(await this.blocks.has(cid))) {
      throw new KuboError(500, `block was not found locally (offline): ipld: could not find ${cid}`);
    }
    const parts: Uint8Array[] = [];
    for await (const part of this.blocks.get(cid)) parts.push(part);
    return concatBytes(...parts);
  }

  async put(cid: CID, bytes: Uint8Array): Promise<void> {
    await this.blocks.put(cid, bytes);
  }

  /** The CIDs that a block links to. */
  async links(cid: CID): Promise<CID[]> {
    return linksOf(cid, await this.get(cid));
  }

  /** A CID and all that it reaches, each once. */
  async *reach(root: CID, seen = new Set<string>()): AsyncGenerator<CID> {
    const waiting = [root];
    for (let cid = waiting.pop(); cid !== undefined; cid = waiting.pop()) {
      const key = cid.toString();
      if (seen.has(key)) continue;
      seen.add(key);
      yield cid;
      waiting.push(...(await this.links(cid)));
    }
  }

  pins(): ReadonlyMap<string, PinType> {
    return this.#pins;
  }

  /** Pins a block, or with "recursive" a whole DAG, which must be here. */
  async pin(cid: CID, type: PinType): Promise<void> {
    if (type === "direct") await this.get(cid);
    else for await (const reached of this.reach(cid)) await this.get(reached);
    this.#pins.set(cid.toString(), type);
    await this.#savePins();
  }

  async unpin(cid: CID): Promise<void> {
    if (!this.#pins.delete(cid.toString())) throw new KuboError(500, "not pinned or pinned indirectly");
    await this.#savePins();
  }

  /** The multihashes that no collection may remove. */
  async pinnedMultihashes(): Promise<Set<string>> {
    const kept = new Set<string>();
    const seen = new Set<string>();
    for (const [text, type] of this.#pins) {
      const root = CID.parse(text);
      if (type === "direct") kept.add(multihashKey(root));
      else for await (const cid of this.reach(root, seen)) kept.add(multihashKey(cid));
    }
    return kept;
  }

  /**
   * Written after every change, by rename, one after the other: a kill leaves the old or the new list. Changes that come while one is
   * written share the next: many clients at once would otherwise wait for a list each.
   */
  #savePins(): Promise<void> {
    if (this.#nextSave) return this.#nextSave;
    const path = join(this.directory, "pins.json");
    const save = async (): Promise<void> => {
      this.#nextSave = undefined;
      await writeFile(`${path}.new`, JSON.stringify(Object.fromEntries(this.#pins), null, 2));
      await rename(`${path}.new`, path);
    };
    // an earlier failure was reported to whoever caused it
    this.#saving = this.#saving.then(save, save);
    this.#nextSave = this.#saving;
    return this.#saving;
  }
}

export function multihashKey(cid: CID): string {
  return base58btc.encode(cid.multihash.bytes);
}

async function loadPeerId(directory: string): Promise<string> {
  const path = join(directory, "peer.key");
  let secretKey: Uint8Array | undefined = await readIfPresent(path);
  if (secretKey === undefined) {
    secretKey = ed25519.utils.randomSecretKey();
    await writeFile(path, secretKey, { mode: 0o600 });
  }
  const publicKey = concatBytes(LIBP2P_ED25519, ed25519.getPublicKey(secretKey));
  // base58btc of a multihash, without the multibase prefix: the text form of a libp2p peer id
  return base58btc.encode(identity.digest(publicKey).bytes).slice(1);
}

async function readIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
