/** Restricted channels over IOTA tagged-data blocks, on any Stardust node. */
export {
  type Block,
  blockIdBytes,
  blockIdOf,
  MAX_BLOCK_BYTES,
  parseBlock,
  serializeBlock,
  type TaggedData,
} from "./block.ts";
export { type ChannelAuthor, channelRootOf } from "./channel.ts";
export { MAX_CHUNKS } from "./chunks.ts";
export { createTangleClient, type TangleClient, type TangleClientOptions } from "./client.ts";
export { type PublishedMessage, type PublishOptions, publishMessage } from "./publish.ts";
export { type ReadMessage, type ReadOptions, readMessage } from "./read.ts";
