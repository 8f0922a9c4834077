import { randomBytes as randomBuffer } from "node:crypto";
import { MedexError } from "@medexchain/core";
import { type ChannelAccess, channelRootOf, createTangleClient, type TangleClient } from "@medexchain/tangle";
import { startTangleServer } from "../../../devnet/tangle/index.ts";
import { type ChannelKeys, channelKeys } from "../../../offchain/tangle/keys.ts";
import { openTangle } from "../../world/servers.ts";
import { temporaryDirectory } from "../ipfs/support.ts";

/** Of any length: the platform's own generator is limited to 64 KiB. */
export const randomBytes = (length: number): Uint8Array => new Uint8Array(randomBuffer(length));

/** The registered error that a promise must end in. */
export async function failure(promise: Promise<unknown>): Promise<MedexError> {
  try {
    await promise;
  } catch (error) {
    if (MedexError.is(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** The keys and the place of one restricted channel, and what is sent on it. */
export function restrictedChannel() {
  const author = { secretKey: randomBytes(32) };
  const root = channelRootOf(author);
  const sideKey = randomBytes(32);
  const restricted = (...sideKeys: Uint8Array[]): ChannelAccess => ({ mode: "restricted", sideKeys });
  const access = restricted(sideKey);
  const channelId = randomBytes(32);
  const channel = { mode: "restricted", root, channelId } as const;
  const [keys] = channelKeys(channel, access) as [ChannelKeys]; // one side key, one set of keys
  const payload = randomBytes(100_000);
  return {
    author,
    root,
    sideKey,
    restricted,
    access,
    channelId,
    channel,
    slot: { channel, sequence: 0 },
    keys,
    payload,
  };
}

export interface Tangle {
  readonly url: string;
  readonly client: TangleClient;
  readonly directory: string;
  stop(): Promise<void>;
}

/** A node and a client of it. With a score it is an embedded one, which asks for that much work. */
export async function startTangle(minPowScore?: number): Promise<Tangle> {
  const directory = await temporaryDirectory();
  const options = { directory: directory.path, minPowScore: minPowScore ?? 0 };
  const server = await (minPowScore === undefined ? openTangle(options) : startTangleServer(options));
  const client = createTangleClient({ url: server.url });
  return {
    url: server.url,
    client,
    directory: directory.path,
    async stop() {
      await client.close();
      await server.close();
      await directory.remove();
    },
  };
}

/** A client of the same node that counts what it attaches, and breaks off as told. */
export function breakingClient(
  client: TangleClient,
  at: { readonly attach: number; readonly posted?: boolean },
): TangleClient & { readonly attached: string[] } {
  const attached: string[] = [];
  let calls = 0;
  return {
    ...client,
    attached,
    async attach(tag, data) {
      calls += 1;
      const breaks = calls >= at.attach;
      if (!breaks || at.posted) attached.push(await client.attach(tag, data));
      if (breaks) throw new MedexError("SERVICE_UNREACHABLE", "the line is cut");
      return attached.at(-1) ?? "";
    },
  };
}
