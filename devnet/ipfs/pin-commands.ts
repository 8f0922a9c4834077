import { CID } from "multiformats/cid";
import { cidArguments, flag } from "./arguments.ts";
import { type Command, json, ndjson } from "./commands.ts";
import { KuboError } from "./kubo-error.ts";
import { multihashKey, type Repository } from "./repository.ts";

const PIN_TYPES = ["all", "direct", "indirect", "recursive"];

export const pinCommands: readonly Command[] = [
  {
    path: "pin/add",
    options: ["recursive", "progress"],
    async run(repository, parsed) {
      const type = flag(parsed, "recursive", true) ? "recursive" : "direct";
      const cids = cidArguments(parsed, "pin/add");
      for (const cid of cids) await repository.pin(cid, type);
      return json({ Pins: cids.map(String) });
    },
  },
  {
    path: "pin/rm",
    options: ["recursive"],
    async run(repository, parsed) {
      const cids = cidArguments(parsed, "pin/rm");
      for (const cid of cids) await repository.unpin(cid);
      return json({ Pins: cids.map(String) });
    },
  },
  {
    path: "pin/ls",
    options: ["type", "quiet", "names", "paths"],
    async run(repository, parsed) {
      const wanted = parsed.options.type ?? "all";
      if (!PIN_TYPES.includes(wanted)) throw new KuboError(400, `pin/ls: invalid type "${wanted}"`);
      if (flag(parsed, "names", false)) throw new KuboError(400, "pin/ls: pin names are not supported");
      const types = await pinTypes(repository);
      let listed = [...types].map(([Cid, Type]) => ({ Cid, Type }));
      if (parsed.args.length > 0) {
        listed = cidArguments(parsed, "pin/ls").map((cid) => {
          const Type = types.get(cid.toString());
          if (Type === undefined) throw new KuboError(500, `path '${cid}' is not pinned`);
          return { Cid: cid.toString(), Type };
        });
      }
      listed = listed.filter(({ Type }) => wanted === "all" || Type === wanted);
      if (flag(parsed, "stream", false)) return ndjson(listed);
      return json({ Keys: Object.fromEntries(listed.map(({ Cid, Type }) => [Cid, { Type }])) });
    },
  },
  {
    path: "repo/gc",
    options: ["stream-errors", "quiet", "silent"],
    async run(repository, parsed) {
      const kept = await repository.pinnedMultihashes();
      const removed: CID[] = [];
      for await (const { cid, bytes } of repository.blocks.getAll()) {
        // the generator holds a file open until it is read
        for await (const _ of bytes);
        if (!kept.has(multihashKey(cid))) removed.push(cid);
      }
      // Kubo names collected blocks by CIDv1 with the raw codec: the store knows multihashes only
      for (const cid of removed) await repository.blocks.delete(cid);
      const named = removed.map((cid) => ({ Key: { "/": CID.createV1(0x55, cid.multihash).toString() } }));
      return ndjson(flag(parsed, "silent", false) ? [] : named);
    },
  },
];

/** Every pinned CID with how it is pinned; what a recursive pin reaches is "indirect" unless pinned itself. */
async function pinTypes(repository: Repository): Promise<Map<string, string>> {
  const types = new Map<string, string>(repository.pins());
  for (const [text, type] of repository.pins()) {
    if (type !== "recursive") continue;
    for await (const cid of repository.reach(CID.parse(text))) {
      if (!types.has(cid.toString())) types.set(cid.toString(), "indirect");
    }
  }
  return types;
}
