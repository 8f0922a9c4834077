import type { BoxStore } from "./box-store.ts";
import type { ChannelAccess, ChannelAuthor } from "./channel.ts";
import type { TangleClient } from "./client.ts";
import { memoryJournal, type PublicationJournal } from "./journal.ts";
import type { PayloadSource } from "./payload-source.ts";
import { ChannelWriter, type PublishedMessage } from "./writer.ts";

export interface PublishOptions {
  readonly client: TangleClient;
  /** For what is too large for `MAX_INLINE_CHUNKS` blocks; without it a message is cut into as many blocks as it takes. */
  readonly boxStore?: BoxStore;
  readonly author: ChannelAuthor;
  readonly access: ChannelAccess;
  /** 32 bytes, for example a request id. */
  readonly channelId: Uint8Array;
  /** 1 byte to about 940 MB (`MAX_CHUNKS` boxes), without a store to about 17 MB. In boxes it is read part by part. */
  readonly payload: Uint8Array | PayloadSource;
  /** To go on after a crash; without it, the call starts afresh each time. */
  readonly journal?: PublicationJournal;
  /** Told how many bytes of the payload are out, after each block or box. */
  readonly onStored?: (bytes: number) => void;
}

/**
 * Publishes the first message of a channel, for channels that have one. For more, `ChannelWriter`.
 *
 * @throws MedexError as `ChannelWriter.open` and `ChannelWriter.publish`
 */
export async function publishMessage({
  payload,
  journal,
  onStored,
  ...options
}: PublishOptions): Promise<PublishedMessage> {
  using writer = await ChannelWriter.open({ ...options, journal: journal ?? memoryJournal() });
  return await writer.publish(payload, { sequence: 0, ...(onStored && { onStored }) });
}
