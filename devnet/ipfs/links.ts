import * as dagCbor from "@ipld/dag-cbor";
import * as dagPb from "@ipld/dag-pb";
import { createUnsafe } from "multiformats/block";
import type { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { KuboError } from "./kubo-error.ts";

/**
 * The CIDs that a block links to.
 *
 * @throws KuboError when the block does not decode by the codec of its CID
 */
export function linksOf(cid: CID, bytes: Uint8Array): CID[] {
  if (cid.code === raw.code) return [];
  try {
    if (cid.code === dagPb.code) return dagPb.decode(bytes).Links.map((link) => link.Hash);
    if (cid.code === dagCbor.code) return [...createUnsafe({ bytes, cid, codec: dagCbor }).links()].map(([, to]) => to);
  } catch {
    throw new KuboError(500, `block ${cid} does not decode by its codec`);
  }
  throw new KuboError(500, `codec 0x${cid.code.toString(16)} is not supported by the development IPFS server`);
}
