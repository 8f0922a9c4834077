import { type Command, json } from "./commands.ts";
import { KuboError } from "./kubo-error.ts";

/** Said by `version` and `id`, so that nobody takes this server for Kubo. */
const VERSION = "0.1.0-medexchain-devnet";
/** The layout version that Kubo reports for its own repositories; ours is read by nothing else. */
const REPOSITORY_VERSION = "16";

export const nodeCommands: readonly Command[] = [
  {
    path: "version",
    options: ["number", "commit", "repo", "all"],
    async run() {
      return json({
        Version: VERSION,
        Commit: "",
        Repo: REPOSITORY_VERSION,
        System: `${process.arch}/${process.platform}`,
        Golang: "",
      });
    },
  },
  {
    path: "id",
    options: ["format", "peerid-base"],
    async run(repository, { args }) {
      if (args.length > 0 && args[0] !== repository.peerId)
        throw new KuboError(500, "id: no other peers are known here");
      return json({
        ID: repository.peerId,
        PublicKey: "",
        Addresses: [],
        AgentVersion: `medexchain-devnet/${VERSION}`,
        Protocols: [],
      });
    },
  },
  {
    path: "repo/stat",
    options: ["size-only", "human"],
    async run(repository) {
      let blocks = 0;
      let bytes = 0;
      for await (const { bytes: parts } of repository.blocks.getAll()) {
        blocks += 1;
        for await (const part of parts) bytes += part.length;
      }
      return json({
        NumObjects: blocks,
        RepoSize: bytes,
        RepoPath: repository.directory,
        StorageMax: Number.MAX_SAFE_INTEGER,
        Version: `fs-repo@${REPOSITORY_VERSION}`,
      });
    },
  },
];
