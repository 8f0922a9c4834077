/** HAPI FHIR's JPA server, of Maven Central, in a process of its own. */
import { execFileSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, type RealServer, startProcess } from "./server.ts";

const SOURCE = fileURLToPath(new URL("hapi/", import.meta.url));
/** As in the pom. */
const VERSION = "8.6.1";
const CACHE = fileURLToPath(new URL(`../../node_modules/.cache/medexchain/hapi-${VERSION}/`, import.meta.url));

/** Downloads the server and what it needs, once, and gives their folder. */
function fetchJars(): string {
  const folder = join(CACHE, "jars");
  if (existsSync(folder)) return folder;
  process.stderr.write(`fetching HAPI FHIR ${VERSION} from Maven Central, once; 340 files\n`);
  const unfinished = join(CACHE, "unfinished");
  rmSync(unfinished, { recursive: true, force: true });
  const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${unfinished}`, "-DincludeScope=runtime"];
  execFileSync("mvn", ["-q", "-B", "-f", join(SOURCE, "pom.xml"), ...goal], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  renameSync(unfinished, folder);
  return folder;
}

const runs = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

export const hapi: RealServer = {
  title: "HAPI FHIR",
  how: "the JPA server from Maven Central, R4, with H2 in memory",
  suites: ["test/real/fhir.test.ts"],
  missing: () =>
    runs("java", "-version") && runs("mvn", "-version")
      ? undefined
      : "Install Java 17 or later and Maven (Debian: default-jdk, maven).",
  async start(directory, stack) {
    const classes = `${fetchJars()}/*`;
    execFileSync("javac", ["-cp", classes, "-d", directory, join(SOURCE, "HapiServer.java")], { stdio: "inherit" });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/fhir`;
    // Any answer will do; the CapabilityStatement of 140 types would take it a minute.
    const ask = () => fetch(`${url}/Patient/none`, { signal: AbortSignal.timeout(60_000) });
    const args = ["-Xmx1500m", "-cp", `${directory}:${classes}`, "HapiServer", String(port)];
    await startProcess({ command: "java", args, cwd: directory, ready: ask }, stack);
    const version = (await ask()).headers.get("x-powered-by") ?? "of no name";
    return { version, environment: { MEDEX_TEST_FHIR_URL: url } };
  },
};
