import { type FileHandle, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
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

/** One change a line: a CID, and how it is pinned from then on; null is not at all. */
const pinLine = z.tuple([z.string(), z.enum(["recursive", "direct"]).nullable()]);

/** Protobuf of libp2p's PublicKey message, up to the 32 key bytes: type Ed25519, then the length. */
const LIBP2P_ED25519 = new Uint8Array([0x08, 0x01, 0x12, 0x20]);

/** Blocks, pins and peer id under one directory. Blocks are filed by multihash, as Kubo files them. */
export class Repository {
  readonly directory: string;
  /** Base58 libp2p peer id, the same at every start. */
  readonly peerId: string;
  readonly blocks: FsBlockstore;
  readonly #pins: Map<string, PinType>;
  readonly #pinsFile: FileHandle;
  #saving: Promise<void> = Promise.resolve();
  /** A save that has not started, and so will hold what is changed until then. */
  #nextSave: { readonly done: Promise<void>; readonly lines: string[] } | undefined;

  private constructor(
    directory: string,
    blocks: FsBlockstore,
    pins: Map<string, PinType>,
    pinsFile: FileHandle,
    peerId: string,
  ) {
    this.directory = directory;
    this.blocks = blocks;
    this.#pins = pins;
    this.#pinsFile = pinsFile;
    this.peerId = peerId;
  }

  /** Opens the repository, made if it is not there. */
  static async open(directory: string): Promise<Repository> {
    await mkdir(directory, { recursive: true });
    const blocks = new FsBlockstore(join(directory, "blocks"));
    await blocks.open();
    const path = join(directory, "pins.ndjson");
    const pins = readPins((await readIfPresent(path))?.toString("utf8") ?? "");
    // What was unpinned since, and a line that a kill cut short, go now.
    await writeFile(`${path}.new`, [...pins].map(writePin).join(""));
    await rename(`${path}.new`, path);
    return new Repository(directory, blocks, pins, await open(path, "a"), await loadPeerId(directory));
  }

  async close(): Promise<void> {
    await this.#saving;
    await this.#pinsFile.close();
    await this.blocks.close();
  }

  async has(cid: CID): Promise<boolean> {
    return await this.blocks.has(cid);
  }

  /** The bytes of a local block. Nothing is searched elsewhere. */
  async get(cid: CID): Promise<Uint8Array> {
    try {
      const parts: Uint8Array[] = [];
      for await (const part of this.blocks.get(cid)) parts.push(part);
      return concatBytes(...parts);
    } catch (error) {
      if (await this.blocks.has(cid)) throw error;
      throw new KuboError(500, `block was not found locally (offline): ipld: could not find ${cid}`);
    }
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
    else await Array.fromAsync(this.reach(cid)); // which reads each block for its links
    const key = cid.toString();
    this.#pins.set(key, type);
    await this.#savePin([key, type]);
  }

  async unpin(cid: CID): Promise<void> {
    const key = cid.toString();
    if (!this.#pins.delete(key)) throw new KuboError(500, "not pinned or pinned indirectly");
    await this.#savePin([key, null]);
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
   * Every change is appended before it is answered for, and the list is written anew at the next start: a list of thousands for each
   * change would take longer than all else. Changes that come while others are written share the next write.
   */
  #savePin(line: z.input<typeof pinLine>): Promise<void> {
    const text = writePin(line);
    if (this.#nextSave) {
      this.#nextSave.lines.push(text);
      return this.#nextSave.done;
    }
    const lines = [text];
    const save = async (): Promise<void> => {
      this.#nextSave = undefined;
      await this.#pinsFile.appendFile(lines.join(""));
    };
    // an earlier failure was reported to whoever caused it
    this.#saving = this.#saving.then(save, save);
    this.#nextSave = { done: this.#saving, lines };
    return this.#saving;
  }
}

const writePin = (line: z.input<typeof pinLine>): string => `${JSON.stringify(line)}\n`;

/** The pins after all changes. What follows the last line's end was never answered for. */
function readPins(text: string): Map<string, PinType> {
  const pins = new Map<string, PinType>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [key, type] = pinLine.parse(JSON.parse(line));
    if (type === null) pins.delete(key);
    else pins.set(key, type);
  }
  return pins;
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
