/** Content-addressed storage of DAG-CBOR documents on IPFS (any Kubo node). */
export { CODEC, cidFromDigest, DIGEST_BYTES, digestOf } from "./cid.ts";
export {
  type ContentStore,
  type ContentStoreOptions,
  createContentStore,
  DEFAULT_MAX_BYTES,
  type ReadOptions,
  type StoredContent,
  type WriteOptions,
} from "./content-store.ts";
export { MAX_BLOCK_BYTES } from "./fetch-block.ts";
export { CONTENT_LIMITS } from "./limits.ts";
