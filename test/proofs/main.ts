/**
 * `npm run prove`: what is proved of the protocol, by what is installed. BAN's derivations always; Spin where `spin` and `gcc` are found;
 * Scyther and ProVerif where the environment's SCYTHER and PROVERIF name them; Halmos where it is found. It says what it left out, and
 * ends with 1 where something does not come out as it must. `--deep` adds Spin's searches that take minutes and gigabytes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { holdsOf, versionOf as proverifVersion, queriesOf } from "./proverif/proverif.ts";
import { SCENARIOS } from "./proverif/scenarios.ts";
import { MODELS } from "./scyther/expected.ts";
import { claimsOf, versionOf as scytherVersion } from "./scyther/scyther.ts";
import { SEARCHES } from "./spin/searches.ts";
import { findSpin, searchAll } from "./spin/spin.ts";

const { deep } = parseArgs({ options: { deep: { type: "boolean", default: false } } }).values;
const leftOut: string[] = [];
let failures = 0;

function say(name: string, isRight: boolean, detail: string): void {
  if (!isRight) failures += 1;
  process.stdout.write(`${isRight ? "as it must" : "NOT SO    "}  ${name}: ${detail}\n`);
}

await proveBan();
await proveSpin();
await proveScyther(process.env.SCYTHER);
await proveProverif(process.env.PROVERIF);
await proveContracts();
for (const line of leftOut) process.stdout.write(`left out: ${line}\n`);
if (failures > 0) {
  process.stderr.write(`${failures} did not come out as they must\n`);
  process.exitCode = 1;
}

async function proveBan(): Promise<void> {
  const code = await runNode("./ban/main.ts", "ignore");
  say("BAN logic", code === 0, "the paper's derivation and ours; npm run prove:ban prints each step");
}

async function proveSpin(): Promise<void> {
  const version = await findSpin();
  if (version === undefined) {
    leftOut.push("Spin: install spin and gcc (apt-get install spin gcc)");
    return;
  }
  process.stdout.write(`${version}\n`);
  for (const { name, settings, claim, finds, deep: isDeep = false } of SEARCHES) {
    if (isDeep && !deep) {
      leftOut.push(`Spin, ${name}: npm run prove -- --deep`);
      continue;
    }
    const { error, states, transitions } = await searchAll(settings, claim);
    const size = `${states.toLocaleString("en-GB")} states, ${transitions.toLocaleString("en-GB")} transitions`;
    say(`Spin, ${name}`, error === finds, `${error ?? "no error"}; ${size}`);
  }
}

async function proveScyther(binary: string | undefined): Promise<void> {
  if (binary === undefined) {
    leftOut.push("Scyther: SCYTHER must name its binary (docs/proofs.md says how to build it)");
    return;
  }
  process.stdout.write(`Scyther ${await scytherVersion(binary)}\n`);
  for (const { verdicts, ...question } of MODELS) {
    const { file, runs, isOneSession = false } = question;
    const found = await claimsOf(binary, question);
    const names = [...new Set([...Object.keys(verdicts), ...Object.keys(found)])];
    for (const name of names) {
      say(
        `Scyther, ${file}, ${runs} runs${isOneSession ? " in one session" : ""}, ${name}`,
        found[name] === verdicts[name],
        found[name] ?? "no such claim",
      );
    }
  }
}

async function proveProverif(binary: string | undefined): Promise<void> {
  if (binary === undefined) {
    leftOut.push("ProVerif: PROVERIF must name its binary (docs/proofs.md says how to build it)");
    return;
  }
  process.stdout.write(`${await proverifVersion(binary)}\n`);
  for (const scenario of SCENARIOS) {
    const found = await holdsOf(binary, scenario);
    const detail = queriesOf(scenario)
      .map((query, i) => `${query}: ${word(found[i])}`)
      .join(", ");
    say(`ProVerif, ${scenario.name}`, isDeepStrictEqual(found, scenario.holds), detail);
  }
}

/** `npm run prove:contracts` ends with 2 where Halmos is not installed, and says so itself. */
async function proveContracts(): Promise<void> {
  const code = await runNode("../../tools/prove-contracts/main.ts", "inherit");
  if (code === 2) leftOut.push("Halmos: see above");
  else say("Halmos, contracts/proofs", code === 0, "npm run prove:contracts");
}

function word(holds: boolean | undefined): string {
  if (holds === undefined) return "cannot be proved";
  return holds ? "holds" : "does not hold";
}

async function runNode(module: string, stdout: "ignore" | "inherit"): Promise<number> {
  const file = fileURLToPath(new URL(module, import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ["ignore", stdout, "inherit"] });
  const [code] = await once(child, "close");
  return typeof code === "number" ? code : 1;
}
