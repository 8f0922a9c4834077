/** Run by `memory.test.ts` in a process of its own: encrypts, decrypts and computes many times, and prints memory in bytes. */

import { setImmediate } from "node:timers/promises";
import {
  decryptFragment,
  decryptTable,
  encryptFragment,
  encryptTable,
  generateKeys,
  linearScore,
  momentsOf,
  openDecryptor,
  openEncryptor,
  openSymmetricEncryptor,
  sumTables,
} from "@medexchain/bfv";
import { FEATURES } from "./support.ts";
import { wasmBytes } from "./wasm-memory.ts";

const encryptions = Number(process.argv[2]);
const warmUp = encryptions / 5;
const { publicKey, secretKey } = await generateKeys("compact");
const standard = await generateKeys("standard");
const column = { name: "x", unit: "1", scale: 0, min: 0, max: 9, values: ["3"] };
using encryptor = await openEncryptor("compact", publicKey);
using symmetric = await openSymmetricEncryptor("compact", secretKey);
using decryptor = await openDecryptor("compact", secretKey);

/** SEAL's memory, and what JavaScript still holds, in bytes. */
async function memory(): Promise<{ wasm: number; held: number }> {
  for (let i = 0; i < 3; i++) {
    // What was freed has its finalisers run in turns of their own, in which this object's runs too.
    let isFinalised = false;
    const registry = new FinalizationRegistry<void>(() => {
      isFinalised = true;
    });
    registry.register({}, undefined);
    while (!isFinalised) {
      globalThis.gc?.();
      await setImmediate();
    }
  }
  const { heapUsed, external } = process.memoryUsage();
  return { wasm: wasmBytes(), held: heapUsed + external };
}

const text = [{ index: 0, name: "x", value: '"x"' }];
let before = await memory();
for (let i = 0; i < encryptions; i++) {
  if (i === warmUp) before = await memory();
  const file = (i % 2 === 0 ? encryptor : symmetric).encrypt(text);
  // All else that holds handles, less often: a leak of one ciphertext each time would still show.
  if (i % 50 === 0) decryptor.decrypt(file);
  if (i % 250 === 0) {
    const whole = await encryptFragment("compact", publicKey, FEATURES);
    await decryptFragment("compact", secretKey, whole);
    await decryptFragment("compact", standard.secretKey, whole).catch(() => {}); // a wrong key: the failing path
    const table = await encryptTable("standard", standard.publicKey, [column]);
    await momentsOf([table, table]);
    const { table: score } = await linearScore(await sumTables([table, table]), { weights: { x: 1 } });
    await decryptTable(standard.secretKey, score);
  }
}
process.stdout.write(JSON.stringify({ before, after: await memory() }));
