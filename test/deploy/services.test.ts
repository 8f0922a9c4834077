import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { createProgram } from "../../cli/program.ts";
import { faultOf } from "../docs/support/commands.ts";

const FOLDER = new URL("../../deploy/", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, FOLDER), "utf8");
const namesIn = (folder: string, end: string): string[] =>
  readdirSync(new URL(folder, FOLDER))
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}${name}`);

const units = namesIn("systemd/", ".service");
const composeFiles = namesIn("container/", ".compose.yml");

/** Each service's block of a compose file, as written: services are indented by two. */
function servicesOf(file: string): string[] {
  const [, services = ""] = /^services:\n([\s\S]*?)(?=^\S)/m.exec(read(file)) ?? [];
  return services.split(/^ {2}(?=\w)/m).filter((block) => block !== "");
}

/** The command of a service as a line; the image's own program is `medex`. */
function commandOf(service: string): string | undefined {
  const [, list] = /^ {4}command:\s*(\[[^\]]*\])/m.exec(service) ?? [];
  if (list === undefined || !service.includes("image: medexchain:")) return undefined;
  return ["medex", ...(JSON.parse(list) as string[])].join(" "); // a list of strings, by Compose's schema
}

describe("the units and containers", () => {
  const program = createProgram();

  it("call commands that medex has, with options that they have", () => {
    const lines = [
      ...units.map((file) => /^ExecStart=\S*\/(medex .*)$/m.exec(read(file))?.[1] ?? `${file}: no ExecStart`),
      ...composeFiles.flatMap(servicesOf).flatMap((service) => commandOf(service) ?? []),
    ];
    expect(lines).to.have.length(6);
    for (const line of lines) {
      expect(line).to.match(/^medex /);
      expect(faultOf(program, line)).to.equal(undefined);
      // One process for hospital and firewall is for development.
      expect(line).to.not.include("--with-firewall");
    }
  });

  it("keep a hospital and its firewall apart: other accounts, secrets and state, or other files to start", () => {
    for (const name of ["hospital", "firewall"]) {
      const other = name === "hospital" ? "firewall" : "hospital";
      const unit = read(`systemd/medex-${name}.service`).replaceAll(/^#.*$/gm, "");
      expect(unit).to.include(`User=medex-${name}\n`).and.include(`MEDEX_HOME=%S/medex-${name}\n`);
      expect(unit).to.include(`/etc/medex/${name}/passphrase\n`);
      expect(unit).to.not.match(new RegExp(`medex-${other}|/etc/medex/${other}`));
      const services = servicesOf(`container/${name}.compose.yml`).map((block) => /^\w+/.exec(block)?.[0]);
      expect(services).to.include(name).and.not.include(other);
    }
  });

  it("name each image by a version, and Node by the one that the package asks for", () => {
    const images = composeFiles.flatMap((file) =>
      [...read(file).matchAll(/^ {4}image: (.+)$/gm)].map(([, image]) => image),
    );
    const foreign = images.filter((image) => !image?.startsWith("medexchain:"));
    expect(foreign).to.have.length(2);
    for (const image of foreign) expect(image).to.match(/:\d+\.\d+/);
    const { engines } = JSON.parse(read("../package.json"));
    const [, major] = /^ARG NODE_IMAGE=node:(\d+)\.\d+\.\d+-/m.exec(read("container/Dockerfile")) ?? [];
    expect(engines.node).to.equal(`>=${major}`);
  });

  it("run as somebody who is not root", () => {
    for (const file of units) expect(read(file), file).to.match(/^User=medex-\w+$/m);
    const accounts = [...read("systemd/medex.sysusers.conf").matchAll(/^u (\S+)/gm)].map(([, name]) => name);
    const users = units.map((file) => /^User=(\S+)$/m.exec(read(file))?.[1]);
    expect(accounts.sort()).to.deep.equal(users.sort());
    expect([...read("container/Dockerfile").matchAll(/^USER (.+)$/gm)].at(-1)?.[1]).to.equal("1000:1000");
  });

  it("are healthy where the URL answers with success, and not where it answers otherwise, or not at all", async () => {
    let status = 200;
    const server = createServer((_request, response) => response.writeHead(status).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // listens on TCP
    const check = async (): Promise<number | null> => {
      const program = fileURLToPath(new URL("container/health.mjs", FOLDER));
      const child = spawn(process.execPath, [program], { env: { ...process.env, HEALTH_URL: url }, stdio: "ignore" });
      await once(child, "close");
      return child.exitCode;
    };
    expect(await check()).to.equal(0);
    status = 503;
    expect(await check()).to.equal(1);
    server.close();
    await once(server, "close");
    expect(await check()).to.equal(1);
  });
});
