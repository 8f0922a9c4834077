/**
 * What was proven of a store, kept beside it from one run to the next, under a code over it and over the whole store: whoever changes a byte
 * of either and does not hold the key makes the next run prove everything again. The key lies in the store's folder, in a file that its owner alone
 * can read.
 *
 * The code is AES-256-GMAC (NIST SP 800-38D, the tag over additional data alone) with a random nonce of 96 bits: at some gigabytes a second
 * the one code that a store can be read under at every start.
 */
import { createCipheriv, randomBytes, timingSafeEqual } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

const KEY_FILE = "proven.key";
const [KEY, NONCE, TAG] = [32, 12, 16];
const CHUNK = 2 ** 22;

export interface KeptState {
  /** What is known to be proven of the store; undefined where nothing is. */
  value: unknown;
  /** Writes it, once the store is closed and nobody else has it open. */
  write(): void;
}

/**
 * Reads what is kept of a store, before it is opened. What cannot be read, or does not fit the store as it is, is as if it were not there.
 *
 * @param store the path of its file
 */
export function keptState(directory: string, store: string): KeptState {
  const path = store.replace(/\.sqlite$/, ".proven");
  return {
    value: readState(directory, store, path),
    write() {
      rmSync(path, { force: true });
      if (this.value === undefined || !isAtRest(store)) return;
      const body = serialize(this.value);
      const nonce = randomBytes(NONCE);
      try {
        const tag = code(keyIn(directory), nonce, body, store);
        writeFileSync(`${path}.new`, Buffer.concat([nonce, tag, body]), { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch {
        // A full disk, or another run that made the key first: the next run proves everything again.
      }
    },
  };
}

function readState(directory: string, store: string, path: string): unknown {
  if (!existsSync(path) || !existsSync(join(directory, KEY_FILE)) || !isAtRest(store)) return undefined;
  try {
    const file = readFileSync(path);
    const [nonce, tag, body] = [file.subarray(0, NONCE), file.subarray(NONCE, NONCE + TAG), file.subarray(NONCE + TAG)];
    if (nonce.length < NONCE || tag.length < TAG) return undefined;
    return timingSafeEqual(code(keyIn(directory), nonce, body, store), tag) ? deserialize(body) : undefined;
  } catch {
    return undefined; // whatever it is, it is not what was written: all is proven again
  }
}

/** Whether all of a store is in its one file: another run that has it open writes beside it. */
function isAtRest(store: string): boolean {
  const [file, log] = [store, `${store}-wal`].map((path) => statSync(path, { throwIfNoEntry: false }));
  return file !== undefined && (log?.size ?? 0) === 0;
}

function keyIn(directory: string): Buffer {
  const path = join(directory, KEY_FILE);
  if (!existsSync(path)) writeFileSync(path, randomBytes(KEY), { mode: 0o600, flag: "wx" });
  return readFileSync(path);
}

function code(key: Buffer, nonce: Buffer, body: Buffer, store: string): Buffer {
  const mac = createCipheriv("aes-256-gcm", key, nonce);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(body.length));
  mac.setAAD(length);
  mac.setAAD(body);
  const chunk = Buffer.allocUnsafe(CHUNK);
  const file = openSync(store, "r");
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) mac.setAAD(chunk.subarray(0, read));
  } finally {
    closeSync(file);
  }
  mac.final();
  return mac.getAuthTag();
}
