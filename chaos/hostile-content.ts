/** Content that is on IPFS under its digest, and that nobody can make anything of: what a hostile member lets others fetch. */
import { encode } from "@ipld/dag-cbor";
import { encode as encodePb, prepare } from "@ipld/dag-pb";
import { type Hex32, toHex32 } from "@medexchain/chain";
import { randomBytes } from "@noble/hashes/utils.js";
import { UnixFS } from "ipfs-unixfs";
import { create } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";

export interface HostileContents {
  /** Five small blocks in two levels; some leaves are nowhere. */
  hollow(): Promise<Hex32>;
  /** Four blocks of which a reader that believes them makes a million leaves, each fetched by itself. */
  bomb(): Promise<Hex32>;
  /** One block that is in order as a block. */
  garbage(): Promise<Hex32>;
}

const FAN = 100;

export function hostileContents(ipfsUrl: string): HostileContents {
  const client = create({ url: ipfsUrl });
  const put = async (bytes: Uint8Array, codec: "raw" | "dag-pb" | "dag-cbor"): Promise<CID> => {
    const { multihash } = await client.block.put(bytes, { format: codec, mhtype: "sha2-256" });
    return CID.createV1({ raw: 0x55, "dag-pb": 0x70, "dag-cbor": 0x71 }[codec], multihash);
  };
  const file = (leaves: readonly CID[], sizes: readonly bigint[]): Promise<CID> => {
    const data = new UnixFS({ type: "file", blockSizes: [...sizes] }).marshal();
    const links = leaves.map((Hash) => ({ Name: "", Tsize: 1, Hash }));
    return put(encodePb(prepare({ Data: data, Links: links })), "dag-pb");
  };
  const nowhere = async () => CID.createV1(raw.code, await sha256.digest(randomBytes(32)));
  const digestOf = (cid: CID): Hex32 => toHex32(cid.multihash.digest);
  return {
    hollow: async () => {
      const there = await put(randomBytes(100), "raw");
      const middle: CID[] = [];
      for (let index = 0; index < 3; index += 1) {
        middle.push(await file([there, await nowhere(), await nowhere()], [100n, 100n, 100n]));
      }
      return digestOf(await file(middle, [300n, 300n, 300n]));
    },
    bomb: async () => {
      let node = await put(randomBytes(1), "raw");
      let size = 1n;
      for (let depth = 0; depth < 3; depth += 1) {
        node = await file(Array<CID>(FAN).fill(node), Array<bigint>(FAN).fill(size));
        size *= BigInt(FAN);
      }
      return digestOf(node);
    },
    garbage: async () => digestOf(await put(encode(randomBytes(600)), "dag-cbor")),
  };
}
