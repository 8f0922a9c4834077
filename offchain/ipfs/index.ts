/** Content-addressed storage of DAG-CBOR documents on IPFS (any Kubo node). */
export { CODEC, cidFromDigest, DIGEST_BYTES, digestOf } from "./cid.ts";
export {
  type ContentStore,
  type ContentStoreOptions,
  createContentStore,
  DEFAULT_MAX_BYTES,
  MAX_BLOCK_BYTES,
  type StoredContent,
} from "./content-store.ts";
