import * as dagCbor from "@ipld/dag-cbor";
import * as dagPb from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { cidArgument, cidArguments, flag } from "./arguments.ts";
import { type Command, json, ndjson, type UploadedFile } from "./commands.ts";
import { KuboError } from "./kubo-error.ts";
import { linksOf } from "./links.ts";

/** Kubo's soft limit: larger blocks are not exchanged between nodes. */
const MAX_BLOCK_BYTES = 1_048_576;

/** `cid-codec` names, and those of the deprecated `format` option, which changes the CID version for "v0". */
const CODECS: Readonly<Record<string, number>> = {
  raw: raw.code,
  "dag-pb": dagPb.code,
  protobuf: dagPb.code,
  "dag-cbor": dagCbor.code,
  cbor: dagCbor.code,
};

export const blockCommands: readonly Command[] = [
  {
    path: "block/put",
    options: ["cid-codec", "format", "mhtype", "mhlen", "pin", "allow-big-block", "version"],
    async run(repository, parsed, files) {
      const { options } = parsed;
      requireSha256("block/put", options.mhtype, options.mhlen);
      const bytes = singleFile("block/put", files).content;
      if (bytes.length > MAX_BLOCK_BYTES && !flag(parsed, "allow-big-block", false)) {
        throw new KuboError(
          500,
          "produced block is over 1MiB: big blocks can't be exchanged with other peers. consider using UnixFS for automatic chunking of bigger files, or pass --allow-big-block to override",
        );
      }
      const codec = options.format ?? options["cid-codec"] ?? "raw";
      const cid = await cidOf(bytes, codec === "v0" ? "dag-pb" : codec, codec === "v0" ? 0 : 1);
      await repository.put(cid, bytes);
      if (flag(parsed, "pin", false)) await repository.pin(cid, "recursive");
      return json({ Key: cid.toString(), Size: bytes.length });
    },
  },
  {
    path: "block/get",
    options: [],
    async run(repository, parsed) {
      return { kind: "bytes", bytes: await repository.get(cidArgument(parsed, "block/get")) };
    },
  },
  {
    path: "block/stat",
    options: [],
    async run(repository, parsed) {
      const cid = cidArgument(parsed, "block/stat");
      return json({ Key: cid.toString(), Size: (await repository.get(cid)).length });
    },
  },
  {
    path: "block/rm",
    options: ["force", "quiet"],
    async run(repository, parsed) {
      const force = flag(parsed, "force", false);
      const pinned = repository.pins();
      const removed: { Hash: string; Error?: string }[] = [];
      for (const cid of cidArguments(parsed, "block/rm")) {
        const Hash = cid.toString();
        const type = pinned.get(Hash);
        if (type !== undefined) removed.push({ Hash, Error: `pinned: ${type}` });
        else if (await repository.has(cid)) {
          await repository.blocks.delete(cid);
          removed.push({ Hash });
        } else if (!force) removed.push({ Hash, Error: `ipld: could not find ${Hash}` });
      }
      return ndjson(flag(parsed, "quiet", false) ? removed.filter((entry) => entry.Error !== undefined) : removed);
    },
  },
  {
    path: "dag/put",
    options: ["store-codec", "input-codec", "hash", "hash-alg", "pin", "allow-big-block"],
    async run(repository, parsed, files) {
      const { options } = parsed;
      requireSha256("dag/put", options.hash ?? options["hash-alg"], undefined);
      const codec = options["store-codec"] ?? "dag-cbor";
      if (options["input-codec"] !== codec) {
        throw new KuboError(
          400,
          "dag/put: the development IPFS server needs input-codec and store-codec to be the same",
        );
      }
      const bytes = singleFile("dag/put", files).content;
      const cid = await cidOf(bytes, codec, 1);
      linksOf(cid, bytes);
      await repository.put(cid, bytes);
      if (flag(parsed, "pin", true)) await repository.pin(cid, "recursive");
      return json({ Cid: { "/": cid.toString() } });
    },
  },
];

async function cidOf(bytes: Uint8Array, codecName: string, version: 0 | 1): Promise<CID> {
  const codec = CODECS[codecName];
  if (codec === undefined) {
    throw new KuboError(400, `codec "${codecName}" is not supported by the development IPFS server`);
  }
  return CID.create(version, codec, await sha256.digest(bytes));
}

function requireSha256(command: string, name: string | undefined, length: string | undefined): void {
  if ((name ?? "sha2-256") !== "sha2-256" || !["32", "-1"].includes(length ?? "-1")) {
    throw new KuboError(400, `${command}: only sha2-256 is supported by the development IPFS server`);
  }
}

/** The one file of the request. */
function singleFile(command: string, files: readonly UploadedFile[]): UploadedFile {
  const [file, ...more] = files;
  if (file === undefined || more.length > 0) throw new KuboError(400, `${command}: one file is required`);
  return file;
}
