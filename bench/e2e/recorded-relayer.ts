/** `node recorded-relayer.ts CONFIG`: the relayer, which leaves a recording of its processor time beside its configuration when it ends. */
import { writeFileSync } from "node:fs";
import { startRecording } from "./recording.ts";

const recording = startRecording();
process.once("exit", () => writeFileSync(`${process.argv[2]}.recording`, JSON.stringify(recording.end())));
await import("../../chaos/relayer-process.ts");
