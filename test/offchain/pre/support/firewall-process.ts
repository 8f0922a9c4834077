/**
 * A reverse firewall in a process of its own. Frames of DAG-CBOR, each after its length (4 bytes, big-endian), come by standard input
 * and go by standard output; what it must keep lies in a folder: its secrets, and the ids that it has seen.
 *
 *   node firewall-process.ts <folder>
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode, encode } from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import {
  type Ciphertext,
  type FirewallSecrets,
  type G1Bytes,
  type G2Bytes,
  generateFirewallSecrets,
  initCurve,
  parseCapsule,
  type RelayerGroup,
  ReverseFirewall,
  type SignOffInput,
} from "@medexchain/pre";
import { bytesToHex } from "@noble/hashes/utils.js";
import { openSeenRecords } from "../../../../offchain/actors/files/seen-records.ts";
import { frames, writeFrame } from "./frames.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: firewall-process <folder>");

/** The secrets of the first run, in every run. */
async function secretsIn(file: string): Promise<FirewallSecrets> {
  try {
    await writeFile(file, encode(generateFirewallSecrets()), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return decode(await readFile(file));
}

await initCurve();
const masterPublicKey = new Uint8Array(await readFile(join(folder, "master-public-key"))) as G2Bytes; // the firewall checks it
using firewall = new ReverseFirewall({
  secrets: await secretsIn(join(folder, "secrets")),
  masterPublicKey,
  seenRecords: await openSeenRecords(join(folder, "seen")),
  // In the place of a chain: whom to deal to, and what is anchored, as the test has written it.
  sources: {
    relayers: async () => {
      const group = decode<Omit<RelayerGroup, "epoch"> & { epoch: number }>(await readFile(join(folder, "group")));
      return { ...group, epoch: BigInt(group.epoch) };
    },
    capsule: async (recordId) => parseCapsule(await readFile(join(folder, bytesToHex(recordId)))),
  },
});

for await (const frame of frames(process.stdin)) {
  const { method, args } = decode<{ method: string; args: Arguments }>(frame);
  try {
    writeFrame(process.stdout, { ok: await call(method, args) });
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    writeFrame(process.stdout, { code: error.code });
  }
}

/** What the methods take between them. It is said, not checked: the firewall checks every element that it is given. */
type Arguments = Omit<SignOffInput, "epoch"> & {
  readonly epoch: number;
  readonly privateKey: G1Bytes;
  readonly ciphertext: Ciphertext;
};

function call(method: string, args: Arguments): unknown {
  switch (method) {
    case "publicKey":
      return firewall.publicKey;
    case "blindOwnerKey":
      return firewall.blindOwnerKey(args.privateKey, args.owner);
    case "reRandomise":
      return firewall.reRandomise(args.recordId, args.owner, args.ciphertext);
    case "dealX":
      return firewall.dealX(args.recordId, args.requestId, BigInt(args.epoch));
    case "signOff":
      return firewall.signOff({ ...args, epoch: BigInt(args.epoch) });
    default:
      throw new Error(`no method ${method}`);
  }
}
