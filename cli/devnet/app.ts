import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { memberIdOf, pseudonymHash } from "@medexchain/chain";
import type { Devnet } from "@medexchain/devnet";
import { assembleCast, type Cast } from "@medexchain/devnet/cast";
import { frontDeskOf } from "@medexchain/devnet/front-desk";
import { type NameStore, openNameStore } from "@medexchain/vault";
import { appNetwork } from "../app/network.ts";
import { startApp } from "../app/server.ts";
import { openStaffDesk } from "../app/staff/desk.ts";
import { type StaffAccess, staffToken, staffUrl } from "../app/staff/routes.ts";
import { putMember } from "../member/remember.ts";
import { type ConfigEdit, writeConfig } from "../session/config.ts";
import { openSession } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";

const PORT = 8300;

/** The app over a devnet that has two hospitals, whose front desk enrols whoever asks. Dispose of it. */
export interface DevnetApp extends AsyncDisposable {
  readonly url: string;
  /** Its hospitals, and people who have no browser. */
  readonly cast: Cast;
  /** For the staff of each hospital, by its name. */
  readonly staffUrls: ReadonlyMap<string, string>;
}

/** Founds the hospitals, adds them to the configuration, and serves the app. */
export async function startDevnetApp(devnet: Devnet, configFile: string, anyPorts: boolean): Promise<DevnetApp> {
  await using stack = new AsyncDisposableStack();
  const cast = stack.use(await assembleCast(devnet, { services: true }));
  await writeConfig(configFile, ...hospitalsOf(cast));
  const session = stack.use(await openSession({ configFile }));
  const desks = new Map<string, StaffAccess & { readonly names: NameStore }>();
  for (const { name, hospital } of [cast.hospitalA, cast.hospitalB]) {
    // As short-lived as the network.
    const names = stack.use(openNameStore(join(devnet.directory, "names", slugOf(name)), randomBytes(32)));
    const { scheme, operator } = hospital;
    const desk = await openStaffDesk({ session, pseudonym: name, scheme, operator, names });
    desks.set(name, { token: staffToken(), desk, names });
  }
  const enrol = frontDeskOf(cast);
  const app = stack.adopt(
    await startApp({
      network: appNetwork(session.config),
      host: "127.0.0.1",
      port: anyPorts ? 0 : PORT,
      desk: async (enrolment) => {
        await enrol(enrolment);
        const { hospital, pseudonym } = enrolment;
        const id = memberIdOf(pseudonymHash(hospital), pseudonymHash(pseudonym));
        const names = desks.get(hospital)?.names;
        if (names) await putMember(names, hospital, id, pseudonym);
      },
      staff: [...desks.values()],
    }),
    (running) => running.close(),
  );
  const running = stack.move();
  return {
    url: app.url,
    cast,
    staffUrls: new Map([...desks].map(([name, access]) => [name, staffUrl(app.url, access)])),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function hospitalsOf({ hospitalA, hospitalB, chainA }: Cast): ConfigEdit[] {
  return [hospitalA, hospitalB].flatMap(({ name, chain, services }): ConfigEdit[] =>
    services === undefined
      ? []
      : [
          [
            ["hospitals", name],
            {
              chain: chain.deployment.chainId === chainA.deployment.chainId ? "chainA" : "chainB",
              gateway: services.firewallUrl,
            },
          ],
        ],
  );
}
