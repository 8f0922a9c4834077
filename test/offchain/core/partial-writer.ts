/** Run by `partial-files.test.ts` in a process of its own: begins a file, says so, and waits to be killed. */

import { beginDurableFile } from "@medexchain/core/durable-file";

const file = await beginDurableFile(process.argv[2] ?? "");
await file.write(Buffer.from("half of it"));
process.stdout.write("begun\n");
setInterval(() => {}, 1_000_000);
