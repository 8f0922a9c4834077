/** Opens an embedded database in a process of its own, says how that went, and keeps it until its input ends. */
import { MedexError } from "@medexchain/core";
import { openDatabase } from "../../../relayer/database/open.ts";

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new TypeError("name the directory");
try {
  const database = await openDatabase({ directory });
  process.stdout.write("open\n");
  await new Promise<void>((resolve) => process.stdin.resume().once("end", resolve));
  await database.close();
} catch (error) {
  process.stdout.write(`${MedexError.is(error) ? error.code : String(error)}\n`);
}
