/** Channels over IOTA tagged-data blocks (public, private, restricted), on any Stardust node. */
export {
  type Block,
  blockIdBytes,
  blockIdOf,
  MAX_BLOCK_BYTES,
  MAX_PARENTS,
  PROTOCOL_VERSION,
  parseBlock,
  serializeBlock,
  type TaggedData,
} from "./block.ts";
export { type BoxStore, MAX_BOX_BYTES, MAX_INLINE_CHUNKS } from "./box-store.ts";
export {
  type Channel,
  type ChannelAccess,
  type ChannelAuthor,
  type ChannelMode,
  channelRootOf,
} from "./channel.ts";
export { type Checkpoint, encodeCheckpoint, parseCheckpoint } from "./checkpoint.ts";
export { MAX_CHUNKS } from "./chunks.ts";
export { createTangleClient, type TangleClient, type TangleClientOptions } from "./client.ts";
export { memoryJournal, type PublicationJournal } from "./journal.ts";
export type { PayloadSource } from "./payload-source.ts";
export { type PublishOptions, publishMessage } from "./publish.ts";
export {
  type ChannelMessage,
  type ReadChannel,
  type ReadChannelOptions,
  type ReadMessage,
  type ReadMessageOptions,
  readChannel,
  readMessage,
  streamMessage,
} from "./read.ts";
export {
  ChannelWriter,
  type MessageOptions,
  type NewKeys,
  type PublishedHead,
  type PublishedMessage,
  type PublishTimings,
  type WriterOptions,
} from "./writer.ts";
