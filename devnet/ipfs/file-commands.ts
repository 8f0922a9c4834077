import { Readable } from "node:stream";
import { exporter } from "ipfs-unixfs-exporter";
import { importFile } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import type { CID } from "multiformats/cid";
import { cidArgument, flag, wholeNumber } from "./arguments.ts";
import { type Command, ndjson } from "./commands.ts";
import { KuboError } from "./kubo-error.ts";

/** Kubo's default chunker. */
const DEFAULT_CHUNKER = "size-262144";
/** Kubo's own bounds for `size-N` (boxo `ChunkSizeLimit`). */
const MAX_CHUNK_BYTES = 2_096_128;

export const fileCommands: readonly Command[] = [
  {
    path: "add",
    options: [
      "chunker",
      "cid-version",
      "raw-leaves",
      "hash",
      "only-hash",
      "pin",
      "progress",
      "quiet",
      "quieter",
      "silent",
      "trickle",
      "wrap-with-directory",
      "block-write-concurrency",
    ],
    async run(repository, parsed, files) {
      const { options } = parsed;
      if ((options.hash ?? "sha2-256") !== "sha2-256") {
        throw new KuboError(400, "add: only sha2-256 is supported by the development IPFS server");
      }
      for (const name of ["trickle", "wrap-with-directory"]) {
        if (flag(parsed, name, false)) {
          throw new KuboError(400, `add: option "${name}" is not supported by the development IPFS server`);
        }
      }
      const cidVersion = wholeNumber(parsed, "cid-version") ?? 0;
      if (cidVersion !== 0 && cidVersion !== 1) throw new KuboError(400, "add: cid-version must be 0 or 1");
      const rawLeaves = flag(parsed, "raw-leaves", cidVersion === 1);
      const chunkSize = chunkBytes(options.chunker ?? DEFAULT_CHUNKER);
      const onlyHash = flag(parsed, "only-hash", false);
      const store = onlyHash ? { put: async (cid: CID): Promise<CID> => cid } : repository.blocks;
      if (files.length === 0) throw new KuboError(400, "add: a file is required");

      const added: { Name: string; Hash: string; Size: string }[] = [];
      for (const file of files) {
        if (file.isDirectory || file.name.includes("/")) {
          throw new KuboError(
            400,
            "add: directories are not supported by the development IPFS server; add single files",
          );
        }
        const { cid, size } = await importFile({ content: file.content }, store, {
          // Kubo's defaults: 174 links in a node, balanced, small files without a parent
          profile: "unixfs-v0-2015",
          cidVersion,
          rawLeaves,
          chunker: fixedSize({ chunkSize }),
          // equal chunks written at once wait for each other's file for seconds
          blockWriteConcurrency: 1,
        });
        if (!onlyHash && flag(parsed, "pin", true)) await repository.pin(cid, "recursive");
        const Hash = cid.toString();
        added.push({ Name: file.name === "" ? Hash : file.name, Hash, Size: size.toString() });
      }
      return ndjson(flag(parsed, "silent", false) ? [] : added);
    },
  },
  {
    path: "cat",
    options: ["offset", "length", "progress"],
    async run(repository, parsed) {
      const cid = cidArgument(parsed, "cat");
      const blocks = {
        async *get(key: CID): AsyncGenerator<Uint8Array> {
          yield await repository.get(key);
        },
      };
      const entry = await exporter(cid, blocks);
      if (entry.type === "directory") throw new KuboError(500, "this dag node is a directory");
      if (entry.type !== "file" && entry.type !== "raw") throw new KuboError(500, `cat: ${cid} is not a UnixFS file`);
      const offset = wholeNumber(parsed, "offset") ?? 0;
      if (BigInt(offset) > entry.size) throw new KuboError(500, "cannot seek past the end of the file");
      const rest = Number(entry.size) - offset;
      const length = Math.min(wholeNumber(parsed, "length") ?? rest, rest);
      return {
        kind: "bytes",
        bytes: length === 0 ? new Uint8Array() : Readable.from(entry.content({ offset, length })),
      };
    },
  },
];

function chunkBytes(chunker: string): number {
  const size = Number(/^size-(\d+)$/.exec(chunker)?.[1] ?? Number.NaN);
  if (!(size > 0 && size <= MAX_CHUNK_BYTES)) {
    throw new KuboError(400, `add: chunker "${chunker}" is not supported by the development IPFS server; use size-N`);
  }
  return size;
}
