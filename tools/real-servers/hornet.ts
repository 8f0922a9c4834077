import type { RealServer } from "./server.ts";

const VARIABLE = "MEDEX_TEST_TANGLE_URL";

/** A node that its user runs: a private Tangle needs a coordinator beside it, and neither is in a package registry. */
export const hornet: RealServer = {
  title: "Hornet",
  how: `a node of the user's, named by \`${VARIABLE}\``,
  suites: [
    "test/offchain/tangle/client.test.ts",
    "test/offchain/tangle/channel.test.ts",
    "test/offchain/tangle/modes.test.ts",
    "test/offchain/tangle/sequence.test.ts",
    "test/offchain/tangle/resume.test.ts",
    "test/real/path.test.ts",
  ],
  missing: () =>
    process.env[VARIABLE] === undefined
      ? `Hornet and inx-coordinator are published at https://github.com/iotaledger/hornet/releases and
https://github.com/iotaledger/inx-coordinator/releases. Make a private Tangle with a minimum score of 0 (hornet tool snap-gen,
inx-coordinator tool bootstrap-private-tangle), start both, and name the node's REST in ${VARIABLE}, http://127.0.0.1:14265.
Channels were seen to pass on Hornet 2.0.1 with inx-coordinator 1.0.1; at a minimum score of 1,500 the client's minute is too short.`
      : undefined,
  async start() {
    const url = process.env[VARIABLE] ?? "";
    const answer = await fetch(new URL("/api/core/v2/info", url), { signal: AbortSignal.timeout(10_000) });
    const { name, version }: { name?: unknown; version?: unknown } = JSON.parse(await answer.text());
    return { version: `${name} ${version}`, environment: { [VARIABLE]: url } };
  },
};
