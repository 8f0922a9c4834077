/** Servers that tests run against in place of the embedded ones, where the environment names them: the real ones, for `npm run test:real-*`. */
import type { DevnetServers } from "@medexchain/devnet";
import { z } from "zod";
import { startIpfsServer } from "../../devnet/ipfs/index.ts";
import { type RunningServer, startTangleServer, type TangleServerOptions } from "../../devnet/tangle/index.ts";

const http = z.url({ protocol: /^https?$/ }).optional();
const schema = z.object({
  MEDEX_TEST_CHAIN_A_URL: http,
  MEDEX_TEST_CHAIN_B_URL: http,
  MEDEX_TEST_IPFS_URL: http,
  MEDEX_TEST_TANGLE_URL: http,
  MEDEX_TEST_FHIR_URL: http,
  MEDEX_TEST_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
});

/** Reads the variables; what is set and is no URL ends the run. */
function read(): DevnetServers & { readonly fhir?: string | undefined } {
  const parsed = schema.safeParse(process.env);
  if (!parsed.success) throw new Error(`the tests' servers: ${z.prettifyError(parsed.error)}`);
  const {
    MEDEX_TEST_CHAIN_A_URL: chainA,
    MEDEX_TEST_CHAIN_B_URL: chainB,
    MEDEX_TEST_IPFS_URL: ipfs,
    MEDEX_TEST_TANGLE_URL: tangle,
    MEDEX_TEST_FHIR_URL: fhir,
    MEDEX_TEST_DATABASE_URL: database,
  } = parsed.data;
  return { chainA, chainB, ipfs, tangle, fhir, database };
}

export const testServers = read();

/** The IPFS node that the environment names, which is left running; else an embedded one, with its blocks in `directory`. */
export async function openIpfs(directory: string): Promise<RunningServer> {
  return testServers.ipfs === undefined ? startIpfsServer({ directory }) : elsewhere(testServers.ipfs);
}

/** The Tangle's node that the environment names, which is left running; else an embedded one. */
export async function openTangle(options: TangleServerOptions): Promise<RunningServer> {
  return testServers.tangle === undefined ? startTangleServer(options) : elsewhere(testServers.tangle);
}

const elsewhere = (url: string): RunningServer => ({ url, close: async () => {} });
