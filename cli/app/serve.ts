import { openNameStore } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { operatorOf } from "../hospital/operator.ts";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { namesFolder } from "../session/names.ts";
import { openSession, unlock } from "../session/session.ts";
import { appNetwork } from "./network.ts";
import { appOutput } from "./outputs.ts";
import { startApp } from "./server.ts";
import { openStaffDesk } from "./staff/desk.ts";
import { type StaffAccess, staffToken, staffUrl } from "./staff/routes.ts";

export interface AppCommandOptions {
  readonly port: number;
  /** Serve a hospital's staff, too. */
  readonly hospital?: true;
}

/** `medex app`: until it is interrupted. */
export async function serveApp(context: Context, { port, hospital }: AppCommandOptions): Promise<void> {
  const { output } = context;
  const signal = abortOnSignal();
  await using stack = new AsyncDisposableStack();
  const session = stack.use(await openSession(context));
  const staff: StaffAccess[] = [];
  if (hospital) {
    const { name, contents } = await unlock(context, ["hospital"]);
    const names = stack.use(openNameStore(namesFolder(context, name), contents.accountKey));
    staff.push({ token: staffToken(), desk: await openStaffDesk({ ...operatorOf(session, contents), names }) });
  }
  const app = stack.adopt(
    await startApp({ network: appNetwork(session.config), host: "127.0.0.1", port, staff }),
    (running) => running.close(),
  );
  const [access] = staff;
  const url = access === undefined ? app.url : staffUrl(app.url, access);
  output.result(appOutput, { url }, () => {
    output.line(`The app is at ${url}. Press Ctrl-C to stop.`);
    if (access)
      output.note(`Whoever has this address acts for ${access.desk.pseudonym} until then: show it to nobody.`);
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  process.exitCode = exitCodeOf(signal);
}
